# expect: tamper
"""Takes limits and priority from its launcher."""
import os
import resource

for target in (os.getppid(), 1):
    for change in (lambda: resource.prlimit(target, resource.RLIMIT_NOFILE, resource.prlimit(target, resource.RLIMIT_NOFILE)),
                   lambda: os.setpriority(os.PRIO_PROCESS, target, 1), lambda: os.setpriority(os.PRIO_USER, 0, 1)):
        try:
            change()
            print("ESCAPED:", target)
        except OSError:
            pass
