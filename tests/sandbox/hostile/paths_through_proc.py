# expect: read_outside, secret_access
"""Reaches outside through the kernel's magic links of its own process."""
import os
import sys
import threading

outside = sys.argv[1]
root, here = os.open("/", os.O_PATH), os.open(".", os.O_RDONLY)
for path in (f"/proc/self/cwd/../../outside/canary", f"/proc/thread-self/cwd/../../outside/canary",
             f"/proc/{os.getpid()}/root{outside}/canary", f"/proc/{os.getpid()}/cwd/../../outside/canary",
             f"/proc/self/task/{threading.get_native_id()}/root{outside}/canary",
             f"/proc/self/fd/{root}{outside}/canary", f"/dev/fd/{here}/../../outside/canary"):
    try:
        print("ESCAPED:", path, open(path).read())
    except OSError:
        pass
