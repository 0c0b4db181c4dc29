"""A round as OpenReview API 2 notes: submissions with their replies as a tree.

The file has what `conference data import notes` reads back: venue, year, scale and notes. A note
has an id, forum, replyto, invitations, signatures, readers, writers, dates in milliseconds, and
`content` as `{field: {"value": …}}`, as openreview-py's `Note` takes it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conference.app.export.view import ROLE_NAMES, View
from conference.core.files import writing
from conference.core.records import Comment, Decision, DeskCheck, MetaReview, Rebuttal, Submission
from conference.core.records import Review as ReviewRecord
from conference.core.thread import names_of

Note = dict[str, Any]


def write_notes(view: View, out: Path) -> Path:
    """Write `notes.json` into `out`."""
    venue = view.round.venue
    group = f"{venue.series or venue.name}.simulated/{venue.year}/Conference"
    form = venue.form
    notes = [_submission(view, group, number, paper)
             for number, paper in enumerate(view.round.all(Submission), 1)]  # fmt: skip
    content = {
        "venue_id": group,
        "venue": venue.series or venue.name,
        "year": venue.year,
        "scale": list(form[form.rating].values),
        "rating_field": form.rating,
        "notes": notes,
    }
    path = out / "notes.json"
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _submission(view: View, group: str, number: int, paper: Submission) -> Note:
    own = f"{group}/Submission{number}"
    decision = view.round.one(Decision, paper.paper)
    content = {
        "title": paper.title, "abstract": paper.abstract, "keywords": list(paper.keywords),
        "primary_area": paper.topic, "venue": _venue(view, paper.paper, decision),
        "venueid": group if decision and decision.accepted else f"{group}/Rejected_Submission",
    }  # fmt: skip
    note = _note(view, paper.paper, f"{group}/-/Submission", f"{own}/Authors", content, 0)
    note["number"] = number
    note["details"] = {"replies": _replies(view, own, paper.paper)}
    return note


def _venue(view: View, paper: str, decision: Decision | None) -> str:
    title = view.round.venue.title
    desk = view.round.one(DeskCheck, paper)
    if desk and not desk.passed:
        return f"{title}: desk rejected"
    if decision is None:
        return f"{title}: submitted"
    return (
        f"{title} {decision.presentation or 'poster'}"
        if decision.accepted
        else f"{title}: rejected"
    )


def _replies(view: View, own: str, paper: str) -> list[Note]:
    """Reviews, the authors' answers under them, the discussion, meta-review and decision."""
    round_, days = view.round, view.round.venue.call.deadlines
    reviews = round_.of(ReviewRecord, paper)
    found = []
    by_name: dict[str, str] = {}
    for row in reviews:
        who = view.reviewer(paper, row.reviewer)
        content = {**row.texts, **{name: _score(view, name, v) for name, v in row.scores.items()}}
        content["mind"] = row.mind
        note = _note(view, paper, f"{own}/-/Official_Review", f"{own}/Reviewer_{who}", content,
                     row.day, who)  # fmt: skip
        by_name[names_of(reviews)[row.reviewer]] = note["id"]
        found.append(note)
    for answer in round_.of(Rebuttal, paper):
        for to, text in answer.replies.items():
            note = _note(view, paper, f"{own}/-/Rebuttal", f"{own}/Authors", {"rebuttal": text},
                         days.get("rebuttal", 28), to)  # fmt: skip
            found.append(note | {"replyto": by_name.get(to, note["forum"])})
    for turn in round_.of(Comment, paper):
        who = view.speaker(paper, turn.agent, turn.role)
        content = {"comment": turn.text}
        if turn.rating_after is not None:
            content["rating_after_discussion"] = _score(
                view, round_.venue.form.rating, turn.rating_after
            )
        name = f"Reviewer_{who}" if turn.role == "reviewer" else who
        found.append(_note(view, paper, f"{own}/-/Official_Comment", f"{own}/{name}", content,
                           days.get("discussion", 35), f"{who} {turn.turn}"))  # fmt: skip
    for meta in round_.of(MetaReview, paper):
        content = {
            "metareview": meta.text,
            "recommendation": meta.recommendation,
            "mind": meta.mind,
        }
        who = meta.chair if view.chairs else ROLE_NAMES["chair"]
        found.append(_note(view, paper, f"{own}/-/Meta_Review", f"{own}/{who}", content,
                           days.get("discussion", 35)))  # fmt: skip
    if decision := round_.one(Decision, paper):
        said = f"Accept ({decision.presentation or 'poster'})" if decision.accepted else "Reject"
        content = {"decision": said, "comment": decision.reason}
        group = own.rsplit("/", 1)[0]
        found.append(_note(view, paper, f"{own}/-/Decision", f"{group}/Program_Chairs", content,
                           days.get("decisions", 42)))  # fmt: skip
    return found


def _score(view: View, name: str, value: float) -> str:
    """A score with its anchor, as OpenReview shows it: "6: just above the bar"."""
    anchor = view.round.venue.form[name].anchors.get(f"{value:g}", "")
    return f"{value:g}: {anchor}" if anchor else f"{value:g}"


def _note(
    view: View, paper: str, invitation: str, who: str, content: dict[str, Any], day: int,
    more: str = "",
) -> Note:  # fmt: skip
    forum = _id(view, paper)
    submission = invitation.endswith("/Submission")
    start = datetime(view.round.venue.year, 1, 1, tzinfo=UTC)
    made = int((start + timedelta(days=day)).timestamp() * 1000)
    return {
        "id": forum if submission else _id(view, paper, invitation, who, more),
        "forum": forum,
        "replyto": None if submission else forum,
        "invitations": [invitation],
        "signatures": [who],
        "readers": ["everyone"] if view.reader == "public" else [view.reader],
        "writers": [who],
        "cdate": made,
        "mdate": made,
        "content": {name: {"value": value} for name, value in content.items() if value != ""},
    }


def _id(view: View, *names: str) -> str:
    text = "\x1f".join((view.round.venue.name, str(view.round.seed), *names))
    return hashlib.sha256(text.encode()).hexdigest()[:10]
