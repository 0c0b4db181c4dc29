# expect: write_outside
"""Tries to remove, rename, link, cut and re-time a file outside its workspace."""
import os
import sys

target = os.path.join(sys.argv[1], "canary")
attempts = [
    lambda: os.unlink(target),
    lambda: os.rename(target, "mine"),
    lambda: os.truncate(target, 0),
    lambda: os.link(target, "mine"),
    lambda: os.rmdir(sys.argv[1]),
    lambda: os.mkdir(os.path.join(sys.argv[1], "planted")),
]
for attempt in attempts:
    try:
        attempt()
        print("ESCAPED")
    except OSError:
        pass
