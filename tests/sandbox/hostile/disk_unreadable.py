# expect: disk_limit
"""Writes into a folder that nobody may list."""

import os
import time

os.mkdir("closed")
os.chmod("closed", 0o300)
try:
    for number in range(40):
        with open(f"closed/part-{number}", "wb") as file:
            file.write(b"x" * (1 << 20))
except OSError:
    time.sleep(3)
else:
    print("ESCAPED")
    time.sleep(3)
