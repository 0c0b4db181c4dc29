# expect: disk_limit
# needs: disk
"""Writes to files that are deleted and closed, and held by their mapping alone."""

import mmap
import os
import time

MIB = 1 << 20
held = []
try:
    for number in range(40):
        with open(f"part-{number}", "w+b") as file:
            os.unlink(file.name)
            os.posix_fallocate(file.fileno(), 0, MIB)
            held.append(mmap.mmap(file.fileno(), MIB))
        held[-1][:] = b"x" * MIB
except OSError:
    time.sleep(3)
else:
    print("ESCAPED")
    time.sleep(3)
