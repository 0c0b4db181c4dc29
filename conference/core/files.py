"""Writes files safely: those beside the ledger, named by the SHA-256 of their content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conference.core.errors import UserError

PAPERS = "papers"
EXPERIMENTS = "experiments"
LONGEST_NAME = 80


def keep(folder: Path, data: bytes, suffix: str) -> str:
    """Store `data` in `folder` under a name made from its hash, and return the name.

    The file is complete before it gets its name, so a record never names a partial file.
    """
    name = f"{hashlib.sha256(data).hexdigest()[:32]}{suffix}"
    keep_as(folder / name, data)
    return name


def keep_as(path: Path, data: bytes) -> None:
    """Store `data` as `path` unless that exists; the file is complete before it gets its name."""
    folder = path.parent
    if path.exists():
        return
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".part-", delete=False) as part:
            try:
                part.write(data)
                part.flush()
                os.fsync(part.fileno())
                Path(part.name).chmod(0o644)
                Path(part.name).replace(path)
            except OSError:
                Path(part.name).unlink(missing_ok=True)
                raise


def page_name(paper: str) -> str:
    """An id as a safe file name; ids that would fall together stay apart by their hash."""
    safe = "".join(char if char.isalnum() or char in "-_" else "_" for char in paper)
    if safe == paper and len(safe) <= LONGEST_NAME:
        return safe
    return f"{safe[:LONGEST_NAME]}-{hashlib.sha256(paper.encode()).hexdigest()[:10]}"


def check_writable(folder: Path) -> None:
    """Raise `UserError` if this folder cannot be made or written; leave nothing behind."""
    there = folder.absolute()
    while not there.exists() and not there.is_symlink():
        there = there.parent
    with writing(folder), tempfile.TemporaryFile(dir=there):
        pass


def user_cache() -> Path:
    """The package's folder in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "conference"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` (disk full, no permission) into a `UserError` that names `path`."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror or error}); free the disk or choose "
            "another --out, and run the same command again."
        ) from error
