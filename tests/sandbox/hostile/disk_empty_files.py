# expect: disk_limit
# limits: disk_bytes=2000000 wall_seconds=20
"""Makes empty files in folders of their own without end: no bytes, only names."""
import os

number = 0
while True:
    os.mkdir(f"folder{number}")
    open(f"folder{number}/empty", "w").close()
    number += 1
