# expect: symlink_escape
# limits: wall_seconds=8
"""Leaves folders that even their owner may not enter or change, with links that lead out in them."""
import os

os.makedirs("far/in")
os.symlink("../../experiment.py", "far/in/link")
os.rename("far/in/link", "far/link")
os.rename("far/link", "link")
for path in ("far/in", "far", "experiment.py", "."):
    os.chmod(path, 0)
