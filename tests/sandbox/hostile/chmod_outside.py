# expect: write_outside
"""Tries to change the mode and the owner of files outside."""
import os
import sys

for path in (os.path.join(sys.argv[1], "canary"), "/etc/passwd", sys.executable):
    for attempt in (lambda: os.chmod(path, 0o777), lambda: os.chown(path, 0, 0)):
        try:
            attempt()
            print("ESCAPED:", path)
        except OSError:
            pass
