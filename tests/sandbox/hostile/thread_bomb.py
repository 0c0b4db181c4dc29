# expect: process_limit
"""Starts threads until it is stopped."""
import threading
import time

while True:
    try:
        threading.Thread(target=time.sleep, args=(60,)).start()
    except RuntimeError:
        pass
