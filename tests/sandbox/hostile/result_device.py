# expect: bad_result, symlink_escape
"""Lets its result be a device that never ends."""
import os

os.symlink("/dev/zero", "results.json")
