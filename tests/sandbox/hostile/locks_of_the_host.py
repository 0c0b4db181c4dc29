# expect: tamper
"""Locks files of the host, so that others wait for them."""
import fcntl
import os
import struct
import sys

files = [os.path.join(sys.argv[2], "template.toml"), os.__file__]
for file in files:
    handle = os.open(file, os.O_RDONLY)
    for lock in (
        lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB),
        *(lambda c=c: fcntl.fcntl(handle, c, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))
          for c in (6, 7, 37, 38)),
    ):
        try:
            lock()
            print("ESCAPED:", file)
        except OSError:
            pass
