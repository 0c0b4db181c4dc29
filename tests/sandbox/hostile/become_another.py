# expect: tamper
"""Asks to be another user, and for rights."""
import ctypes
import os

libc = ctypes.CDLL(None)
header, everything = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
for attempt in (
    lambda: os.setuid(1), lambda: os.setresuid(1, 1, 1), lambda: os.setgid(42),
    lambda: os.setgroups([4, 42]), lambda: os.setregid(6, -1),
):
    try:
        attempt()
        print("ESCAPED")
    except OSError:
        pass
if 0 in (libc.capset(header, everything), libc.prctl(47, 2, 21, 0, 0), libc.prctl(28, 255, 0, 0, 0)):
    print("ESCAPED: has rights")
