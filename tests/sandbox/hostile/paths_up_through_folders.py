# expect: read_outside, write_outside
"""Goes up through a link to a folder of its own: what the name says is not where it leads."""
import os

os.makedirs("d/e/f")
os.symlink(os.getcwd(), "d/e/f/top")
for path in ("d/e/f/top/../../outside/canary", "d/e/f/top/../../outside/new"):
    for mode in ("r", "w"):
        try:
            with open(path, mode) as file:
                print("ESCAPED:", path, mode)
        except OSError:
            pass
