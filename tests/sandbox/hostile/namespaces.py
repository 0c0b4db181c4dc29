# expect: tamper
"""Wants namespaces of its own, in which it would be root."""
import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000 | 0x20000) == 0:
    print("ESCAPED: unshare")
if libc.syscall(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0) > 0:
    print("ESCAPED: clone")
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, signal.SIGCHLD)
if libc.syscall(435, arguments, ctypes.sizeof(arguments)) >= 0:
    print("ESCAPED: clone3")
for name in ("mnt", "net", "pid", "user"):
    try:
        if libc.setns(os.open(f"/proc/1/ns/{name}", os.O_RDONLY), 0) == 0:
            print("ESCAPED: setns", name)
    except OSError:
        pass
