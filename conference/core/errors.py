"""Errors that a user can fix."""

from __future__ import annotations


class UserError(Exception):
    """Bad input or environment: one sentence naming the file, the field and the fix.

    The command line prints the sentence alone and exits with status 2.
    """
