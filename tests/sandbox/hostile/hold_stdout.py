# expect: survivor_killed
"""Ends, but a child keeps stdout and stderr open so that a reader would wait for ever."""
import os
import time

if os.fork() == 0:
    time.sleep(1000)
print("done", flush=True)
