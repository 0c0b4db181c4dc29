# expect: survivor_killed
"""Leaves a daemon that has closed all it had open, ignores signals and hides its name."""
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
            signal.signal(number, signal.SIG_IGN)
        os.closerange(0, 64)
        while True:
            time.sleep(0.1)
    os._exit(0)
os.wait()
