# expect: wall_limit
# limits: wall_seconds=0.8
"""Stops itself, so that it never ends by itself."""
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
