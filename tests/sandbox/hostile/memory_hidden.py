# expect: tamper, read_outside
"""Hides its memory from whoever watches, and then opens what it may not."""
import ctypes
import os
import sys

ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
if os.fork() == 0:
    try:
        print("ESCAPED:", open(os.path.join(sys.argv[1], "canary")).read())
    except OSError:
        pass
    os._exit(0)
os.wait()
