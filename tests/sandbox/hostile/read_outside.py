# expect: read_outside
"""Tries to read a file outside its workspace."""
import os
import sys

for path in (os.path.join(sys.argv[1], "canary"), os.path.join("..", "..", "outside", "canary")):
    try:
        print("ESCAPED:", open(path).read())
    except OSError:
        pass
