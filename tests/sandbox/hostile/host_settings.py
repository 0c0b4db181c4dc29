# expect: tamper
"""Sets the machine's name and clock and asks for its ports (to what they are: no harm if it could)."""
import ctypes
import socket
import time

libc = ctypes.CDLL(None, use_errno=True)
name = socket.gethostname().encode()
for what, number, arguments in (("sethostname", 170, (name, len(name))), ("iopl", 172, (3,)),
                                ("acct", 163, (None,)), ("delete_module", 176, (b"no_such", 0)),
                                ("swapoff", 168, (b"/none",)), ("settimeofday", 164, (None, None))):
    if libc.syscall(number, *arguments) == 0:
        print("ESCAPED:", what)
try:
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    print("ESCAPED: clock_settime")
except OSError:
    pass
