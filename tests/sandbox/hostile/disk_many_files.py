# expect: disk_limit
"""Writes files without end, each within its limit."""
number = 0
while True:
    with open(f"part{number}.bin", "wb") as file:
        file.write(b"x" * (1 << 20))
    number += 1
