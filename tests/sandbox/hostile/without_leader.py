# expect: survivor_killed
"""Leaves a process whose first thread has ended, so that it looks like one that is dead."""
import ctypes
import os
import threading
import time

if os.fork() == 0:
    os.setsid()
    threading.Thread(target=lambda: time.sleep(1000)).start()
    ctypes.CDLL(None).syscall(60, 0)
time.sleep(0.5)
