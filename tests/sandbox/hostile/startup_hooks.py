# expect: write_outside
"""Plants code that would run when somebody else starts Python, a shell or the machine."""
import os
import site
import sys

packages = [path for path in (*sys.path, *site.getsitepackages()) if path.endswith("packages")]
targets = [os.path.join(path, name) for path in packages for name in ("mine.pth", "sitecustomize.py")]
for path in (*targets, "/etc/profile.d/mine.sh", "/etc/cron.d/mine", "/etc/ld.so.preload",
             "/usr/local/bin/python3"):
    try:
        with open(path, "a") as file:
            file.write("#\n")
        print("ESCAPED:", path)
    except OSError:
        pass
