"""What a killed process leaves in the temporary folder goes with the next process's folders."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

HOLD = """
import sys
from conference.core.scratch import scratch
with scratch("work") as folder:
    (folder / "large").write_bytes(bytes(1000))
    print(folder, flush=True)
    sys.stdin.read()
"""


def holding(place: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], env={**os.environ, "TMPDIR": str(place)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    folder = Path(process.stdout.readline().strip())
    for path in place.iterdir():
        os.utime(path, (time.time() - 3600,) * 2)
    return process, folder


def test_only_what_nobody_holds_is_removed(tmp_path: Path) -> None:
    mine = tmp_path / "conference-notes"
    mine.mkdir()
    killed, left = holding(tmp_path)
    killed.kill()
    killed.communicate()
    assert (left / "large").exists()
    alive, kept = holding(tmp_path)
    assert not left.exists()
    other, third = holding(tmp_path)
    assert (kept / "large").exists()
    for process in (alive, other):
        process.communicate("")
    assert not third.exists()
    assert list(tmp_path.iterdir()) == [mine]
