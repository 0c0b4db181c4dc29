"""Errors of a ledger that is damaged, of another version, or cannot be read or written."""

from __future__ import annotations

from pathlib import Path

from conference.core.errors import UserError


def damaged(file: Path, what: str) -> UserError:
    """The error for a damaged ledger. `what` says what is wrong, without a full stop."""
    return UserError(
        f"{file}: the ledger is damaged: {what}; put back a copy of the run folder, or start again "
        "with another --out."
    )


def other_version(folder: Path) -> UserError:
    """The error for an undamaged ledger with records that this version does not know."""
    return UserError(
        f"{folder}: this round was made by another version of Conference, which this one cannot "
        "read; use that version, or start again with another --out."
    )


def cannot_write(folder: Path, error: Exception) -> UserError:
    """The error for a round's folder that cannot be written."""
    reason = getattr(error, "strerror", None) or str(error)
    return UserError(
        f"{folder}: the round cannot be written here ({reason}); nothing that was finished is "
        "lost: free disk space or choose another --out, and run the same command again."
    )


def cannot_read(path: Path, error: OSError) -> UserError:
    """The error for a file that this user may not read."""
    return UserError(
        f"{path}: cannot be read ({error.strerror}); change its permissions, or copy the folder "
        "as a user who may read it."
    )
