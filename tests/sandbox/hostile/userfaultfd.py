# expect: tamper
"""Asks to answer page faults itself, with which it could hold up whoever reads its memory."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for flags in (0, 1, os.O_NONBLOCK | 1):
    if libc.syscall(323, flags) >= 0:
        print("ESCAPED: userfaultfd", flags)
try:
    os.open("/dev/userfaultfd", os.O_RDWR)
    print("ESCAPED: /dev/userfaultfd")
except OSError:
    pass
