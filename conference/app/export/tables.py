"""A round as tidy tables, one Parquet or CSV file each, with a dataset card and Croissant metadata.

Columns are described in `SCHEMA`, from which card and metadata are written. Agents have ids and no
names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from conference import __version__
from conference.app.export.view import View
from conference.core.files import writing
from conference.core.ledger import read_ledger
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
    HumanOutcome,
    Incident,
    MetaReview,
    Rebuttal,
    Review,
    Submission,
)
from conference.models.records import calls_from_json

Rows = list[dict[str, Any]]
# Of each table: what a row is, and what each column holds.
SCHEMA: dict[str, tuple[str, dict[str, str]]] = {
    "papers": ("a submission", {
        "paper": "the paper's id in this round", "title": "its title", "abstract": "its abstract",
        "keywords": "keywords, separated by semicolons", "topic": "its topic in the call",
        "pages": "pages of the PDF; 0 for a paper from a table",
        "source": "scientist, pdf or table", "desk_rejected": "whether the desk rejected it",
        "desk_reasons": "why, separated by semicolons",
        "desk_flags": "what the desk told the chair, separated by semicolons",
        "human_ratings": "what people rated it, as JSON; empty where unknown",
        "human_accepted": "whether people accepted it; empty where unknown",
    }),
    "reviews": ("a review", {
        "paper": "the paper's id", "reviewer": "the reviewer: its id for chairs, else R1, R2, …",
        "mind": "what wrote it", "rating_first": "its rating as handed in",
        "rating_last": "its rating after the discussion", "confidence": "its confidence",
        "scores": "all scores of the form, as JSON", "texts": "all text fields, as JSON",
        "day": "the simulated day on which it came", "late": "whether it came late",
        "emergency": "whether it replaces one that never came",
    }),
    "comments": ("a turn of the discussion", {
        "paper": "the paper's id", "speaker": "who wrote it", "turn": "the turn",
        "text": "the text",
        "rating_before": "the speaker's rating before", "rating_after": "and after it",
        "mind": "what wrote it",
    }),
    "rebuttals": ("the authors' answer to one reviewer", {
        "paper": "the paper's id", "to": "the reviewer answered", "text": "the answer",
        "mind": "what wrote it",
    }),
    "meta_reviews": ("an area chair's meta-review", {
        "paper": "the paper's id", "chair": "the chair's id, for chairs alone",
        "score": "its score",
        "recommendation": "accept or reject", "text": "the text", "mind": "what wrote it",
    }),
    "decisions": ("a decision", {
        "paper": "the paper's id", "accepted": "whether it was accepted",
        "presentation": "poster, spotlight or oral", "score": "what it was ranked by",
        "rank": "its rank, 1 for the first", "reason": "why", "award": "an award",
    }),
    "experiments": ("what a scientist ran for a paper", {
        "paper": "the paper's id", "template": "the research template",
        "hypothesis": "what was asked",
        "metric": "what was measured", "effect": "treatment − baseline",
        "effect_low": "its 95 % low",
        "effect_high": "its 95 % high", "conclusion": "what was concluded", "runs": "runs done",
    }),
    "people": ("an agent, for chairs alone", {
        "agent": "the agent's id", "role": "its role", "lab": "its lab", "persona": "its persona",
        "mind": "what it thinks with", "topics": "its topics, separated by semicolons",
    }),
    "assignments": ("an assignment, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "role": "reviewer or chair",
        "affinity": "affinity and weighted bid", "emergency": "whether it was made late",
    }),
    "conflicts": ("a conflict of interest, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "reason": "why it counts",
    }),
    "absences": ("a review or task that never came, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "reason": "why",
    }),
    "incidents": ("a breach that was stopped, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "kind": "what kind", "detail": "what",
    }),
    "calls": ("a call of a language model, for chairs alone", {
        "step": "the round's step", "agent": "the agent's id", "paper": "the paper's id",
        "purpose": "what it was for", "model": "the model", "revision": "its revision",
        "tokens_in": "tokens of the prompt", "tokens_out": "tokens of the answer",
        "seconds": "seconds", "cost": "cost", "problem": "why the answer was not used",
    }),
}  # fmt: skip
CHAIRS_ONLY = ("people", "assignments", "conflicts", "absences", "incidents", "calls")


def tables_of(view: View) -> dict[str, Any]:
    """The tables that a reader may see, as data frames by name; empty ones have their columns."""
    found = _threads(view)
    if view.chairs:
        found |= _offices(view)
    return {name: pd.DataFrame(rows, columns=list(SCHEMA[name][1])) for name, rows in found.items()}


def write_tables(view: View, out: Path, kind: str = "parquet") -> list[Path]:
    """Write every table as `NAME.parquet` or `NAME.csv`, README.md and croissant.json."""
    files = []
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in tables_of(view).items():
            path = out / f"{name}.{kind}"
            if kind == "parquet":
                frame.to_parquet(path)
            else:
                frame.to_csv(path, index=False)
            files.append(path)
        (out / "README.md").write_text(_card(view, files), encoding="utf-8")
        (out / "croissant.json").write_text(json.dumps(_croissant(view, files), indent=1))
    return files


def _threads(view: View) -> dict[str, Rows]:
    round_ = view.round
    ratings = [(row, round_.rating(row)) for row in round_.all(Review)]
    return {
        "papers": [_paper(view, row) for row in round_.all(Submission)],
        "reviews": [
            {
                "paper": row.paper, "reviewer": view.reviewer(row.paper, row.reviewer),
                "mind": row.mind, "rating_first": row.rating, "rating_last": last,
                "confidence": row.confidence, "scores": json.dumps(row.scores),
                "texts": json.dumps(row.texts, ensure_ascii=False), "day": row.day,
                "late": row.late, "emergency": row.emergency,
            }
            for row, last in ratings
        ],
        "comments": [
            {
                "paper": row.paper, "speaker": view.speaker(row.paper, row.agent, row.role),
                "turn": row.turn, "text": row.text, "rating_before": row.rating_before,
                "rating_after": row.rating_after, "mind": row.mind,
            }
            for row in round_.all(Comment)
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


def _paper(view: View, row: Submission) -> dict[str, Any]:
    desk, human = view.round.one(DeskCheck, row.paper), view.round.one(HumanOutcome, row.paper)
    return {
        "paper": row.paper, "title": row.title, "abstract": row.abstract,
        "keywords": ";".join(row.keywords), "topic": row.topic, "pages": row.pages,
        "source": row.source, "desk_rejected": bool(desk and not desk.passed),
        "desk_reasons": ";".join(desk.reasons) if desk else "",
        "desk_flags": ";".join(desk.flags) if desk else "",
        "human_ratings": json.dumps(human.ratings) if human and human.ratings else "",
        "human_accepted": human.accepted if human else None,
    }  # fmt: skip


def _offices(view: View) -> dict[str, Rows]:
    """What chairs alone see."""
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
        "conflicts": [_fields(row, "conflicts") for row in round_.all(Conflict)],
        "absences": absences,
        "incidents": [_fields(row, "incidents") for row in round_.all(Incident)],
        "calls": list(_calls(view)),
    }


def _calls(view: View) -> Iterator[dict[str, Any]]:
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


def _about(view: View) -> str:
    venue = view.round.venue
    return (
        f"A simulated round of {venue.title}, exported for {view.reader} by Conference "
        f"{__version__}. Minds: reviewers {venue.minds.reviewer}, chairs {venue.minds.chair}. "
        "Texts marked `embedded` were written by a statistical model."
    )


def _card(view: View, files: list[Path]) -> str:
    configs = "\n".join(f"- config_name: {path.stem}\n  data_files: {path.name}" for path in files)
    parts = [f"---\nconfigs:\n{configs}\n---\n\n# {view.round.venue.title}\n\n{_about(view)}\n"]
    for path in files:
        what, columns = SCHEMA[path.stem]
        rows = "\n".join(f"| {name} | {said} |" for name, said in columns.items())
        parts.append(
            f"## {path.stem}\n\nA row is {what}.\n\n| column | what |\n|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _croissant(view: View, files: list[Path]) -> dict[str, Any]:
    """Croissant 1.0 metadata (mlcommons.org/croissant)."""
    parquet = files[0].suffix == ".parquet"
    return {
        "@context": {
            "@vocab": "https://schema.org/", "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "conformsTo": "http://purl.org/dc/terms/conformsTo",
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": view.round.venue.name,
        "description": _about(view),
        "distribution": [
            {
                "@type": "cr:FileObject", "@id": path.name, "name": path.name,
                "contentUrl": path.name,
                "encodingFormat": "application/x-parquet" if parquet else "text/csv",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in files
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet", "@id": path.stem, "name": path.stem,
                "description": f"a row is {SCHEMA[path.stem][0]}",
                "field": [
                    {
                        "@type": "cr:Field", "@id": f"{path.stem}/{name}", "name": name,
                        "description": said,
                        "source": {"fileObject": {"@id": path.name}, "extract": {"column": name}},
                    }
                    for name, said in SCHEMA[path.stem][1].items()
                ],
            }
            for path in files
        ],
    }  # fmt: skip
