"""Reviewers' profiles from outside, and who of them wrote which paper.

One person may be a reviewer under one address and an author under another that nobody confirmed. So
all mentions that share an address, confirmed or not, are made one person before any conflict is
computed. What cannot be resolved, as an author who has a reviewer's name and none of its addresses,
counts as a conflict all the same, and its reason says so. Names and addresses stay in the user's
files: of a profile a round keeps the papers alone, and a simulated reviewer has a name of its own.
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
    """One mention of a person: the names and the addresses that it gives."""

    names: frozenset[Name]
    addresses: frozenset[str]


class Profile(msgspec.Struct, frozen=True):
    """A reviewer from outside; `papers` are titles or titles with abstracts of earlier work."""

    identity: Identity
    papers: tuple[str, ...]


def identity_of(mention: str) -> Identity:
    """A person as written, such as "Ada Byron <ada@example.org>"; an address alone tells a name
    where it has two words, such as ada.byron@example.org."""
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
    """The people whose e-mail addresses stand on a paper's first page."""
    grouped = GROUP.sub(lambda g: " ".join(f"{n.strip()}{g[2]}" for n in g[1].split(",")), page)
    return [identity_of(address) for address in ADDRESS.findall(grouped)]


def authors_in(place: Path) -> dict[str, list[Identity]]:
    """Paper id to its authors from the column `authors` of a table of papers, or of the table in a
    folder: a list, or people separated by semicolons. Empty where there is none."""
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
    """Reviewers' profiles from a table with columns `name`, `emails` and, where known, `papers`.

    `emails` are separated by blanks, commas or semicolons, or a list; `papers` is a list. Raises
    `UserError` for a person without name or address, or one who is there twice.
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
                    f"{where}: {address} is another reviewer's too ({other}); one person has one "
                    "row, with all addresses."
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
    """Which reviewer (by place) wrote which paper, or perhaps did, with the reason."""
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
    """For each mention the number of its person; mentions that share an address are one."""
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
    """Whether two names may be one person's: the same words, or one family name with given names
    of which one may be an initial."""
    if sorted(one) == sorted(two):
        return True
    short, long = sorted((one[0], two[0]), key=len)
    return one[-1] == two[-1] and (short == long or (len(short) == 1 and long.startswith(short)))
