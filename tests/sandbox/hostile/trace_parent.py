# expect: tamper
"""Traces its parent and writes into its memory."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
if libc.ptrace(16, parent, None, None) == 0:
    print("ESCAPED: ptrace")
buffer = ctypes.create_string_buffer(8)
pair = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
if libc.process_vm_readv(parent, pair, 1, pair, 1, 0) >= 0:
    print("ESCAPED: process_vm_readv")
try:
    open(f"/proc/{parent}/mem", "r+b")
    print("ESCAPED: mem")
except OSError:
    pass
