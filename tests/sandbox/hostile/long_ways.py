# expect: tamper
# limits: wall_seconds=2
"""Says paths that lead around for so long that nobody has time for anything else."""
import contextlib
import os

os.mkdir("d")
for number in range(39):
    os.symlink("./d/../" * 90 + f"l{number + 1}", f"l{number}")
open("l39", "w").close()
for _ in range(100):
    with contextlib.suppress(OSError):
        open("d/../" * 300 + "l0").close()
