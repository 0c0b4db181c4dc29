# expect: memory_limit
"""Takes memory in pieces without end, in several processes."""
import os
import time

os.fork()
held = []
while True:
    held.append(bytearray(b"x" * (1 << 20)))
    time.sleep(0.001)
