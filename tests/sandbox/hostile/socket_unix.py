# expect: network
"""Tries the unix sockets of services outside."""
import os
import socket
import sys

for path in (os.path.join(sys.argv[1], "service"), "/var/run/docker.sock",
             "/run/dbus/system_bus_socket"):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("ESCAPED:", path)
    except OSError:
        pass
