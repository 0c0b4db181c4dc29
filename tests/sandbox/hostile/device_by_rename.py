# expect: tamper
"""Renames a file so that a device takes its place."""
import ctypes
import os
import stat

number = 316 if os.uname().machine == "x86_64" else 276
open("results.json", "w").close()
ctypes.CDLL(None).syscall(number, -100, b"results.json", -100, b"elsewhere", 4)
if not os.path.exists("results.json") or stat.S_ISCHR(os.lstat("results.json").st_mode):
    print("ESCAPED")
