# expect: disk_limit, memory_limit
"""Maps files and fills them by the mapping: the kernel ends it by a signal, without a word."""
import mmap
import os
import sys

for number in range(100):
    file = os.open(f"/dev/shm/{sys.argv[4]}-{number}", os.O_RDWR | os.O_CREAT)
    os.ftruncate(file, 3 << 20)
    mmap.mmap(file, 3 << 20).write(b"x" * (3 << 20))
print("ESCAPED")
