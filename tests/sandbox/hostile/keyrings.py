# expect: tamper
"""Keeps data in the kernel's keyrings, and looks for others' keys there."""
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(248, b"user", b"kept", b"data", 4, -3) >= 0:
    print("ESCAPED: add_key")
for keyring in (-3, -4, -5):
    if libc.syscall(250, 0, keyring, 0) >= 0:
        print("ESCAPED: keyctl", keyring)
if libc.syscall(249, b"user", b"kept", None, -3) >= 0:
    print("ESCAPED: request_key")
