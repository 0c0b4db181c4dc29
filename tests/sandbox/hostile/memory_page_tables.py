# expect: memory_limit
# limits: memory_bytes=100000000 wall_seconds=20
# needs: memory
"""Fills memory with the kernel's page tables: of each 2 MiB one page is read, the same for all."""
import mmap
import time

SIZE = 100 << 30
kept = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
if hasattr(mmap, "MADV_NOHUGEPAGE"):
    kept.madvise(mmap.MADV_NOHUGEPAGE)
for place in range(0, SIZE, 2 << 20):
    kept[place]
print("ESCAPED")
time.sleep(1)
