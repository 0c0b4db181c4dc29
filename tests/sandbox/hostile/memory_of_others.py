# expect: secret_access, write_outside, tamper
"""Reads and writes the memory of its launcher through /proc."""
import os

for process in ("1", str(os.getppid())):
    for flags in (os.O_RDONLY, os.O_RDWR):
        try:
            file = os.open(f"/proc/{process}/mem", flags)
        except OSError:
            continue
        with open(f"/proc/{process}/maps") as maps:
            start = int(maps.readline().split("-")[0], 16)
        print("ESCAPED:", process, os.pread(file, 16, start))
