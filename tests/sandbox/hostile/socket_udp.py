# expect: network
"""Tries to send a datagram and to look a name up."""
import socket

try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("1.1.1.1", 53))
    print("ESCAPED: UDP")
except OSError:
    pass
try:
    socket.getaddrinfo("example.org", 80)
    print("ESCAPED: name found")
except OSError:
    pass
