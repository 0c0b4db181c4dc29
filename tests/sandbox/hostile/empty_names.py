# expect: write_outside
"""Changes a file that it may only read by calls that take an empty name for the open file itself."""
import ctypes
import os
import platform
import sys

libc = ctypes.CDLL(None)
file = os.open(os.path.join(sys.argv[2], "template.toml"), os.O_RDONLY)
os.chdir(sys.argv[2])
chown, times = {"x86_64": (260, 280), "aarch64": (54, 88)}[platform.machine()]
for place in (file, -100):
    for call in ((452, place, b"", 0o777, 0x1000), (chown, place, b"", 1, 1, 0x1000), (times, place, b"", 0, 0x1000)):
        if libc.syscall(*call) == 0:
            print("ESCAPED:", call)
