# expect: write_outside
"""Tries to write in many places outside its workspace."""
import os
import sys

places = [sys.argv[1], "/", "/etc", "/usr/lib", "/usr/local/bin", "/var/tmp", "/home", "/root", "..",
          os.path.dirname(os.__file__), os.path.dirname(sys.executable), "/opt", "/run", "/sys"]
for place in places:
    try:
        with open(os.path.join(place, "planted"), "w") as file:
            file.write("x")
        print("ESCAPED: wrote to", place)
    except OSError:
        pass
