# expect: tamper
"""Has itself told what others do in folders of the host."""
import fcntl
import os
import signal

signal.signal(signal.SIGIO, signal.SIG_IGN)
try:
    fcntl.fcntl(os.open("/usr/lib", os.O_RDONLY | os.O_DIRECTORY), fcntl.F_NOTIFY, fcntl.DN_ACCESS)
    print("ESCAPED")
except OSError:
    pass
