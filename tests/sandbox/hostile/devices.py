# expect: read_outside
"""Opens disks, memory and terminals of the machine."""
import fcntl
import os
import termios

for path in ("/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/pts/0", "/dev/console"):
    try:
        device = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        print("ESCAPED:", path)
        fcntl.ioctl(device, termios.TIOCSTI, b"\n")
    except OSError:
        pass
