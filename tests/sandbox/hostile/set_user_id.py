# expect: tamper
"""Leaves a set-user-id program and a device node in its workspace."""
import os
import shutil
import stat

shutil.copyfile("/bin/sh", "shell")
for attempt in (
    lambda: os.chmod("shell", 0o4755),
    lambda: os.close(os.open("other", os.O_CREAT | os.O_WRONLY, 0o4755)),
    lambda: os.mknod("disk", stat.S_IFBLK | 0o666, os.makedev(8, 0)),
):
    try:
        attempt()
        print("ESCAPED")
    except OSError:
        pass
