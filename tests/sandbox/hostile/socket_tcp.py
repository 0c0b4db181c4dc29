# expect: network
"""Tries to reach the network by TCP, and to listen on it."""
import socket

for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "1.1.1.1"),
                        (socket.AF_INET6, "::1")):
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(0.5)
        made.connect((address, 80))
        print("ESCAPED:", address)
    except OSError:
        pass
