# expect: tamper
"""Rewrites its launcher, and looks for its time limit wherever it may be written."""
import os
import sys

own = next((line.split()[-1] for line in open("/proc/self/mounts") if "conference/sandbox" in line),
           None)
folders = [path for path in (sys.argv[3], own) if path]
for folder in folders:
    for name in ("launcher.py", "records.py", "supervise.py"):
        try:
            with open(os.path.join(folder, name), "r+") as file:
                file.write("wall_seconds = 7200")
            print("ESCAPED:", name)
        except OSError:
            pass
