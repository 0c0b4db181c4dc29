# expect: write_outside
"""Dates files of others back, and gives them attributes."""
import os
import sys

for path in (os.path.join(sys.argv[1], "canary"), os.path.join(sys.argv[2], "template.toml"),
             os.path.join(sys.argv[3], "launcher.py")):
    for change in (lambda: os.utime(path, (0, 0)), lambda: os.setxattr(path, "user.mark", b"1"),
                   lambda: os.chown(path, 1, 1), lambda: os.truncate(path, 0)):
        try:
            change()
            print("ESCAPED:", path)
        except OSError:
            pass
