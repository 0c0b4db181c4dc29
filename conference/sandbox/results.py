"""Reads a file that a hostile program may have written."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

from conference.core.clean import clean_values
from conference.sandbox.records import MIB, BadResult

DEEPEST = 100  # levels; later users of a result may have a smaller recursion limit


def read_result(path: Path, workspace: Path, max_bytes: int = 8 * MIB) -> dict[str, Any]:
    """The JSON object in `path`, a regular file of at most `max_bytes` inside `workspace`.

    Raises `BadResult` like `read_file`, and for NaN, Infinity, a repeated key, nesting deeper than
    `DEEPEST`, and anything but an object. Its texts are cleaned.
    """
    data, inside = read_file(path, workspace, max_bytes), path.name
    try:
        value = json.loads(
            data.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite,
            object_pairs_hook=_unique,
        )  # fmt: skip
        _check_depth(value)
        value = clean_values(value)
    except (ValueError, RecursionError) as error:
        raise BadResult(f"{inside} is not clean JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadResult(f"{inside} holds a {type(value).__name__}, not an object")
    return value


def read_file(path: Path, workspace: Path, max_bytes: int = 8 * MIB) -> bytes:
    """The content of `path`, a regular file of at most `max_bytes` inside `workspace`.

    A relative path is taken from the workspace. Every folder on the way is opened without
    following links, so nothing outside can be read. Raises `BadResult` with the reason, also for
    a missing file.
    """
    root = workspace.absolute()
    try:
        inside = Path(os.path.normpath(root / path)).relative_to(root)
    except ValueError:
        raise BadResult(f"{path} is outside the workspace") from None
    return _read_plain(root, inside, max_bytes)


def _read_plain(root: Path, inside: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file below `root`, reached without following a link."""
    folder = -1
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for part in inside.parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            deeper = os.open(part, flags, dir_fd=folder)
            os.close(folder)
            folder = deeper
        # Without O_NONBLOCK a named pipe would block the reader forever.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(inside.name or ".", flags, dir_fd=folder)
        try:
            return _bounded(file, inside, max_bytes)
        finally:
            os.close(file)
    except OSError as error:
        raise BadResult(f"{inside} cannot be read: {error.strerror}") from None
    finally:
        if folder >= 0:
            os.close(folder)


def _bounded(file: int, inside: Path, max_bytes: int) -> bytes:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise BadResult(f"{inside} is not a regular file")
    data = b""
    if status.st_size <= max_bytes:
        with os.fdopen(os.dup(file), "rb") as stream:
            data = stream.read(max_bytes + 1)
    if status.st_size > max_bytes or len(data) > max_bytes:
        raise BadResult(f"{inside} has {status.st_size} bytes; at most {max_bytes} are read")
    return data


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST} levels")
        inside = [part for part in level if isinstance(part, list | dict)]
        level = [
            part for held in inside for part in (held.values() if isinstance(held, dict) else held)
        ]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made
