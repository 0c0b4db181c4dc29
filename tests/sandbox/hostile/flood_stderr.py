# expect: output_limit
"""Floods stderr from many threads, in pieces without a line's end."""
import os
import threading


def flood():
    while True:
        os.write(2, b"\x1b[1m" * 8192)


for _ in range(4):
    threading.Thread(target=flood).start()
