# expect: disk_limit
# needs: disk
# limits: wall_seconds=30 cpu_seconds=60
"""Keeps far more than it may in the attributes of files."""
import contextlib
import os

written = 0
for number in range(4000):
    open(f"{number}", "w").close()
    with contextlib.suppress(OSError):  # a disk's file system holds few of them
        for part in range(30):
            os.setxattr(f"{number}", f"user.{part}", bytes(3000))
            written += 3000
if written > 64 << 20:
    print("ESCAPED:", written)
