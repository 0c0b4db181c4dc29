"""A round as tidy tables, one Parquet or CSV file each, with agents' ids instead of names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from conference.app.export.card import card, croissant
from conference.app.export.schema import SCHEMA, kind_of
from conference.app.export.view import View
from conference.core.files import writing
from conference.core.ledger import read_ledger
from conference.core.marks import review_marks
from conference.core.records import (
    Absence,
    Agent,
    Assignment,
    Comment,
    Conflict,
    Decision,
    DeskCheck,
    Experiment,
    Failure,
    Incident,
    MetaReview,
    Rebuttal,
    Review,
    ReviewQuality,
    Submission,
)
from conference.models.records import calls_from_json

Rows = list[dict[str, Any]]


def tables_of(view: View) -> dict[str, Any]:
    """The tables that a reader may see, as data frames by name; empty ones have their columns."""
    found = _threads(view)
    if view.discussion:
        found["comments"] = _comments(view)
        found["advisory_reviews"] = _advisory(view)
    if view.chairs:
        found |= _offices(view)
    return {name: _frame(name, rows) for name, rows in found.items()}


def _frame(name: str, rows: Rows) -> Any:
    """A data frame of the rows with the schema's columns and types, even if there are no rows."""
    columns = {column: kind_of(column).pandas for column in SCHEMA[name][1]}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def write_tables(view: View, out: Path, kind: str = "parquet") -> list[Path]:
    """Write every table as `NAME.parquet` or `NAME.csv`, README.md and croissant.json."""
    files: dict[Path, int] = {}
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in tables_of(view).items():
            path = out / f"{name}.{kind}"
            if kind == "parquet":
                frame.to_parquet(path, index=False)
            else:
                frame.to_csv(path, index=False)
            files[path] = len(frame)
        (out / "README.md").write_text(card(view, files), encoding="utf-8")
        (out / "croissant.json").write_text(json.dumps(croissant(view, files), indent=1))
    return list(files)


def write_csv(view: View, out: Path) -> list[Path]:
    """Write every table as `NAME.csv`, README.md and croissant.json."""
    return write_tables(view, out, "csv")


def _threads(view: View) -> dict[str, Rows]:
    round_ = view.round
    ratings = [(row, round_.rating(row)) for row in round_.all(Review)]
    return {
        "papers": [_paper(view, row) for row in round_.all(Submission)],
        "reviews": [
            {
                "paper": row.paper, "reviewer": view.reviewer(row.paper, row.reviewer),
                "mind": row.mind, "rating_first": row.rating, "rating_last": last,
                "soft_rating": row.soft_rating, "soft_spread": row.soft_spread,
                "confidence": row.confidence, "scores": json.dumps(row.scores),
                "texts": json.dumps(row.texts, ensure_ascii=False), "day": row.day,
                "late": row.late, "emergency": row.emergency,
                "marks": ";".join(review_marks(row, last, round_.venue.form)),
            }
            for row, last in ratings
        ],
        "rebuttals": [
            {"paper": row.paper, "to": to, "text": text, "mind": row.mind}
            for row in round_.all(Rebuttal)
            for to, text in row.replies.items()
        ],
        "meta_reviews": [
            {
                "paper": row.paper, "chair": row.chair if view.chairs else "", "score": row.score,
                "recommendation": row.recommendation, "text": row.text, "mind": row.mind,
            }
            for row in round_.all(MetaReview)
        ],
        "decisions": [_fields(row, "decisions") for row in round_.all(Decision)],
        "experiments": [_fields(row, "experiments") for row in round_.all(Experiment)],
    }  # fmt: skip


def _comments(view: View) -> Rows:
    return [
        _fields(row, "comments") | {"speaker": view.speaker(row.paper, row.agent, row.role)}
        for row in view.round.all(Comment)
    ]


def _advisory(view: View) -> Rows:
    return [
        {"paper": row.paper, "seen_by": row.seen_by, "mind": row.mind,
         "texts": json.dumps(row.texts, ensure_ascii=False)}
        for paper in view.round.all(Submission)
        for row in view.advisory(paper.paper)
    ]  # fmt: skip


def _drafts(view: View) -> Rows:
    return [
        {"paper": row.paper, "reviewer": row.reviewer, "rating": row.draft.rating,
         "scores": json.dumps(row.draft.scores), "feedback": row.draft.feedback,
         "texts": json.dumps(row.draft.texts, ensure_ascii=False)}
        for row in view.round.all(Review)
        if row.draft
    ]  # fmt: skip


def _paper(view: View, row: Submission) -> dict[str, Any]:
    desk, human = view.round.one(DeskCheck, row.paper), view.human(row.paper)
    return {
        "paper": row.paper, "title": row.title, "abstract": row.abstract,
        "keywords": ";".join(row.keywords), "topic": row.topic, "pages": row.pages,
        "source": row.source, "desk_rejected": bool(desk and not desk.passed),
        "desk_reasons": ";".join(desk.reasons) if desk else "",
        "desk_flags": ";".join(desk.flags) if desk and view.chairs else "",
        "human_ratings": json.dumps(human.ratings) if human and human.ratings else "",
        "human_accepted": human.accepted if human else None,
    }  # fmt: skip


def _offices(view: View) -> dict[str, Rows]:
    """The tables for chairs alone."""
    round_ = view.round
    people = [
        _fields(row, "people") | {"agent": row.id, "topics": ";".join(row.topics)}
        for row in round_.all(Agent)
    ]
    absences = [
        {"paper": row.paper, "agent": row.reviewer, "reason": row.reason}
        for row in round_.all(Absence)
    ]
    absences += [_fields(row, "absences") for row in round_.all(Failure)]
    return {
        "people": people,
        "assignments": [_fields(row, "assignments") for row in round_.all(Assignment)],
        "drafts": _drafts(view),
        "review_quality": [_fields(row, "review_quality") for row in round_.all(ReviewQuality)],
        "conflicts": [_fields(row, "conflicts") for row in round_.all(Conflict)],
        "absences": absences,
        "incidents": [_fields(row, "incidents") for row in round_.all(Incident)],
        "calls": list(calls_of(view)),
    }


def calls_of(view: View) -> Iterator[dict[str, Any]]:
    """The calls of language models, for chairs."""
    ledger = read_ledger(view.round.folder)
    try:
        for row in ledger.rows():
            if row.calls != b"[]":
                where = {"step": row.key.step, "agent": row.key.agent, "paper": row.key.paper}
                for call in calls_from_json(row.calls):
                    yield _fields(call, "calls") | where
    finally:
        ledger.close()


def _fields(record: Any, table: str) -> dict[str, Any]:
    return {name: getattr(record, name, None) for name in SCHEMA[table][1]}
