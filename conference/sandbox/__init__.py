"""The sandbox: runs model-written and template code, which may be hostile.

    outcome = run([sys.executable, "experiment.py"], workspace, Limits(wall_seconds=60))
    numbers = read_result(workspace / "results.json", workspace)

The kernel isolates the program, with namespaces and mounts that are set up by bubblewrap or,
without it, by `unshare` and our own launcher. A supervisor outside enforces the limits, backed by
hard rlimits. A seccomp filter reports attempts to the supervisor, which answers each call.
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
