"""PeerRead folders (github.com/allenai/PeerRead): data/iclr_2017, acl_2017, conll_2016, ...

A section has train/, dev/ and test/ with reviews/ID.json and parsed_pdfs/ID.pdf.json. Only
entries with a RECOMMENDATION are reviews; the others are comments and are counted. The arXiv
sections, such as data/arxiv.cs.ai_2007-2017, have decisions and no reviews; their papers' years are
those of submission.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.data.gather import gather
from conference.data.importers.importer import Options, folder
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper, Status
from conference.data.text_version import sign_of_final
from conference.data.values import Damaged, listed, numbers, rating, text

VENUES = {"iclr": "ICLR", "acl": "ACL", "conll": "CoNLL", "nips": "NeurIPS"}
ASPECTS = (
    "IMPACT", "SUBSTANCE", "APPROPRIATENESS", "MEANINGFUL_COMPARISON", "SOUNDNESS_CORRECTNESS",
    "ORIGINALITY", "CLARITY",
)  # fmt: skip


def read_peerread(folder: Path, scale: tuple[float, ...] = ()) -> list[Dataset]:
    """One section of PeerRead, named after its folder, such as "peerread-iclr2017".

    The papers' parsed text is their reviewed or final version, which PeerRead does not say.
    """
    named = re.fullmatch(r"(?P<venue>[a-z.]+)_(?P<year>\d{4})(?P<last>-\d{4})?", folder.name)
    files = sorted(folder.glob("*/reviews/*.json")) or sorted(folder.glob("reviews/*.json"))
    if not files:
        raise UserError(f"{folder}: there is no */reviews/*.json; name a PeerRead section folder.")
    if not named:
        raise UserError(f"{folder}: name a folder such as iclr_2017, for its venue and year.")
    venue = VENUES.get(named["venue"], named["venue"].upper())
    year = None if named["last"] else int(named["year"])
    known, stage = scale_of(venue, year) if year else ((), "unknown")
    allowed = scale or known
    papers, reviews, damaged = [], [], []
    comments = 0
    for file in files:
        try:
            record = msgspec.json.decode(file.read_bytes())
            paper = _paper(record, file, venue, year, allowed)
        except (msgspec.DecodeError, UnicodeDecodeError, Damaged, OSError) as fault:
            damaged.append(Damage(f"file {file.relative_to(folder)}", str(fault)))
            continue
        papers.append(msgspec.structs.replace(paper, rating_stage=stage))
        found, others = _reviews(record, file.stem, allowed, damaged)
        if found and not allowed:
            raise UserError(
                f"{folder}: the rating scale of {venue} {year} is unknown; give --scale."
            )
        reviews += found
        comments += others
    notes = [f"{comments} comments without a recommendation were left out"]
    name = f"peerread-{venue.lower()}{year or named['year'] + named['last']}"
    return [gather(name, papers, reviews, damaged, source=str(folder), notes=notes)]


def _paper(
    record: Any, file: Path, venue: str, year: int | None, scale: tuple[float, ...]
) -> Paper:
    if not isinstance(record, dict) or not text(record.get("title")):
        raise Damaged("it has no title")
    submitted = re.search(r"\d{4}$", str(record.get("DATE_OF_SUBMISSION") or ""))
    if year is None and not submitted:
        raise Damaged("its date of submission names no year")
    accepted = record.get("accepted")
    if not (accepted is None or isinstance(accepted, bool)):
        raise Damaged(f"accepted is {str(accepted)[:40]!r}, not true or false")
    status: Status = "unknown" if accepted is None else "accepted" if accepted else "rejected"
    body = _body(file.parent.parent / "parsed_pdfs" / f"{file.stem}.pdf.json")
    return Paper(
        paper_id=file.stem,
        venue=venue,
        year=int(submitted.group()) if year is None and submitted else year or 0,
        title=str(record["title"]).strip(),
        abstract=text(record.get("abstract")),
        text=body,
        text_version="" if not body else "final" if sign_of_final(body) else "unknown",
        status=status,
        decision="" if accepted is None else "Accept" if accepted else "Reject",
        scale=scale,
        source="PeerRead",
    )


def _body(path: Path) -> str | None:
    """The parsed PDF's sections, and its references as one line each with their year."""
    if not path.is_file():
        return None
    try:
        parsed = msgspec.json.decode(path.read_bytes())["metadata"]
        parts = [
            f"{part.get('heading') or ''}\n{part.get('text') or ''}"
            for part in parsed.get("sections") or []
        ]
        cited = [
            f"{entry.get('title') or ''}, {entry.get('venue') or ''}, {entry.get('year') or ''}."
            for entry in parsed.get("references") or []
        ]
    except (
        msgspec.DecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError,
    ) as error:  # fmt: skip
        raise Damaged(f"its parsed PDF {path.name} cannot be read ({error})") from error
    if parts and cited:
        parts.append("\n".join(["", "References", *cited, ""]))
    return "\n\n".join(parts).strip() or None


def _reviews(
    record: dict[str, Any], paper: str, scale: tuple[float, ...], damaged: list[Damage]
) -> tuple[list[HumanReview], int]:
    found: list[HumanReview] = []
    comments = 0
    try:
        entries = listed(record.get("reviews"), "reviews")
    except Damaged as fault:
        damaged.append(Damage(f"reviews of paper {paper}", str(fault)))
        return [], 0
    for position, entry in enumerate(entries):
        place = f"review {position} of paper {paper}"
        if not isinstance(entry, dict):
            damaged.append(Damage(place, "it has no fields"))
            continue
        meta = entry.get("IS_META_REVIEW") or entry.get("is_meta_review")
        if meta or entry.get("RECOMMENDATION") is None:
            comments += 1
            continue
        try:
            value = rating(entry["RECOMMENDATION"], scale, "RECOMMENDATION")
        except Damaged as fault:
            damaged.append(Damage(place, str(fault)))
            continue
        aspects = {key.lower(): entry.get(key) for key in ASPECTS}
        sure = numbers({"confidence": entry.get("REVIEWER_CONFIDENCE")}, place, damaged)
        found.append(
            HumanReview(
                paper_id=paper,
                reviewer=len(found),
                rating=value,
                confidence=sure.get("confidence"),
                scores=numbers(aspects, place, damaged),
                texts={"text": str(entry["comments"])} if entry.get("comments") else {},
            )
        )
    return found, comments


def read(source: str, options: Options) -> list[Dataset]:
    """One section of PeerRead."""
    return read_peerread(folder(source), options.scale)
