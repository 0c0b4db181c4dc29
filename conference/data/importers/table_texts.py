"""Full texts of papers and texts of reviews, from tables in the folder of papers.parquet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from conference.data.read_table import read_table
from conference.data.tables import Damage, TextVersion
from conference.data.text_version import sign_of_final
from conference.data.values import Damaged, id_of, number, text

REVIEW_TEXTS = "review_texts.parquet"
TEXTS = ("text", "summary", "strengths", "weaknesses", "questions")
# Years whose review texts are not numbered as the ratings are (see the README of the data).
UNNUMBERED_TEXTS = (2019,)
# Files whose full texts are final: the accepted papers of ICLR 2022 there are camera-ready.
FINAL_TEXTS = ("fulltext_iclr2022",)


def full_texts(
    folder: Path, wanted: int | None, damaged: list[Damage]
) -> dict[str, tuple[str, TextVersion]]:
    """Papers' texts and versions by id; with `wanted`, only from files of that year or of none."""
    found: dict[str, tuple[str, TextVersion]] = {}
    for path in sorted(folder.glob("fulltext_*.parquet")):
        year = re.search(r"(\d{4})$", path.stem)
        if wanted is not None and year and int(year.group(1)) != wanted:
            continue
        version: TextVersion = "final" if path.stem in FINAL_TEXTS else "unknown"
        for row in read_table(path, ("paper_id",)).rows:
            try:
                body = text(row.get("text")) or _joined(row.get("sections_json"))
            except (msgspec.DecodeError, AttributeError, TypeError):
                where = f"its full text in {path.name} cannot be read"
                damaged.append(Damage(f"paper {row['paper_id']}", where))
                continue
            if body:
                final = version == "final" or sign_of_final(body)
                found[id_of(row["paper_id"])] = (body, "final" if final else version)
    return found


def _joined(sections: Any) -> str | None:
    if not sections:
        return None
    parts = msgspec.json.decode(sections)
    if isinstance(parts, dict):
        parts = [{"heading": key, "text": value} for key, value in parts.items()]
    lines = [f"{part.get('heading') or ''}\n{part.get('text') or ''}" for part in parts]
    return "\n\n".join(lines).strip() or None


def review_texts(
    folder: Path, wanted: int | None, damaged: list[Damage]
) -> dict[tuple[str, int], dict[str, str]]:
    """The texts of reviews by paper and reviewer; with `wanted`, only of that year."""
    path = folder / REVIEW_TEXTS
    if not path.is_file():
        return {}
    found = {}
    for row in read_table(path, ("paper_id", "year", "reviewer")).rows:
        year = year_of(row)
        if year in UNNUMBERED_TEXTS or wanted not in (None, year):
            continue
        try:
            place = place_of(row)
        except Damaged as fault:
            damaged.append(Damage(f"text of a review of paper {row['paper_id']}", str(fault)))
            continue
        found[id_of(row["paper_id"]), place] = {key: str(row[key]) for key in TEXTS if row.get(key)}
    return found


def year_of(row: Mapping[str, Any]) -> int | None:
    try:
        read = number(row["year"], "year")
    except Damaged:
        return None
    return int(read) if read is not None and read == int(read) else None


def place_of(row: Mapping[str, Any]) -> int:
    """The reviewer's number within the paper."""
    place = number(row["reviewer"], "reviewer")
    if place is None or place != int(place):
        raise Damaged("its reviewer has no number")
    return int(place)
