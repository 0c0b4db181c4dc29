# expect: network
"""Tries the socket families that a network namespace does not always hold: VSOCK, packets."""
import socket

for family, kind in ((40, socket.SOCK_STREAM), (17, socket.SOCK_RAW), (2, socket.SOCK_RAW)):
    try:
        socket.socket(family, kind)
        print("ESCAPED:", family)
    except OSError:
        pass
