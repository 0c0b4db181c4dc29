# expect: process_limit
"""Starts programs without forking itself, by posix_spawn, until it is stopped."""
import os

while True:
    try:
        os.posix_spawn("/bin/sleep", ["sleep", "100"], {})
    except OSError:
        pass
