# expect: tamper
"""Mounts, unmounts, changes root and makes new namespaces to become root in."""
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
attempts = {
    "mount": lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "remount": lambda: libc.mount(None, b"/usr", None, 32 | 4096, None),
    "umount": lambda: libc.umount2(b"/proc", 2),
    "chroot": lambda: libc.chroot(b"."),
    "unshare": lambda: libc.unshare(0x10000000),
    "clone": lambda: libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0),
}
for name, attempt in attempts.items():
    if attempt() >= 0:
        print("ESCAPED:", name)
