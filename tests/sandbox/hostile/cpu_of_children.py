# expect: cpu_limit
# limits: cpu_seconds=1 wall_seconds=20
# needs: processor time
"""Has its work done by children for whom nobody waits: their time is added to nobody's."""
import os
import signal
import time

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(8):
    child = os.fork()
    if child == 0:
        while time.process_time() < 0.3:
            pass
        os._exit(0)
    while os.path.exists(f"/proc/{child}"):
        time.sleep(0.02)
print("ESCAPED")
