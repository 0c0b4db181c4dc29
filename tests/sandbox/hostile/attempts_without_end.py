# expect: wall_limit
"""Keeps the supervisor busy: one refused attempt after the other, in four threads."""
import os
import threading


def attempt():
    while True:
        try:
            os.open("/ro" "ot/.ssh/id_rsa", os.O_RDONLY)
        except OSError:
            pass


for _ in range(4):
    threading.Thread(target=attempt).start()
