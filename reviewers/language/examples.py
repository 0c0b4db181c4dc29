"""Example reviews for a reviewer's prompt: from a file, or drawn from a dataset."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.files import keep_as
from conference.core.seeds import generator
from conference.data.reader import read
from conference.data.store import store_folder
from conference.data.tables import HumanReview, Paper
from conference.models.prompts import defused, render

PROMPTS = Path(__file__).parent / "prompts"
FOLDER = "examples"
LONGEST = 6000  # characters of an example paper's text
FEWEST = 60  # words that a drawn review must have


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's review of a paper: one line of an examples file.

    For drawn ones `paper` is its id and `dataset` its source.
    """

    title: str
    text: str
    review: dict[str, str | float | int]
    paper: str = ""
    dataset: str = ""


def names_dataset(examples: str) -> bool:
    """Whether a model's `examples` names a dataset, such as "iclr2022" or NAME@PLACE."""
    return bool(examples) and Path(examples).suffix != ".jsonl" and not Path(examples).is_file()


@cache
def examples_text(examples: str, count: int) -> str:
    """The first `count` examples as part of a prompt; "" for none.

    For a dataset, some of its reviews are drawn, which only serve to estimate the length.

    Raises:
        UserError: the file is missing, a line is wrong, or it has too few.
    """
    if not count:
        return ""
    if not examples:
        raise UserError(
            f"this preset shows its reviewer {count} example review(s); name a dataset of people's "
            "reviews, or a JSONL file (title, text, review), in the model's `examples`, or choose "
            "another preset."
        )
    drawn = names_dataset(examples)
    rows = draw(examples, count, 0) if drawn else read_examples(Path(examples))[:count]
    if len(rows) < count:
        raise UserError(f"{examples}: {count} example reviews are needed, but it has {len(rows)}.")
    return "\n\n".join(
        render(
            PROMPTS,
            "example",
            title=defused(row.title),
            text=defused(row.text),
            review=defused(json.dumps(row.review, ensure_ascii=False)),
        )
        for row in rows
    )


def read_examples(path: Path) -> list[Example]:
    """The examples in a JSONL file. Raises `UserError` if a line is wrong."""
    try:
        lines = [line for line in path.read_text().splitlines() if line.strip()]
        return [msgspec.json.decode(line, type=Example) for line in lines]
    except OSError as error:
        raise UserError(f"{path}: the examples cannot be read ({error.strerror}).") from error
    except msgspec.MsgspecError as error:
        raise UserError(f"{path}: {error}; each line needs title, text and review.") from error


def draw(
    examples: str, count: int, seed: int, under_review: Collection[str] = (), pages: str = "",
    store: Path | None = None,
) -> list[Example]:  # fmt: skip
    """`count` human reviews of different papers of the dataset, drawn with the seed.

    A paper whose title is in `under_review` or in the text `pages` is never drawn.

    Raises:
        UserError: there is no such dataset, or too few of its reviews have enough words.
    """
    name, _, place = examples.partition("@")
    dataset, _ = read(Path(place) if place else store_folder(store), name)
    shut, shown = {_plain(title) for title in under_review}, _plain(pages)
    papers = {
        paper.paper_id: paper
        for paper in dataset.papers
        if (paper.shown_text or paper.abstract)
        and _plain(paper.title) not in shut
        and not (shown and _plain(paper.title) in shown)
    }
    reviews: dict[str, list[HumanReview]] = {}
    for review in dataset.reviews:
        words = sum(len(text.split()) for text in review.texts.values())
        if review.paper_id in papers and review.rating is not None and words >= FEWEST:
            reviews.setdefault(review.paper_id, []).append(review)
    if len(reviews) < count:
        raise UserError(
            f"examples = '{examples}': {count} example review(s) are wanted, and {len(reviews)} "
            f"of its papers that are not under review have one of {FEWEST} words or more; name "
            "another dataset."
        )
    rng = generator(seed, "examples", examples)
    chosen = rng.permutation(sorted(reviews))[:count]
    said = [(papers[str(paper)], reviews[str(paper)]) for paper in chosen]
    return [
        _example(paper, given[int(rng.integers(len(given)))], dataset.name) for paper, given in said
    ]


def keep_drawn(rows: Iterable[Example], examples: str, folder: Path) -> Path:
    """Write the drawn examples to a file in the folder; return its path."""
    lines = b"\n".join(msgspec.json.encode(row) for row in rows) + b"\n"
    name = re.sub(r"[^A-Za-z0-9.-]", "_", examples)
    path = folder / FOLDER / f"{name}-{hashlib.sha256(lines).hexdigest()[:8]}.jsonl"
    keep_as(path, lines)
    return path


def _example(paper: Paper, review: HumanReview, dataset: str) -> Example:
    text = paper.shown_text or f"Abstract\n{paper.abstract}"
    said: dict[str, Any] = {**review.texts, **review.scores, "rating": review.rating}
    if review.confidence is not None:
        said["confidence"] = review.confidence
    return Example(paper.title, text[:LONGEST], said, paper.paper_id, dataset)


def _plain(text: str) -> str:
    """Only a text's letters and digits, so that line ends and hyphens do not hide a title."""
    return re.sub(r"[\W_]+", "", text).lower()
