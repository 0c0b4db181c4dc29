"""The entries of a bibliography, from its printed lines."""

from __future__ import annotations

import re
from collections.abc import Callable

SHORTEST = 20  # characters; anything shorter is not an entry
LABELS = (
    re.compile(r"\s*\[\d{1,3}\]\s"),
    re.compile(r"\s*\[[A-Z][\w+*'’-]{1,12}\]\s"),
    re.compile(r"\s*\d{1,3}\.\s+(?=[A-Z])"),
)
NAME = r"(?:[A-Z][\w'’.-]*|d[aeiu]|de[lnr]?|la|le|van|von|al|bin|dos|ten|ter)"
AUTHORS = re.compile(
    rf"{NAME}(?: {NAME}){{1,4}}(?:,| and | & |\. |\.$| et al)"  # Ada B. Lovelace and
    r"|[A-Z][\w'’-]+, (?:[A-Z]\.|[A-Z][\w'’-]+,)"  # Lovelace, A. B.
    r"|[A-Z]\w{2,}\. [A-Z]"  # OpenAI. GPT
)
PUBLISHERS = re.compile(
    r"(?:Curran|PMLR|Springer|IEEE|ACM|AAAI|Elsevier|Wiley|Association|Proceedings|Journal|MIT|"
    r"Cambridge|Oxford|Citeseer|ISCA|JMLR|OpenReview|Online|In|URL|Accessed|Available|Inc|Ltd|"
    r"Volume|Pages?|January|February|March|April|May|June|July|August|September|October|November|"
    r"December)\b"
)
YEAR = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")
ENDED = re.compile(r"(?:[.)\d]|https?://\S+|\barXiv:\S+|\S+/\S+)\s*$")


def entries_of(lines: list[str]) -> list[str]:
    """The entries, each on one line.

    Labelled entries begin with a label such as [1], [AB20] or 1. Others begin where a list of
    authors follows an entry that is complete and has a year.
    """
    for label in LABELS:
        if sum(bool(label.match(line)) for line in lines) >= 3:
            groups = _grouped(lines, lambda _, line, label=label: bool(label.match(line)))  # type: ignore[misc]
            break
    else:
        groups = _grouped(lines, _begins)
    joined = (re.sub(r"\s+", " ", _unbroken(group)).strip() for group in groups)
    return [entry for entry in joined if len(entry) > SHORTEST]


def _grouped(lines: list[str], begins: Callable[[list[str], str], bool]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in lines:
        if groups[-1] and begins(groups[-1], line):
            groups.append([])
        if line.strip():
            groups[-1].append(line)
    return groups


def _begins(entry: list[str], line: str) -> bool:
    """Whether a line without a label begins the next entry."""
    return bool(
        AUTHORS.match(line.strip())
        and not PUBLISHERS.match(line.strip())
        and ENDED.search(entry[-1])
        and YEAR.search(" ".join(entry))
    )


def _unbroken(lines: list[str]) -> str:
    """The lines joined, without blanks in URLs that were broken across lines."""
    return re.sub(r"(https?://\S*[/.\-_=])\s+(?=[\w%]+[/.\-_=])", r"\1", " ".join(lines))
