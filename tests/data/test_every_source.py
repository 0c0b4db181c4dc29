"""Every kind of source, from its import through a round, a benchmark and a training."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conference.core.records import HumanOutcome, Review, Submission
from conference.data.store import load
from conference.data.tables import Dataset
from reviewers.quality.model import load as load_model
from reviewers.train import quality
from tests.benchmarks.made import WORDS, conference, scores, venue_year
from tests.data.test_commands import pdf, said
from tests.data.test_openreview import ANSWERS, address, server  # noqa: F401
from venues.papers import open_papers
from venues.round import load_round
from venues.venue_file import load_venue

PAPERS = 24
INSTANT = ("--chair", "instant", "--scientist", "instant", "--hosts", 0)


def title(number: int) -> str:
    """A title of several words."""
    return f"Study {number} of the {' '.join(np.random.default_rng(number).choice(WORDS, 4))}"


def abstract(number: int) -> str:
    """An abstract with words of its own."""
    words = np.random.default_rng(number).choice(WORDS, 45)
    return f"We measure how seed {number} changes networks. {' '.join(words)}."


def openreview(api: int) -> Callable[[Path, Any], list[object]]:
    """Submissions like the recorded ones of an API version."""

    def make(folder: Path, served: ThreadingHTTPServer) -> list[object]:
        served.api = f"v{api}"  # type: ignore[attr-defined]
        kind = "Submission" if api == 2 else "Blind_Submission"
        known = json.loads((ANSWERS / f"v{api}_{kind}.json").read_text())[:2]
        if api == 1:  # The recorded rejected paper has one review: too few to learn from.
            known[1] = json.loads(json.dumps(known[0]).replace("Accept (Oral)", "Reject"))
        notes = []
        for number in range(PAPERS):
            text = json.dumps(known[number % 2])
            note = json.loads(text.replace(known[number % 2]["id"], f"p{number}"))
            told = {"title": title(number), "abstract": abstract(number)}
            note["content"] |= {k: {"value": v} for k, v in told.items()} if api == 2 else told
            for place, reply in enumerate(note["details"]["replies"]):
                if "rating" in reply["content"]:
                    rating = (3, 5, 6, 8)[(number // 2 + place % 2) % 4]
                    reply["content"]["rating"] = {"value": rating} if api == 2 else f"{rating}: so"
            notes.append(note)
        served.given |= {kind: notes, "Withdrawn_Submission": []}  # type: ignore[attr-defined]
        year = 2024 if api == 2 else 2021
        return [
            "openreview", f"ICLR.cc/{year}/Conference", "--url", address(served), "--pause", 0,
            "--api", api,
        ]  # fmt: skip

    return make


def tables(folder: Path, served: object) -> list[object]:
    venue_year(folder, papers=PAPERS, texts=True)
    frame = pd.read_parquet(folder / "papers.parquet")
    frame.assign(title=[*map(title, range(PAPERS))]).to_parquet(folder / "papers.parquet")
    return ["table", folder]


def peerread(folder: Path, served: object) -> list[object]:
    section = folder / "iclr_2017" / "train"
    (section / "reviews").mkdir(parents=True)
    (section / "parsed_pdfs").mkdir()
    for number in range(PAPERS):
        reviews = [
            {"comments": f"Review of {number}", "RECOMMENDATION": rating, "REVIEWER_CONFIDENCE": 4}
            for rating in (3 + number % 6, 4 + number % 5)
        ]
        record = {
            "id": str(number), "title": title(number), "abstract": abstract(number),
            "accepted": number % 6 > 2, "reviews": reviews,
        }  # fmt: skip
        (section / "reviews" / f"{number}.json").write_text(json.dumps(record))
    return ["peerread", folder / "iclr_2017"]


def ai_scientist(folder: Path, served: object) -> list[object]:
    rows = [
        {
            "paper_id": f"p{number}", "title": title(number), "abstract": abstract(number),
            "0": (3, 5, 6, 8)[number % 4], "1": (3, 6, 6, 8)[number % 4],
            "decision": "Accept (Poster)" if number % 4 > 1 else "Reject",
        }
        for number in range(PAPERS)
    ]  # fmt: skip
    folder.mkdir()
    pd.DataFrame(rows).to_csv(folder / "ratings_subset.tsv", sep="\t", index=False)
    return ["ai-scientist", folder / "ratings_subset.tsv"]


def pdfs(folder: Path, served: object) -> list[object]:
    folder.mkdir()
    lines = ["file,rating,confidence,decision,abstract,review"]
    for number in range(PAPERS):
        pdf(folder / f"p{number}.pdf", title(number))
        decision = "accept" if number % 6 > 2 else "reject"
        lines += [
            f"p{number}.pdf,{rating},3,{decision},{abstract(number)},Words of {number}."
            for rating in (3 + number % 6, 4 + number % 5)
        ]
    (folder / "ratings.csv").write_text("\n".join(lines))
    return [
        "pdfs", folder, "--ratings", folder / "ratings.csv", "--scale", "1-10", "--venue", "Lab",
        "--year", 2027, "--text-version", "reviewed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "venue"),
    [
        (openreview(1), "iclr2021"),
        (openreview(2), "iclr2024"),
        (tables, "iclr2026"),
        (peerread, "iclr2017"),
        (ai_scientist, "iclr2022"),
        (pdfs, "iclr2021"),
    ],
    ids=["openreview-1", "openreview-2", "tables", "peerread", "ai-scientist", "pdfs"],
)
def test_an_import_serves_round_benchmark_and_training(
    make: Callable[[Path, Any], list[object]],
    venue: str,
    tmp_path: Path,
    server: ThreadingHTTPServer,  # noqa: F811
) -> None:
    store = tmp_path / "store"
    out = said("data", "import", *make(tmp_path / "source", server), "--store", store)
    assert f"{PAPERS} papers" in out
    (name,) = (path.name for path in store.iterdir() if not path.name.startswith("."))
    dataset = load(name, store)
    _round(dataset, store / name, venue, tmp_path / "run")
    _benchmark(dataset, store, tmp_path)
    quality.callback(store / name, 2030, tmp_path / "fit.npz")  # type: ignore[misc]
    card = load_model(tmp_path / "fit.npz").card
    assert card["papers"] == card["abstracts"] >= PAPERS // 2


def _round(dataset: Dataset, place: Path, venue: str, out: Path) -> None:
    """Real people's ratings, confidences, words, decisions and topics come through a round."""
    status, printed, complaint = conference(
        "run", venue, "--papers", place, "--out", out, "--reviewer", "human", *INSTANT
    )
    assert status == 0, complaint
    round_ = load_round(out)
    papers = {paper.paper_id: paper for paper in dataset.papers}
    given = dataset.ratings()
    assert {paper.paper for paper in round_.all(Submission)} == set(papers)
    for human in round_.all(HumanOutcome):
        paper = papers[human.paper]
        theirs = [review for review in dataset.reviews if review.paper_id == human.paper]
        assert list(human.ratings) == list(given[human.paper])
        assert human.accepted is paper.accepted and human.topic == paper.topic
        for field, values in (
            ("rating_initial", human.first_ratings),
            ("confidence", human.confidences),
        ):
            known = [getattr(review, field) for review in theirs]
            assert list(values) == (known if any(v is not None for v in known) else [])
        if texts := [review.texts for review in theirs if review.texts]:
            assert list(human.texts) == texts
            replayed = [review.texts for review in round_.of(Review, human.paper)]
            assert not replayed or next(iter(texts[0].values())) in str(replayed)
    source = open_papers(place, load_venue(venue))
    shown = sum(row.text is not None for row in source.table)
    assert shown == sum(paper.text_version == "reviewed" for paper in dataset.papers)
    if shown < sum(paper.text is not None for paper in dataset.papers):
        assert "reviewers do not see" in " ".join(printed.split())


def _benchmark(dataset: Dataset, store: Path, folder: Path) -> None:
    table = pd.DataFrame({"paper_id": [paper.paper_id for paper in dataset.papers]})
    file = scores(folder / "scores.csv", table, range(len(table)))
    status, out, complaint = conference(
        "benchmark", "--data", f"{dataset.name}@{store}", "--reviewer", f"csv:{file}",
        "--resamples", 0, "--out", folder / "benchmark",
    )  # fmt: skip
    assert status == 0, complaint
    assert f"{PAPERS} papers" in out
