# expect: survivor_killed
"""Starts itself again as a daemon by a double fork with a new session, again and again."""
import os
import sys
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(0.05)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    os._exit(0)
os.wait()
