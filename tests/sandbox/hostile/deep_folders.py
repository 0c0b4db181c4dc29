# expect: disk_limit
"""Nests folders until their paths are too long for those who look, and hides its files there."""
import os

name = "d" * 100
for depth in range(400):
    os.mkdir(name)
    os.chdir(name)
for number in range(40):
    with open(str(number), "wb") as file:
        file.write(b"x" * (2 << 20))
print("ESCAPED: 80 MB")
