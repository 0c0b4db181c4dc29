"""One OpenReview submission with its replies, as a paper and its reviews."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from conference.data.tables import Damage, HumanReview, Paper, Stage, Status
from conference.data.values import Damaged, number, presentation_of, rating, status_of, text

RATINGS = ("rating", "recommendation", "review_rating", "overall_recommendation", "overall")
CONFIDENCES = ("confidence", "review_confidence")
DECISIONS = ("decision", "recommendation", "acceptance_decision")
TEXTS = (
    "summary", "summary_of_the_paper", "strengths", "weaknesses", "strengths_and_weaknesses",
    "strength_and_weaknesses", "questions", "limitations", "review", "main_review",
    "summary_of_the_review", "claims_and_evidence", "other_strengths_and_weaknesses",
)  # fmt: skip
TOPICS = ("primary_area", "area", "subject_area", "track")


class Reading(msgspec.Struct, frozen=True):
    """What is known of the venue before a note is read."""

    venue_id: str
    venue: str
    year: int
    scale: tuple[float, ...]
    stage: Stage
    api: int


def read_note(
    note: dict[str, Any], kind: str, about: Reading
) -> tuple[Paper, list[HumanReview], list[Damage]]:
    """The paper, its reviews, and what of them was damaged; raises `Damaged` without a title."""
    content = _plain(note.get("content") or {})
    name, title = text(note.get("id")), text(content.get("title"))
    if not name or not title:
        raise Damaged("it has no id or no title")
    replies = note.get("replies") or []
    decision = _decision(content, replies)
    made = note.get("cdate") or note.get("tcdate")
    keywords = content.get("keywords") or []
    paper = Paper(
        paper_id=name,
        venue=about.venue,
        year=about.year,
        title=title,
        abstract=text(content.get("abstract")),
        keywords=tuple(map(str, keywords)) if isinstance(keywords, list) else (str(keywords),),
        topic=next((str(content[key]) for key in TOPICS if content.get(key)), ""),
        decision=decision,
        status=_status(content, kind, decision, about),
        presentation=presentation_of(decision or str(content.get("venue") or "")),
        submitted=_day(made),
        scale=about.scale,
        rating_stage=about.stage,
        source=f"OpenReview {about.venue_id}",
    )
    reviews: list[HumanReview] = []
    faults: list[Damage] = []
    official = [reply for reply in replies if "Official_Review" in _last_part(reply)]
    for position, reply in enumerate(sorted(official, key=lambda r: r.get("cdate") or 0)):
        try:
            reviews.append(_review(name, position, _plain(reply.get("content") or {}), about))
        except Damaged as fault:
            faults.append(Damage(f"review {position} of paper {name}", str(fault)))
    return paper, reviews, faults


def _review(paper: str, position: int, content: dict[str, Any], about: Reading) -> HumanReview:
    given = next((key for key in RATINGS if content.get(key) is not None), None)
    if given is None:
        raise Damaged(f"it has none of the fields {', '.join(RATINGS)}")
    sure = next((key for key in CONFIDENCES if content.get(key) is not None), None)
    scores = {}
    for key, value in content.items():
        if key in (given, sure, "title", *TEXTS):
            continue
        try:
            read = number(value, key)
        except Damaged:
            continue  # a text field under a name of the venue's own
        if read is not None:
            scores[key] = read
    return HumanReview(
        paper_id=paper,
        reviewer=position,
        rating=rating(content[given], about.scale, given),
        confidence=number(content[sure], sure) if sure else None,
        scores=scores,
        texts={key: str(content[key]) for key in TEXTS if text(content.get(key))},
    )


def _decision(content: dict[str, Any], replies: list[dict[str, Any]]) -> str:
    for reply in replies:
        last = _last_part(reply)
        if last in ("Decision", "Acceptance_Decision") or "Meta_Review" in last:
            fields = _plain(reply.get("content") or {})
            said = next((text(fields.get(key)) for key in DECISIONS if fields.get(key)), None)
            if said and status_of(said) != "unknown":
                return said
    return str(content.get("venue") or "")


def _status(content: dict[str, Any], kind: str, decision: str, about: Reading) -> Status:
    place = str(content.get("venueid") or "")
    for words in (kind, place):
        if "Desk_Reject" in words:
            return "desk_rejected"
        if "Withdrawn" in words:
            return "withdrawn"
    if about.api == 2 and place == about.venue_id:
        return "accepted"
    if "Rejected" in place:
        return "rejected"
    return status_of(decision)


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    """Version 2 wraps each field's value; version 1 does not."""
    return {
        key: value["value"] if isinstance(value, dict) and "value" in value else value
        for key, value in content.items()
    }


def _last_part(reply: dict[str, Any]) -> str:
    names = reply.get("invitations") or [reply.get("invitation") or ""]
    return str(names[0]).rsplit("/-/", 1)[-1].rsplit("/", 1)[-1]


def _day(milliseconds: Any) -> str | None:
    if not isinstance(milliseconds, (int, float)):
        return None
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).date().isoformat()
