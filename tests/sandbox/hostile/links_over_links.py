# expect: symlink_escape
"""Makes links that lead out over other links, though by their words they stay inside."""
import os

os.symlink(".", "here")
os.mkdir("deep")
for number, target in enumerate(("here/here/here/../../../../outside/canary", "here/here/../../../outside")):
    try:
        os.symlink(target, f"out-{number}")
    except OSError:
        pass
os.symlink("../experiment.py", "deep/inside")
os.rename("deep/inside", "inside no more")
for name in ("out-0", "inside no more"):
    try:
        print("ESCAPED:", open(name).read())
    except OSError:
        pass
