# expect: process_limit
"""Becomes a shell, and that a fork bomb."""
import os

os.execv("/bin/sh", ["sh", "-c", "bomb() { bomb | bomb & }; bomb; sleep 100"])
