# expect: cpu_limit
# limits: cpu_seconds=0.6 wall_seconds=40
"""Computes for ever in two processes."""
import os

os.fork()
while True:
    pass
