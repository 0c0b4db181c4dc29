# expect: secret_access
import contextlib
import os
import sys

HOME = os.path.join(b"/", b"root")
for name in (b"\xff\xed\xa0\x80", b"\x1b]0;title\x07\x1b[2J"):
    with contextlib.suppress(OSError):
        open(os.path.join(HOME, name))
print("\x1b[2J\x9b31m\x00")
sys.exit("\x1b]52;c;aGk=\x07 last words")
