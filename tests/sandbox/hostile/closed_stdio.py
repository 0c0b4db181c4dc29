# expect: wall_limit
"""Closes all that it was given and sleeps for ever, in a child of its own session too."""
import os
import signal
import time

for number in range(1, 65):
    if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
        signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
os.closerange(0, 1024)
while True:
    time.sleep(1000)
