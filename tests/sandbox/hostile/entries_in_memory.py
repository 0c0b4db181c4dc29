# expect: disk_limit, write_outside
# limits: wall_seconds=30 cpu_seconds=60
"""Fills memory with empty folders, of which no file system counts a byte."""
import os

try:
    for number in range(50_000):
        os.mkdir(f"/tmp/{number}")
    print("ESCAPED")
except OSError:
    pass
