# expect: symlink_escape
"""Moves a link that was harmless where it was made, and goes up through links to folders."""
import os

os.makedirs("a/b/c")
os.symlink("..", "a/b/c/up")
for make in (lambda: os.rename("a/b/c/up", "up"), lambda: os.link("a/b/c/up", "up2", follow_symlinks=False),
             lambda: os.rename("a/b/c", "c")):
    try:
        make()
    except OSError:
        pass
os.makedirs("d/e", exist_ok=True)
os.symlink(os.getcwd(), "d/e/top")
for path in ("up/../outside/canary", "up/outside/canary", "up2/../outside/canary", "c/up/../../outside/canary",
             "d/e/top/../../outside/canary"):
    for mode in ("r", "a"):
        try:
            with open(path, mode) as file:
                print("ESCAPED:", path, mode, file.write("x") if mode == "a" else file.read())
        except OSError:
            pass
