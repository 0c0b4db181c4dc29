# expect: write_outside
"""Tries to change the read-only template that it was given."""
import os
import sys

target = os.path.join(sys.argv[2], "template.toml")
open(target).read()
for attempt in (
    lambda: open(target, "a").write("steps = 1"),
    lambda: os.chmod(target, 0o777),
    lambda: os.replace("experiment.py", target),
    lambda: os.unlink(target),
):
    try:
        attempt()
        print("ESCAPED")
    except OSError:
        pass
