# expect: network
"""Goes around watched calls: io_uring, the 32-bit way to ask, and then a plain socket."""
import ctypes
import socket

libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0:
    print("ESCAPED: io_uring")
socket.socket()
print("ESCAPED: socket")
