"""A round as OpenReview API 2 edits, and the notes that result from them.

As on OpenReview every posting is an edit: it has an id, an invitation, signatures, readers, writers
and the part of a note that it sets. `edits.json` holds all edits, paper by paper, in the form of
openreview-py's `Edit`. `notes.json` holds the resulting submissions with their replies, in the form
of `Note`; `conference data import notes` reads it back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from conference.app.export.view import ROLE_NAMES, View
from conference.core.files import writing
from conference.core.records import (
    Comment,
    Decision,
    DeskCheck,
    MetaReview,
    Rebuttal,
    Review,
    Submission,
)
from conference.core.thread import names_of
from conference.data.importers.notes import SIMULATED

Note = dict[str, Any]
Edit = dict[str, Any]
EVERYONE = ("everyone",)


def write_notes(view: View, out: Path) -> list[Path]:
    """Write `notes.json` and `edits.json` into `out` and return their paths."""
    venue = view.round.venue
    edits = list(edits_of(view))
    content = {
        "venue_id": _group(view),
        "venue": venue.series or venue.name,
        "year": venue.year,
        "scale": list(venue.form[venue.form.rating].values),
        "stage": "after_discussion" if _discussed(view) else "before_rebuttal",
        "rating_field": venue.form.rating,
        "notes": notes_of(edits),
    }
    files = {"notes.json": content, "edits.json": {"edits": edits, "count": len(edits)}}
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, each in files.items():
            _write(out / name, each)
    return [out / name for name in files]


def notes_of(edits: Iterable[Edit]) -> list[Note]:
    """The submissions that result from edits, each with its replies in `details`."""
    notes: dict[str, Note] = {}
    for edit in edits:
        part = edit["note"]
        note = notes.setdefault(part["id"], {**part, "content": {}, "invitations": []})
        note["content"] |= part["content"]
        note["invitations"] += [edit["invitation"]]
        note["cdate"] = note.get("cdate", edit["cdate"])
        note["mdate"] = edit["cdate"]
    forums = [note for note in notes.values() if note["id"] == note["forum"]]
    replies: dict[str, list[Note]] = {note["id"]: [] for note in forums}
    for note in notes.values():
        if note["id"] != note["forum"]:
            replies[note["forum"]].append(note)
    return [note | {"details": {"replies": replies[note["id"]]}} for note in forums]


def edits_of(view: View) -> Iterator[Edit]:
    """All edits that the reader may see, paper by paper."""
    for number, paper in enumerate(view.round.all(Submission), 1):
        posted = _Poster(view, paper.paper, number)
        yield from _submission(view, posted, paper)
        yield from _advisory(view, posted, paper.paper)
        yield from _reviews(view, posted, paper.paper)
        yield from _rebuttals(view, posted, paper.paper)
        if view.discussion:
            yield from _comments(view, posted, paper.paper)
        yield from _changed_ratings(view, posted, paper.paper)
        yield from _verdicts(view, posted, paper)


class _Poster(msgspec.Struct, frozen=True):
    """Makes the edits of one paper's forum."""

    view: View
    paper: str
    number: int

    @property
    def group(self) -> str:
        """The OpenReview group of the submission."""
        return f"{_group(self.view)}/Submission{self.number}"

    @property
    def forum(self) -> str:
        return _id(self.view, self.paper)

    def reply(self, invitation: str, signature: str, more: str = "") -> str:
        """The id of a reply; `more` distinguishes replies with the same signature."""
        return _id(self.view, self.paper, invitation, signature, more)

    def edit(
        self, invitation: str, signature: str, content: dict[str, Any], day: int, *, note: str = "",
        to: str = "", readers: tuple[str, ...] = EVERYONE, turn: int = 0,
    ) -> Edit:  # fmt: skip
        """An edit of the note with the id `note`, by default of the submission itself.

        Empty values of `content` are left out. `to` is the note that it answers.
        """
        whole, forum = _group(self.view), self.forum
        start = datetime(self.view.round.venue.year, 1, 1, tzinfo=UTC)
        access = {"readers": list(readers), "writers": [whole, signature]}
        part: Note = {"id": note or forum, "forum": forum} | (
            {"replyto": to or forum} if note else {}
        )
        part |= {} if note else {"number": self.number}
        return {
            "id": _id(self.view, "edit", invitation, signature, note or forum, str(turn)),
            "domain": whole,
            "invitation": invitation,
            "signatures": [signature],
            **access,
            "cdate": int((start + timedelta(days=day)).timestamp() * 1000),
            "note": {
                **part,
                "signatures": [signature],
                **access,
                "content": {name: {"value": value} for name, value in content.items()
                            if value not in ("", [])},
            },
        }  # fmt: skip


def _submission(view: View, posted: _Poster, paper: Submission) -> Iterator[Edit]:
    content = {
        "title": paper.title, "abstract": paper.abstract, "keywords": list(paper.keywords),
        "primary_area": paper.topic, "venue": f"Submitted to {view.round.venue.title}",
        "venueid": f"{_group(view)}/Submission",
        "authorids": list(paper.authors) if view.chairs else [],
    }  # fmt: skip
    yield posted.edit(f"{_group(view)}/-/Submission", f"{posted.group}/Authors", content, 0)


def _advisory(view: View, posted: _Poster, paper: str) -> Iterator[Edit]:
    """Language models' reviews without a score, with the readers that the venue allows."""
    kind, who = f"{posted.group}/-/Advisory_Review", f"{posted.group}/Advisor"
    for row in view.advisory(paper):
        readers = [f"{_group(view)}/Program_Chairs", f"{posted.group}/Area_Chairs"]
        readers += [f"{posted.group}/Reviewers"] if row.seen_by != "chair" else []
        yield posted.edit(kind, who, {**row.texts, "mind": row.mind}, _day(view, "assignment"),
                          note=posted.reply(kind, who), readers=tuple(readers))  # fmt: skip


def _reviews(view: View, posted: _Poster, paper: str) -> Iterator[Edit]:
    form = view.round.venue.form
    for row in view.round.of(Review, paper):
        given = {form.rating: row.rating, **row.scores}
        content = row.texts | {name: _score(view, name, value) for name, value in given.items()}
        content["mind"] = row.mind
        if _discussed(view):
            content["preliminary_rating"] = content[form.rating]
        who = f"{posted.group}/Reviewer_{view.reviewer(paper, row.reviewer)}"
        kind = f"{posted.group}/-/Official_Review"
        yield posted.edit(kind, who, content, row.day, note=posted.reply(kind, who))


def _changed_ratings(view: View, posted: _Poster, paper: str) -> Iterator[Edit]:
    """An edit of a review for each rating that its reviewer changed in the discussion."""
    for row in view.round.of(Review, paper):
        who = f"{posted.group}/Reviewer_{view.reviewer(paper, row.reviewer)}"
        kind, field = f"{posted.group}/-/Official_Review", view.round.venue.form.rating
        rating = row.rating
        for turn in view.round.of(Comment, paper):
            after = turn.rating_after
            if turn.agent == row.reviewer and after is not None and after != rating:
                rating = after
                yield posted.edit(kind, who, {field: _score(view, field, rating)},
                                  _day(view, "discussion"), note=posted.reply(kind, who),
                                  turn=turn.turn)  # fmt: skip


def _rebuttals(view: View, posted: _Poster, paper: str) -> Iterator[Edit]:
    names = names_of(view.round.of(Review, paper))
    kind, who = f"{posted.group}/-/Rebuttal", f"{posted.group}/Authors"
    answered = {}
    for agent, name in names.items():
        reviewer = f"{posted.group}/Reviewer_{view.reviewer(paper, agent)}"
        answered[name] = posted.reply(f"{posted.group}/-/Official_Review", reviewer)
    for answer in view.round.of(Rebuttal, paper):
        for to, text in answer.replies.items():
            yield posted.edit(kind, who, {"rebuttal": text, "mind": answer.mind},
                              _day(view, "rebuttal"), note=posted.reply(kind, who, to),
                              to=answered.get(to, ""))  # fmt: skip


def _comments(view: View, posted: _Poster, paper: str) -> Iterator[Edit]:
    """The discussion, readable by the paper's reviewers and chairs only."""
    kind, own = f"{posted.group}/-/Official_Comment", posted.group
    readers = (f"{_group(view)}/Program_Chairs", f"{own}/Area_Chairs", f"{own}/Reviewers")
    for turn in view.round.of(Comment, paper):
        who = view.speaker(paper, turn.agent, turn.role)
        who = f"{own}/Reviewer_{who}" if turn.role == "reviewer" else f"{own}/{who}"
        yield posted.edit(kind, who, {"comment": turn.text, "mind": turn.mind},
                          _day(view, "discussion"), note=posted.reply(kind, who, str(turn.turn)),
                          readers=readers, turn=turn.turn)  # fmt: skip


def _verdicts(view: View, posted: _Poster, paper: Submission) -> Iterator[Edit]:
    """Meta-reviews, desk rejection or decision, and the submission's resulting venue."""
    round_, whole = view.round, _group(view)
    for meta in round_.of(MetaReview, paper.paper):
        kind = f"{posted.group}/-/Meta_Review"
        who = f"{posted.group}/{meta.chair if view.chairs else ROLE_NAMES['chair']}"
        content = {"metareview": meta.text, "recommendation": meta.recommendation,
                   "mind": meta.mind}  # fmt: skip
        yield posted.edit(kind, who, content, _day(view, "discussion"),
                          note=posted.reply(kind, who))  # fmt: skip
    decision, desk = round_.one(Decision, paper.paper), round_.one(DeskCheck, paper.paper)
    chairs, day = f"{whole}/Program_Chairs", _day(view, "decisions")
    title = round_.venue.title
    if desk and not desk.passed:
        place = {"venue": f"{title}: desk rejected", "venueid": f"{whole}/Desk_Rejected_Submission"}
        kind = f"{posted.group}/-/Desk_Rejection"
        said = {"desk_reject_comments": "; ".join(desk.reasons)}
        yield posted.edit(kind, chairs, said, 0, note=posted.reply(kind, chairs))
        yield posted.edit(f"{whole}/-/Desk_Rejected_Submission", chairs, place, 0)
    elif decision:
        shown = decision.presentation or "poster"
        kind = f"{posted.group}/-/Decision"
        said = {"decision": f"Accept ({shown})" if decision.accepted else "Reject",
                "comment": decision.reason, "award": decision.award}  # fmt: skip
        yield posted.edit(kind, chairs, said, day, note=posted.reply(kind, chairs))
        place = (
            {"venue": f"{title} {shown}", "venueid": whole}
            if decision.accepted
            else {"venue": f"{title}: rejected", "venueid": f"{whole}/Rejected_Submission"}
        )
        yield posted.edit(f"{whole}/-/Edit", whole, place, day)


def _discussed(view: View) -> bool:
    return bool(view.round.all(Comment))


def _group(view: View) -> str:
    venue = view.round.venue
    return f"{venue.series or venue.name}{SIMULATED}/{venue.year}/Conference"


def _day(view: View, deadline: str) -> int:
    """A deadline in days after the call: the venue's, else a usual one."""
    usual = {"assignment": 7, "rebuttal": 28, "discussion": 35, "decisions": 42}
    return view.round.venue.call.deadlines.get(deadline, usual[deadline])


def _score(view: View, name: str, value: float) -> str:
    """A score with its anchor, as OpenReview shows it: "6: just above the bar"."""
    anchor = view.round.venue.form[name].anchors.get(f"{value:g}", "")
    return f"{value:g}: {anchor}" if anchor else f"{value:g}"


def _id(view: View, *names: str) -> str:
    text = "\x1f".join((view.round.venue.name, str(view.round.seed), *names))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
