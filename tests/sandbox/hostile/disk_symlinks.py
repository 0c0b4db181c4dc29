# expect: disk_limit
# limits: disk_bytes=2000000 wall_seconds=20
"""Hides data in the targets of links, which are files of no bytes."""
import os

for number in range(20000):
    os.symlink("x" * 4000, f"link{number}")
print("ESCAPED: 80 MB")
