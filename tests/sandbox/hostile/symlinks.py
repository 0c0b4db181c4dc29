# expect: symlink_escape
"""Makes links out of the workspace, for itself to write through and for others to read."""
import os
import sys

for target in ("/etc/passwd", os.path.join(sys.argv[1], "canary"), "../../outside/canary"):
    try:
        os.symlink(target, "results.json")
        with open("results.json", "a") as file:
            file.write("x")
        print("ESCAPED:", target)
    except OSError:
        pass
