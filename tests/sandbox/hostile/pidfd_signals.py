# expect: tamper
"""Sends signals the newer ways: by process handles and with values."""
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
info = ctypes.create_string_buffer(128)
ctypes.memmove(info, (9).to_bytes(4, "little") + bytes(4) + (-1).to_bytes(4, "little", signed=True), 12)
for target in (os.getppid(), 1):
    try:
        signal.pidfd_send_signal(os.pidfd_open(target), signal.SIGKILL)
        print("ESCAPED: pidfd", target)
    except OSError:
        pass
    if libc.syscall(297, target, target, 9, info) == 0:
        print("ESCAPED: rt_tgsigqueueinfo", target)
