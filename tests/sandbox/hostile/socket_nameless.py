# expect: network
"""Has the kernel choose an abstract name for a socket."""
import ctypes
import socket
import struct

own = socket.socket(socket.AF_UNIX)
ctypes.CDLL(None).bind(own.fileno(), struct.pack("H", socket.AF_UNIX), 2)
if own.getsockname():
    print("ESCAPED:", own.getsockname())
