# expect: wall_limit
# limits: wall_seconds=0.8
"""Makes every clock that Python has stand still, and goes on for ever."""
import signal
import time

sleep = time.sleep
for name in ("time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns"):
    setattr(time, name, lambda: 0)
signal.alarm = signal.setitimer = lambda *arguments: 0
while True:
    sleep(0.1)
