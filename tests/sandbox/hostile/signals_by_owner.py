# expect: tamper
"""Makes its launcher the owner of a pipe's signals, and the signal a deadly one."""
import fcntl
import os
import signal
import struct

F_SETSIG = 10
F_SETOWN_EX = 15
FIOSETOWN = 0x8901
target = os.getppid()
for change in (lambda end: fcntl.fcntl(end, fcntl.F_SETOWN, target),
               lambda end: fcntl.fcntl(end, F_SETOWN_EX, struct.pack("ii", 1, target)),
               lambda end: fcntl.ioctl(end, FIOSETOWN, struct.pack("i", target))):
    read, write = os.pipe()
    try:
        change(read)
    except OSError as error:
        if error.errno in (1, 13):
            continue
    fcntl.fcntl(read, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    if struct.unpack("i", struct.pack("i", fcntl.fcntl(read, fcntl.F_GETOWN)))[0]:
        os.write(write, b"x")
        print("ESCAPED:", target)
