# expect: wall_limit
# limits: wall_seconds=0.8
"""Ignores every signal that can be ignored, and sleeps on."""
import signal
import time

for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
    signal.signal(number, signal.SIG_IGN)
while True:
    time.sleep(0.1)
