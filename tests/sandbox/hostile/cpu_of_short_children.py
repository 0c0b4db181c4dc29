# expect: cpu_limit
# limits: cpu_seconds=0.6 wall_seconds=40
"""Spends its time in children that each end soon, so that no process is ever old."""
import os
import time

while True:
    if os.fork() == 0:
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass
        os._exit(0)
    os.wait()
