"""An index of the user's own works in BibTeX and JSONL files, searched by words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.core.records import Work
from conference.literature.bm25 import Ranking

SUFFIXES = (".bib", ".jsonl")


class LocalIndex:
    """Works ranked by BM25 over title, abstract, venue and authors; a title counts twice."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = tuple(works)
        self._ranking = Ranking(
            [" ".join((w.title, w.title, w.abstract, w.venue, *w.authors)) for w in self._works]
        )

    def search(self, query: str, limit: int) -> tuple[Work, ...]:
        """The nearest works that share a word with the query; ties in the order of the files."""
        scores = self._ranking.scores(query)
        order = np.argsort(-scores, kind="stable")[:limit]
        return tuple(self._works[at] for at in order if scores[at] > 0)


def read_works(path: Path) -> tuple[Work, ...]:
    """The works of a BibTeX or JSONL file, or of all such files in a folder.

    A line of JSONL is an object with `title` and, if known, `authors` (a list, or names separated
    by semicolons), `year`, `venue`, `abstract`, `key`, `doi` and `url`.

    Raises:
        UserError: there are no works, or an entry cannot be read.
    """
    if not path.exists():
        raise UserError(f"--literature local:{path}: no such file or folder.")
    files = sorted(f for f in path.rglob("*") if f.suffix in SUFFIXES) if path.is_dir() else [path]
    works: dict[str, Work] = {}
    for file in files:
        if file.suffix not in SUFFIXES:
            raise UserError(f"--literature local:{file}: give a .bib or .jsonl file, or a folder.")
        for work in _bibtex(file) if file.suffix == ".bib" else _lines(file):
            works.setdefault(work.key, work)
    if not works:
        raise UserError(
            f"--literature local:{path}: there are no works in .bib or .jsonl files; add some."
        )
    return tuple(works.values())


def _bibtex(path: Path) -> list[Work]:
    import bibtexparser  # type: ignore[import-untyped]
    from bibtexparser.bparser import BibTexParser  # type: ignore[import-untyped]
    from bibtexparser.customization import convert_to_unicode  # type: ignore[import-untyped]

    parser = BibTexParser(common_strings=True, customization=convert_to_unicode)
    found = []
    for entry in bibtexparser.loads(_read(path), parser=parser).entries:
        venue = next((entry[f] for f in ("journal", "booktitle", "publisher") if entry.get(f)), "")
        authors = _plain(entry.get("author", "")).split(" and ")
        row = {
            "title": _plain(entry.get("title", "")),
            "authors": [_given_first(author) for author in authors if author.strip()],
            "year": entry.get("year") or None,
            "venue": _plain(venue),
            "abstract": _plain(entry.get("abstract", "")),
            "key": entry["ID"],
            "doi": entry.get("doi", ""),
            "url": entry.get("url", ""),
        }
        found.append(_work(row, f"{path}, entry {entry['ID']}"))
    return found


def _lines(path: Path) -> list[Work]:
    found = []
    for number, line in enumerate(_read(path).splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise UserError(f"{where}: not JSON ({error}); fix the line.") from error
        if not isinstance(row, dict):
            raise UserError(f"{where}: give an object with a title.")
        found.append(_work(row, where))
    return found


def _work(row: dict[str, Any], where: str) -> Work:
    """One entry as a record; without a key, its DOI or title serves as key."""
    row = {name: value for name, value in row.items() if value not in (None, "", "nan")}
    title, year = row.get("title"), row.get("year")
    if not isinstance(title, str) or not title.strip():
        raise UserError(f"{where}: `title` is missing; add it.")
    if year is not None and not str(year).isdigit():
        raise UserError(f"{where}: `year` must be a year such as 2020, not {year!r}.")
    authors = row.get("authors", ())
    names = authors.split(";") if isinstance(authors, str) else authors
    if not isinstance(names, (list, tuple)):
        raise UserError(f"{where}: `authors` must be a list of names.")
    text = {name: " ".join(str(row.get(name, "")).split()) for name in ("venue", "abstract")}
    marks = {name: str(row.get(name, "")) for name in ("doi", "url")}
    return Work(
        title=" ".join(title.split()),
        key=str(row.get("key") or row.get("doi") or title.strip().lower()),
        authors=tuple(str(name).strip() for name in names if str(name).strip()),
        year=None if year is None else int(year),
        **text,
        **marks,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--literature local:{path}: cannot be read ({error}).") from error


def _plain(text: str) -> str:
    return " ".join(text.replace("{", "").replace("}", "").split())


def _given_first(author: str) -> str:
    family, comma, given = author.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else author.strip()
