# expect: tamper
"""Sets flags and a lease on a file that it may only read: others would wait for it or lose it."""
import ctypes
import fcntl
import os
import struct
import sys

path = os.path.join(sys.argv[2], "template.toml")
file = os.open(path, os.O_RDONLY)
for change in (lambda: fcntl.ioctl(file, 0x40086602, struct.pack("L", 0x40)), lambda: fcntl.fcntl(file, 1024, 0)):
    try:
        change()
        print("ESCAPED")
    except OSError:
        pass
flags = (ctypes.c_uint64 * 4)(0x40, 0, 0, 0)
if ctypes.CDLL(None).syscall(469, -100, path.encode(), ctypes.byref(flags), 24, 0) == 0:
    print("ESCAPED")
