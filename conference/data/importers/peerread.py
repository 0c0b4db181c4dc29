"""PeerRead folders (github.com/allenai/PeerRead): data/iclr_2017, acl_2017, conll_2016, ...

A section has train/, dev/ and test/ with reviews/ID.json and parsed_pdfs/ID.pdf.json. Only
entries with a RECOMMENDATION are reviews; the others are comments and are counted.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from conference.data.gather import gather
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper, Status
from conference.data.values import Damaged, number, rating, text
from conference.errors import UserError

VENUES = {"iclr": "ICLR", "acl": "ACL", "conll": "CoNLL", "nips": "NeurIPS"}
ASPECTS = (
    "IMPACT", "SUBSTANCE", "APPROPRIATENESS", "MEANINGFUL_COMPARISON", "SOUNDNESS_CORRECTNESS",
    "ORIGINALITY", "CLARITY",
)  # fmt: skip


def read_peerread(folder: Path, scale: tuple[float, ...] = ()) -> list[Dataset]:
    """One section of PeerRead, named after its folder, such as "peerread-iclr2017".

    The papers' parsed text is their reviewed or final version, which PeerRead does not say.
    """
    named = re.fullmatch(r"([a-z]+)_(\d{4}).*", folder.name)
    files = sorted(folder.glob("*/reviews/*.json")) or sorted(folder.glob("reviews/*.json"))
    if not files:
        raise UserError(f"{folder}: there is no */reviews/*.json; name a PeerRead section folder.")
    if not named:
        raise UserError(f"{folder}: name a folder such as iclr_2017, for its venue and year.")
    venue, year = VENUES.get(named.group(1), named.group(1).upper()), int(named.group(2))
    known, stage = scale_of(venue, year)
    allowed = scale or known
    if not allowed:
        raise UserError(f"{folder}: the rating scale of {venue} {year} is unknown; give --scale.")
    papers, reviews, damaged = [], [], []
    comments = 0
    for file in files:
        try:
            record = msgspec.json.decode(file.read_bytes())
            papers.append(_paper(record, file, venue, year, allowed))
        except (msgspec.DecodeError, Damaged, OSError) as fault:
            damaged.append(Damage(f"file {file.relative_to(folder)}", str(fault)))
            continue
        found, others = _reviews(record, file.stem, allowed, damaged)
        reviews += found
        comments += others
    papers = [msgspec.structs.replace(paper, rating_stage=stage) for paper in papers]
    notes = [f"{comments} comments without a recommendation were left out"]
    name = f"peerread-{venue.lower()}{year}"
    return [gather(name, papers, reviews, damaged, source=str(folder), notes=notes)]


def _paper(record: Any, file: Path, venue: str, year: int, scale: tuple[float, ...]) -> Paper:
    if not isinstance(record, dict) or not text(record.get("title")):
        raise Damaged("it has no title")
    accepted = record.get("accepted")
    status: Status = "unknown" if accepted is None else "accepted" if accepted else "rejected"
    body = _body(file.parent.parent / "parsed_pdfs" / f"{file.stem}.pdf.json")
    return Paper(
        paper_id=file.stem,
        venue=venue,
        year=year,
        title=str(record["title"]).strip(),
        abstract=text(record.get("abstract")),
        text=body,
        text_version="unknown" if body else "",
        status=status,
        decision="" if accepted is None else "Accept" if accepted else "Reject",
        scale=scale,
        source="PeerRead",
    )


def _body(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        sections = msgspec.json.decode(path.read_bytes())["metadata"]["sections"] or []
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise Damaged(f"its parsed PDF {path.name} cannot be read ({error})") from error
    parts = [f"{part.get('heading') or ''}\n{part.get('text') or ''}" for part in sections]
    return "\n\n".join(parts).strip() or None


def _reviews(
    record: dict[str, Any], paper: str, scale: tuple[float, ...], damaged: list[Damage]
) -> tuple[list[HumanReview], int]:
    found: list[HumanReview] = []
    comments = 0
    for position, entry in enumerate(record.get("reviews") or []):
        meta = entry.get("IS_META_REVIEW") or entry.get("is_meta_review")
        if meta or entry.get("RECOMMENDATION") is None:
            comments += 1
            continue
        try:
            scores = {key.lower(): number(entry.get(key), key) for key in ASPECTS}
            found.append(
                HumanReview(
                    paper_id=paper,
                    reviewer=len(found),
                    rating=rating(entry["RECOMMENDATION"], scale, "RECOMMENDATION"),
                    confidence=number(entry.get("REVIEWER_CONFIDENCE"), "REVIEWER_CONFIDENCE"),
                    scores={key: value for key, value in scores.items() if value is not None},
                    texts={"text": entry["comments"]} if entry.get("comments") else {},
                )
            )
        except Damaged as fault:
            damaged.append(Damage(f"review {position} of paper {paper}", str(fault)))
    return found, comments
