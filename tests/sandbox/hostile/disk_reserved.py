# expect: disk_limit
"""Reserves the disk without writing to it."""
import os
import time

try:
    for number in range(40):
        with open(f"part{number}", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 2 << 20)
except OSError as error:
    time.sleep(1)
    raise SystemExit(str(error))
time.sleep(1)
print("ESCAPED: 80 MB")
