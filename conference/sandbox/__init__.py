"""The sandbox: runs model-written and template code, which may be hostile.

    outcome = run([sys.executable, "experiment.py"], workspace, Limits(wall_seconds=60))
    numbers = read_result(workspace / "results.json", workspace)

What isolates is the kernel: namespaces and mounts set up by bubblewrap, or by `unshare` and our
own launcher where there is none. What limits is a supervisor outside, with hard rlimits behind it.
What sees attempts is a seccomp filter whose calls the supervisor answers.
"""

from __future__ import annotations

from conference.sandbox.protections import protections
from conference.sandbox.records import (
    KINDS,
    METHODS,
    BadResult,
    Incident,
    Kind,
    Limits,
    Method,
    NotStarted,
    Outcome,
    Protections,
)
from conference.sandbox.results import read_file, read_result
from conference.sandbox.runner import run

__all__ = [
    "KINDS",
    "METHODS",
    "BadResult",
    "Incident",
    "Kind",
    "Limits",
    "Method",
    "NotStarted",
    "Outcome",
    "Protections",
    "protections",
    "read_file",
    "read_result",
    "run",
]
