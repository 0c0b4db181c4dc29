"""Errors that a user can mend."""

from __future__ import annotations


class UserError(Exception):
    """Bad input or a bad surrounding: one sentence naming the file, the field and the mend.

    The command line prints the sentence alone and exits with status 2.
    """
