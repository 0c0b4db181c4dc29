"""Reviewers' profiles from a file, and which of these reviewers wrote which paper.

A person may be a reviewer under one address and an author under another. So all mentions that share
an address are merged into one person before conflicts of interest are computed. An author with a
reviewer's name but none of its addresses counts as a conflict too, and the reason says so. Names
and addresses stay in the user's files: a round keeps only the papers of a profile, and a simulated
reviewer has an invented name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.data.importers.table import PAPERS
from conference.data.read_table import read_table
from conference.data.values import Damaged, listed, text

OWN = "own paper"
PERHAPS = "perhaps own paper: an author has the reviewer's name and another address"
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
GROUP = re.compile(r"\{([^{}@]+)\}\s*(@[\w-]+(?:\.[\w-]+)+)")  # {ada, grace}@example.org
Name = tuple[str, ...]  # words in lower case without accents, family name last


class Identity(msgspec.Struct, frozen=True):
    """One mention of a person: its names and e-mail addresses."""

    names: frozenset[Name]
    addresses: frozenset[str]


class Profile(msgspec.Struct, frozen=True):
    """A real reviewer; `papers` are titles, or titles with abstracts, of earlier work."""

    identity: Identity
    papers: tuple[str, ...]


def identity_of(mention: str) -> Identity:
    """The identity in a text such as "Ada Byron <ada@example.org>"; an address of two words, such
    as ada.byron@example.org, gives a name too."""
    addresses = frozenset(re.sub(r"\+[^@]*@", "@", a.lower()) for a in ADDRESS.findall(mention))
    written = [
        ADDRESS.sub("", mention),
        *(re.sub(r"[._-]", " ", a.split("@")[0]) for a in addresses),
    ]
    names = {_name(part) for part in written}
    return Identity(frozenset(name for name in names if len(name) > 1), addresses)


def _name(written: str) -> Name:
    family, comma, given = written.partition(",")
    plain = unicodedata.normalize("NFKD", f"{given} {family}" if comma else written)
    return tuple(re.findall(r"[^\W\d_]+", re.sub(r"[\u0300-\u036f]", "", plain).casefold()))


def addresses_in(page: str) -> list[Identity]:
    """The people whose e-mail addresses are on a paper's first page."""
    grouped = GROUP.sub(lambda g: " ".join(f"{n.strip()}{g[2]}" for n in g[1].split(",")), page)
    return [identity_of(address) for address in ADDRESS.findall(grouped)]


def authors_in(place: Path) -> dict[str, list[Identity]]:
    """Each paper's authors, by id, from the column `authors` of a table (or the table in a folder):
    a list, or people separated by semicolons. Empty without such a column."""
    file = place / PAPERS if place.is_dir() else place
    if not file.is_file():
        return {}
    found = {}
    for number, row in enumerate(read_table(file).rows, 1):
        given = row.get("authors")
        people = given if isinstance(given, list) else str(given or "").split(";")
        paper = str(row.get("paper_id", f"paper-{number:05d}"))  # As `importers.table` names them.
        found[paper] = [identity_of(str(each)) for each in people]
    return found


def read_profiles(path: str) -> list[Profile]:
    """Reviewers' profiles from a table with columns `name`, `emails` and optionally `papers`.

    `emails` is a list, or separated by blanks, commas or semicolons; `papers` is a list. Raises
    `UserError` for a person without name or address, or an address in two rows.
    """
    table = read_table(Path(path), ("name", "emails"))
    found: list[Profile] = []
    owner: dict[str, int] = {}
    for at, row in enumerate(table.rows):
        where = table.where(at)
        emails = row["emails"] if isinstance(row["emails"], list) else [text(row["emails"]) or ""]
        person = identity_of(" ".join([text(row["name"]) or "", *map(str, emails)]))
        if not text(row["name"]) or not person.addresses:
            raise UserError(f"{where}: a reviewer needs a name and an e-mail address.")
        for address in sorted(person.addresses):
            if owner.setdefault(address, at) != at:
                other = table.where(owner[address])
                raise UserError(
                    f"{where}: {address} is also another reviewer's ({other}); give each person "
                    "one row, with all addresses."
                )
        try:
            papers = tuple(map(str, listed(row.get("papers"), "papers")))
        except Damaged as fault:
            raise UserError(f"{where}: {fault}; write a list of titles.") from fault
        found.append(Profile(person, papers))
    return found


def authorship(
    reviewers: Sequence[Identity], papers: Mapping[str, Sequence[Identity]]
) -> dict[int, dict[str, str]]:
    """By reviewer's position, the papers that it wrote or perhaps wrote, with the reason."""
    mentions = [*reviewers, *(author for authors in papers.values() for author in authors)]
    person = _merged(mentions)
    names: dict[int, set[Name]] = defaultdict(set)
    for mention, who in zip(mentions, person, strict=True):
        names[who] |= mention.names
    reviewer_at = {who: at for at, who in enumerate(person[: len(reviewers)])}
    by_word: dict[str, set[int]] = defaultdict(set)
    for who in reviewer_at:
        for name in names[who]:
            for word in (name[0], name[-1]):  # Either may be the family name.
                by_word[word].add(who)
    found: dict[int, dict[str, str]] = defaultdict(dict)
    authors = iter(person[len(reviewers) :])
    for paper, mentioned in papers.items():
        for who in {next(authors) for _ in mentioned}:
            if who in reviewer_at:
                found[reviewer_at[who]][paper] = OWN
            words = {word for name in names[who] for word in (name[0], name[-1])}
            for other in set().union(*(by_word.get(word, set()) for word in words)) - {who}:
                if any(_alike(one, two) for one in names[who] for two in names[other]):
                    found[reviewer_at[other]].setdefault(paper, PERHAPS)
    return dict(found)


def _merged(mentions: Iterable[Identity]) -> list[int]:
    """For each mention its person's number; mentions that share an address are one person."""
    first: dict[str, int] = {}
    leader: list[int] = []

    def root(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    for at, mention in enumerate(mentions):
        leader.append(at)
        for address in mention.addresses:
            leader[root(at)] = root(first.setdefault(address, at))
    return [root(at) for at in range(len(leader))]


def _alike(one: Name, two: Name) -> bool:
    """Whether two names may be the same person's: the same words, or the same family name with the
    same first given name or its initial."""
    if sorted(one) == sorted(two):
        return True
    short, long = sorted((one[0], two[0]), key=len)
    return one[-1] == two[-1] and (short == long or (len(short) == 1 and long.startswith(short)))
