# expect: disk_limit, write_outside
# limits: wall_seconds=30 cpu_seconds=60
"""Fills the folders of its own that lie in memory, and says nothing."""
import os
import time

for folder in ("/tmp", "/dev/shm"):
    try:
        for number in range(1000):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(bytes(1 << 20))
        print("ESCAPED")
    except OSError:
        pass
time.sleep(1)
