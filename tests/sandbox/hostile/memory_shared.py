# expect: memory_limit
"""Takes twice the memory in shared mappings, a part in each process, none of which shows much."""
import mmap
import os
import time

for _ in range(8):
    if os.fork() == 0:
        shared = mmap.mmap(-1, 50 << 20)
        for _ in range(50):
            shared.write(b"x" * (1 << 20))
        time.sleep(2)
        os._exit(0)
for _ in range(8):
    if os.wait()[1] != 0:
        raise SystemExit("one of us was killed")
print("ESCAPED")
