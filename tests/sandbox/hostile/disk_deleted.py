# expect: disk_limit
"""Fills the disk with files that it has deleted but holds open, so that no folder shows them."""
import os

held = []
while True:
    file = open("hidden.bin", "wb")
    os.unlink("hidden.bin")
    file.write(b"x" * (1 << 20))
    held.append(file)
