# expect: tamper
"""Hides its attempts behind a seccomp filter of its own, which answers before the watch."""
import ctypes

libc = ctypes.CDLL(None)
allow = (ctypes.c_ubyte * 8)(6, 0, 0, 0, 0, 0, 0xFF, 0x7F)


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


program = Program(1, ctypes.cast(allow, ctypes.c_void_p))
if libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0:
    print("ESCAPED by prctl")
if libc.syscall(ctypes.c_long(317), 1, 0, ctypes.byref(program)) == 0:
    print("ESCAPED by seccomp")
