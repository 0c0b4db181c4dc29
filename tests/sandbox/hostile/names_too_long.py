# expect: write_outside
"""Names files with names longer than any file may have, which no look at them may trip over."""
import os

for path in ("/" + "a" * 300, "/srv/" + "b" * 1000, "/x/" * 1000 + "y", "/proc/" + "9" * 300 + "/environ",
             "/proc/self/fd/" + "9" * 40, "c" * 300):
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT):
        try:
            os.open(path, flags)
            print("ESCAPED:", path[:20])
        except OSError:
            pass
