# expect: disk_limit
# needs: disk
"""Writes to deleted files whose only handles are in messages that nobody has read."""

import os
import socket
import time

MIB = 1 << 20
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
ours.setblocking(False)
try:
    for number in range(40):
        with open(f"part-{number}", "w+b") as file:
            os.unlink(file.name)
            file.write(b"x" * MIB)
            file.flush()
            socket.send_fds(ours, [b"x"], [file.fileno()])
            if number % 8 == 7:  # a socket keeps few messages: they wait in further ones
                ours, kept = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                ours.setblocking(False)
                globals()[f"kept {number}"] = theirs
                theirs = kept
except OSError:
    time.sleep(3)
else:
    print("ESCAPED")
    time.sleep(3)
