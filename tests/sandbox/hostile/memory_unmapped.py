# expect: memory_limit
"""Holds memory that no process maps: anonymous files and System V segments."""
import ctypes
import os

try:
    os.memfd_create("hidden")
    print("ESCAPED: memfd_create")
except OSError:
    pass
if ctypes.CDLL(None).shmget(0, 1 << 30, 0o1600) >= 0:
    print("ESCAPED: shmget")
