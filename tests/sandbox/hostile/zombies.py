# expect: process_limit
"""Makes children that end and are never collected."""
import os
import time

while True:
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        time.sleep(0.01)
