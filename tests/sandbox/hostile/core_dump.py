# expect: tamper
"""Wants its memory dumped into a file beyond every limit."""
import os
import resource

held = bytearray(30 << 20)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print("ESCAPED: limit")
except (OSError, ValueError):
    pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/self/coredump_filter"):
    try:
        with open(path, "w") as file:
            file.write("core")
        print("ESCAPED:", path)
    except OSError:
        pass
if os.fork() == 0:
    os.abort()
_, status = os.wait()
if os.WCOREDUMP(status) or any(name.startswith("core") for name in os.listdir(".")):
    print("ESCAPED: core")
