# expect: disk_limit, memory_limit
"""Fills the memory file system /dev/shm."""
import sys

number = 0
while True:
    with open(f"/dev/shm/{sys.argv[4]}-{number}", "wb") as file:
        file.write(b"x" * (2 << 20))
    number += 1
    if number > 200:
        print("ESCAPED: 400 MB of memory in files")
        break
