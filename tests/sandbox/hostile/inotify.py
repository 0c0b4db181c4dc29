# expect: tamper
"""Takes all of the host user's inotify instances."""
import ctypes

libc = ctypes.CDLL(None)
if any(call(0) >= 0 for call in (libc.inotify_init1, libc.fanotify_init) for _ in range(128)):
    print("ESCAPED")
