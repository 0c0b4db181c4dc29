# expect: tamper
"""Makes a file without a name that would run as its owner, and names it afterwards by its handle alone."""
import ctypes
import mmap
import os

try:
    file = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o6755)
except OSError:
    raise SystemExit(0)
os.ftruncate(file, 4096)
mmap.mmap(file, 4096).write(b"#!/bin/sh\n")
ctypes.CDLL(None).linkat(file, b"", -100, b"root", 0x1000)
if os.stat("root").st_mode & 0o6000:
    print("ESCAPED")
