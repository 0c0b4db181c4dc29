# expect: write_outside
"""Links files that it may only read into its own folder, to write to them there."""
import os
import sys

for path in (os.path.join(sys.argv[2], "template.toml"), os.path.join(sys.argv[1], "canary"), "/etc/passwd"):
    try:
        os.link(path, "mine")
        with open("mine", "a") as file:
            file.write("x")
        print("ESCAPED:", path)
    except OSError:
        pass
