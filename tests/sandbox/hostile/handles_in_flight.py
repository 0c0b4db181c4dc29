# expect: tamper, wall_limit
# limits: wall_seconds=10
"""Keeps as many handles in flight as the host's user may have."""
import array
import os
import socket
import sys
import time

ends = []
try:
    while True:
        ends.append(socket.socketpair())
        null = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", null))
        ends[-1][0].sendmsg([b"x"], [rights])
        for handle in null:
            os.close(handle)
except OSError as error:
    open("full", "w").close()
    while os.path.exists("hold") and not os.path.exists("let go"):
        time.sleep(0.05)
    sys.exit(str(error))
