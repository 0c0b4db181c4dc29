# expect: process_limit
"""Forks until it is stopped."""
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
