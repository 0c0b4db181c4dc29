"""Commands that only look load no heavy library, so that they answer at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pandas", "sklearn", "matplotlib", "ray", "torch", "vllm")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["venues"],
        ["study", "list"],
        ["study", "show", "llm_share"],
        ["run", "--dry-run"],
    ],
    ids=" ".join,
)
def test_looking_loads_no_heavy_library(arguments: list[str]) -> None:
    code = (
        "import atexit, sys\n"
        f"heavy = lambda: [name for name in {HEAVY!r} if name in sys.modules]\n"
        "atexit.register(lambda: print(heavy(), file=sys.stderr))\n"
        f"sys.argv = ['conference', *{arguments!r}]\n"
        "from conference.app.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr.splitlines()[-1] == "[]"
