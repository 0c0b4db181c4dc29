"""Errors that a user can fix."""

from __future__ import annotations


class UserError(Exception):
    """Bad input or environment: one sentence naming the file, the field and the fix.

    The command line prints the sentence alone and exits with status 2.
    """


def field_and_fault(error: Exception, above: str = "") -> tuple[str, str]:
    """The field (dotted, below `above`) and the fault that a msgspec decoding error names."""
    what, _, place = str(error).partition(" - at `$")
    return ".".join(part for part in (above, place.strip(".`")) if part), what
