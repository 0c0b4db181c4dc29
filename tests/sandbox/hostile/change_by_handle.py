# expect: write_outside
"""Changes a file that it may only read, through the handle that reading gave it."""
import os
import sys

file = os.open(os.path.join(sys.argv[2], "template.toml"), os.O_RDONLY)
for change in (lambda: os.fchmod(file, 0o777), lambda: os.fchown(file, 1, 1), lambda: os.utime(file, (0, 0)),
               lambda: os.setxattr(file, "user.mark", b"1"), lambda: os.ftruncate(file, 0),
               lambda: os.chmod(f"/proc/self/fd/{file}", 0o777)):
    try:
        change()
        print("ESCAPED")
    except OSError:
        pass
