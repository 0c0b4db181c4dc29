# expect: network
"""Tries services that have no file, or a file whose name does not begin with a slash."""
import os
import socket

os.chdir("..")
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    for path in ("\0service-of-the-host", "../outside/service", b"\0/tmp/.X11-unix/X0"):
        try:
            socket.socket(socket.AF_UNIX, kind).connect(path)
            print("ESCAPED:", path)
        except OSError:
            pass
for path in ("\0mine", "../outside/new"):
    try:
        socket.socket(socket.AF_UNIX).bind(path)
        print("ESCAPED: bind", path)
    except OSError:
        pass
