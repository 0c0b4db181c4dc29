# expect: tamper
"""Asks the kernel by the 32-bit gate, whose call numbers mean other things."""
import ctypes
import mmap
import os
import platform
import signal

if platform.machine() != "x86_64":
    os.kill(1, signal.SIGKILL)  # no such gate here
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # eax = 20 (getpid there); int 0x80; return
function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
print("ESCAPED:", function())
