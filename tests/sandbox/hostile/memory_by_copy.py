# expect: memory_limit
"""Shares its memory with its children by forking, and has each write to its copy."""
import os
import time

held = bytearray(60 << 20)
for _ in range(7):
    if os.fork() == 0:
        for place in range(0, len(held), 4096):
            held[place] = 1
        time.sleep(3)
        os._exit(0)
if any(os.wait()[1] for _ in range(7)):
    raise SystemExit("one of us was killed")
print("ESCAPED: 420 MB")
