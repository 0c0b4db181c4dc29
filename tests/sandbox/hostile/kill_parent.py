# expect: tamper
"""Kills its parent, process 1 and everything."""
import os
import signal

for target in (os.getppid(), 1, -1):
    try:
        os.kill(target, signal.SIGKILL)
        print("ESCAPED:", target)
    except OSError:
        pass
