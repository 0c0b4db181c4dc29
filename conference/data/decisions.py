"""Interprets the words of a decision, from a venue's records or a table's column."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from conference.data.tables import Damage, Status
from conference.data.values import Damaged, text

# Whole cells that mean yes or no in a column of decisions or flags.
YES = ("accept", "accepted", "yes", "true", "1", "1.0")
NO = ("reject", "rejected", "no", "false", "0", "0.0")
# Patterns of decisions and their kind of presentation; ICLR 2020 said talks, 2023 top-5%.
_PRESENTATIONS = {
    r"\borals?\b|\btalks?\b|top-5%": "oral",
    r"\bspotlights?\b|top-25%": "spotlight",
    r"\bposters?\b": "poster",
}
_ACCEPTED = re.compile("|".join([r"\baccept", "notable", *_PRESENTATIONS]))
_REJECTED = re.compile(r"reject|\bdeclin|\b(?:not|no) accept|\bunaccepted")
# Words that mean that nothing is decided yet, whatever else is there; ICLR 2018 has "Active".
_OPEN = re.compile(
    r"\bno decision|^(?:submitted|under review|pending|active|unknown|undecided|none|n/?a)\b"
    r"|^[\W_]*$"
)
# The workshop track is a rejection from the conference (ICLR 2013, 2017 and 2018).
_WORKSHOP = re.compile(r"invite.*workshop|^workshop|iclr2013-workshop$")


@lru_cache(maxsize=1000)  # A table repeats a few decisions many times.
def status_of(decision: str) -> Status:
    """The status that a decision names; "unknown" if it names none."""
    words = _words(decision)
    if words in YES:
        return "accepted"
    if words in NO:
        return "rejected"
    if "desk" in words and "reject" in words:
        return "desk_rejected"
    if "withdraw" in words:
        return "withdrawn"
    if _REJECTED.search(words) or _WORKSHOP.search(words):
        return "rejected"
    if not _OPEN.search(words) and _ACCEPTED.search(words):
        return "accepted"
    return "unknown"


@lru_cache(maxsize=1000)
def presentation_of(decision: str) -> str:
    """The kind of presentation that a decision text names, or ""."""
    words = _words(decision)
    if _WORKSHOP.search(words):
        return "workshop"
    if _OPEN.search(words):
        return ""
    return next((kind for sign, kind in _PRESENTATIONS.items() if re.search(sign, words)), "")


def yes_or_no(value: Any, field: str) -> bool | None:
    """A reviewer's own decision; None for an empty cell. Raises `Damaged` for words that are
    neither in `YES` nor in `NO`."""
    said = text(value) or ""
    if said.lower() in YES:
        return True
    if said.lower() in NO:
        return False
    if said:
        raise Damaged(f"{field} {said[:40]!r} is neither accept nor reject")
    return None


def not_understood(value: str, field: str, paper: str) -> list[Damage]:
    """A damage if the words neither name a decision nor say that there is none yet; else empty."""
    if status_of(value) != "unknown" or _OPEN.search(_words(value)):
        return []
    return [no_decision(value, field, paper)]


def no_decision(value: str, field: str, paper: str) -> Damage:
    """The damage for words that name no decision."""
    reason = f"{field} is {value[:40]!r}, which is not a known decision"
    return Damage(f"{field} of paper {paper}", reason)


def at_a_workshop(decision: str) -> bool:
    """Whether a decision that counts as an acceptance names a workshop."""
    return "workshop" in _words(decision) and status_of(decision) == "accepted"


@lru_cache(maxsize=1000)
def _words(decision: str) -> str:
    """A decision in lower case, with words such as "ConditionalPoster" split."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", decision).lower().strip()
