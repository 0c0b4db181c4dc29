"""One OpenReview submission with its replies, as a paper and its reviews."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from conference.data.decisions import presentation_of, status_of
from conference.data.tables import Damage, HumanReview, Paper, Stage, Status
from conference.data.values import (
    Damaged,
    number,
    numbers,
    rating,
    text,
)

RATINGS = (
    "rating", "final_rating", "recommendation", "review_rating", "overall_recommendation",
    "overall_assessment", "overall_rating", "overall_score", "overall",
)  # fmt: skip
CONFIDENCES = ("confidence", "review_confidence", "reviewer_confidence")
INITIAL = "preliminary_rating"
DECISIONS = ("decision", "recommendation", "acceptance_decision")
# Fields that are not part of a review's content: its heading, and the reviewer's check boxes.
FORMALITIES = ("title", "code_of_conduct", "acknowledgement", "acknowledgment")
LONGEST_LABEL = 200  # characters of a score with its label, such as "3: minor issues ..."
KINDS = ("Official_Review", "Decision", "Acceptance_Decision", "Meta_Review")
# The names at ICLR 2017: .../-/paper12/official/review. A public review is another kind.
EARLY_KINDS = {
    "official/review": "Official_Review", "acceptance": "Acceptance_Decision",
    "meta/review": "Meta_Review",
}  # fmt: skip
TOPICS = ("primary_area", "area", "subject_area", "track")


class Reading(msgspec.Struct, frozen=True):
    """The venue's facts that are needed to read a note."""

    venue_id: str
    venue: str
    year: int
    scale: tuple[float, ...]
    stage: Stage
    api: int


def read_note(
    note: dict[str, Any], kind: str, about: Reading
) -> tuple[Paper, list[HumanReview], list[Damage]]:
    """The paper, its reviews, and damaged records; raises `Damaged` if it has no id or title."""
    content = _plain(note.get("content") or {})
    name, title = text(note.get("id")), text(content.get("title"))
    if note.get("ddate"):
        raise Damaged("it was deleted")
    if not name or not title:
        raise Damaged("it has no id or no title")
    replies = note.get("replies") or []
    if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
        raise Damaged("its replies are not a list of notes")
    decision = _decision(content, replies)
    status = _status(content, kind, decision, about)
    # The venue line of a rejected paper names only the venue, which may be called a workshop.
    place = "" if status == "rejected" else str(content.get("venue") or "")
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
        status=status,
        presentation=presentation_of(decision) or presentation_of(place),
        submitted=_day(made),
        scale=about.scale,
        rating_stage=about.stage,
        source=f"OpenReview {about.venue_id}",
    )
    reviews: list[HumanReview] = []
    official, faults = _official(name, replies)
    for position, reply in official:
        try:
            said = _plain(reply.get("content") or {})
            reviews.append(_review(name, position, said, about, faults))
        except Damaged as fault:
            faults.append(Damage(f"review {position} of paper {name}", str(fault)))
    return paper, reviews, faults


def _official(
    paper: str, replies: list[dict[str, Any]]
) -> tuple[list[tuple[int, dict[str, Any]]], list[Damage]]:
    """The official reviews with their positions by date, one per reviewer, and the dropped ones.

    A duplicate is dropped. If a reviewer has two different reviews, both are dropped, because
    nobody can say which one counts.
    """
    found = [reply for reply in replies if kind_of(reply) == "Official_Review"]
    found.sort(key=_made)
    kept, faults = [], []
    for position, reply in enumerate(found):
        said = _plain(reply.get("content") or {})
        twins = [o for o in found if o is not reply and _one_reviewer(o, reply)]
        if reply.get("ddate"):
            reason = "it was deleted"
        elif any(
            _plain(other.get("content") or {}) != said for other in twins if not other.get("ddate")
        ):
            reason = "its reviewer has another one that differs, left out"
        elif any(other in found[:position] for other in twins):
            reason = "listed again with the same content"
        else:
            kept.append((position, reply))
            continue
        faults.append(Damage(f"review {position} of paper {paper}", reason))
    return kept, faults


def _made(reply: dict[str, Any]) -> float:
    """The creation time of a reply in milliseconds; 0 if it has none."""
    dates = (reply.get("cdate"), reply.get("tcdate"))
    return next((float(date) for date in dates if date and isinstance(date, (int, float))), 0.0)


def _one_reviewer(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return any(first.get(key) and first.get(key) == second.get(key) for key in ("id", "who"))


def _review(
    paper: str, position: int, content: dict[str, Any], about: Reading, faults: list[Damage]
) -> HumanReview:
    """A review with a readable rating; other unreadable values are left out and go to `faults`."""
    given = next((key for key in RATINGS if content.get(key) is not None), None)
    if given is None:
        raise Damaged(f"it has none of the fields {', '.join(RATINGS)}")
    sure = next((key for key in CONFIDENCES if content.get(key) is not None), None)
    value = rating(content[given], about.scale, given)
    record = f"review {position} of paper {paper}"
    initial = None
    try:
        initial = rating(content.get(INITIAL), about.scale, INITIAL)
    except Damaged as fault:
        faults.append(Damage(f"{INITIAL} of {record}", str(fault)))
    scores, texts = _fields({k: v for k, v in content.items() if k not in (given, sure, INITIAL)})
    return HumanReview(
        paper_id=paper,
        reviewer=position,
        rating=value,
        rating_initial=value if about.stage == "before_rebuttal" else initial,
        rating_final=value if about.stage == "after_discussion" else None,
        confidence=numbers({"confidence": content[sure]}, record, faults).get("confidence")
        if sure
        else None,
        scores=scores,
        texts=texts,
    )


def _fields(content: dict[str, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """Sub-scores (numbers, or short labels that start with one) and texts, by field name."""
    scores: dict[str, float] = {}
    texts: dict[str, str] = {}
    for key, value in content.items():
        if any(word in key for word in FORMALITIES) or isinstance(value, (bool, list, dict)):
            continue
        try:
            label = not isinstance(value, str) or len(value) <= LONGEST_LABEL
            read = number(value, key) if label else None
        except Damaged:
            read = None
        if read is not None:
            scores[key] = read
        elif said := text(value):
            texts[key] = said
    return scores, texts


def _decision(content: dict[str, Any], replies: list[dict[str, Any]]) -> str:
    """The words of the decision, else of the meta-review, else of the paper's venue line."""
    standing = [reply for reply in replies if not reply.get("ddate")]
    final = [r for r in standing if kind_of(r) in ("Decision", "Acceptance_Decision")]
    for reply in final or [r for r in standing if kind_of(r) == "Meta_Review"]:
        fields = _plain(reply.get("content") or {})
        said = next((text(fields.get(key)) for key in DECISIONS if fields.get(key)), None)
        if said and status_of(said) != "unknown":
            return said
    return str(content.get("decision") or content.get("venue") or "")


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


def _plain(content: Any) -> dict[str, Any]:
    """The fields' values: API 2 wraps each value in an object (or hides it), API 1 does not."""
    if not isinstance(content, dict):
        raise Damaged("its content has no fields")
    return {
        key: value.get("value") if isinstance(value, dict) else value
        for key, value in content.items()
    }


def kind_of(reply: dict[str, Any]) -> str:
    """The kind of a reply, such as "Official_Review", from its invitation.

    API 1 writes .../-/Paper12/Official_Review or .../Paper12/-/Official_Review; API 2 also lists
    the invitations that changed the note.
    """
    given = reply.get("invitations") or [reply.get("invitation") or ""]
    early = re.search(r"/-/paper\d+/(.+)$", str(given[0]))
    if early:
        return EARLY_KINDS.get(early[1], early[1])
    names = [str(name).rsplit("/", 1)[-1] for name in given]
    return next((name for name in names if name in KINDS), names[0])


def _day(milliseconds: Any) -> str | None:
    if not isinstance(milliseconds, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise Damaged(f"its date {milliseconds:g} is not a day ({error})") from error
