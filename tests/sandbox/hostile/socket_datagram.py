# expect: network
"""Sends datagrams to services of the host, which needs no connection."""
import os
import socket
import sys

for path in (os.path.join(sys.argv[1], "datagrams"), "/dev/log", "/run/systemd/journal/socket"):
    try:
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", path)
        print("ESCAPED:", path)
    except OSError:
        pass
