# expect: tamper
"""Writes the kernel's settings and its own priority before the memory killer."""
import os

for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory",
             "/proc/sysrq-trigger", "/proc/self/oom_score_adj", "/proc/self/uid_map"):
    try:
        file = os.open(path, os.O_WRONLY)
        os.write(file, b"-1000")
        print("ESCAPED:", path)
    except OSError:
        pass
