"""Made-up venue-years in our table format, and the command line as a user meets it."""

from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conference.app.cli import main
from conference.data.scales import scale_of

SCALE = (0, 2, 4, 6, 8, 10)
WORDS = ("graph", "noise", "policy", "kernel", "token", "prior", "margin", "sampler", "robust")


def venue_year(
    folder: Path, papers: int = 60, year: int = 2026, seed: int = 1, texts: bool = False
) -> pd.DataFrame:
    """Write papers.parquet and reviews.parquet of a venue-year with three or four ratings a paper.

    Returns one row a paper with its hidden quality, mean rating and decision, in order of ids.
    """
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=papers)
    ids = [f"p{number:04d}" for number in range(papers)]
    steps = np.array(scale_of("ICLR", year)[0] or SCALE)
    reviews: list[dict[str, Any]] = []
    means = []
    for paper, value in zip(ids, quality, strict=True):
        felt = 4.5 + 1.5 * value + rng.normal(0, 1.5, size=int(rng.integers(3, 5)))
        given = steps[np.abs(felt[:, None] - steps).argmin(axis=1)]
        means.append(given.mean())
        reviews += [
            {"paper_id": paper, "year": year, "reviewer": r, "rating": float(x)}
            for r, x in enumerate(given)
        ]
    accepted = np.array(means) > np.quantile(means, 0.6)
    rows = [
        {
            "paper_id": paper, "venue": "ICLR", "year": year, "title": f"Study {paper}",
            "abstract": " ".join(rng.choice(WORDS, int(rng.integers(40, 120)))),
            "primary_area": ("theory", "vision", "language")[number % 3],
            "status": "accepted" if accepted[number] else "rejected",
        }
        for number, paper in enumerate(ids)
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "papers.parquet")
    pd.DataFrame(reviews).to_parquet(folder / "reviews.parquet")
    if texts:
        bodies = [f"Body {'more ' * int(rng.integers(50, 500))}" for _ in ids]
        pd.DataFrame({"paper_id": ids, "text": bodies}).to_parquet(
            folder / f"fulltext_iclr{year}.parquet"
        )
    return pd.DataFrame({"paper_id": ids, "quality": quality, "mean": means, "accepted": accepted})


def scores(path: Path, table: pd.DataFrame, values: Any, **more: Any) -> Path:
    """A CSV of scores for `csv:FILE`."""
    frame = pd.DataFrame({"paper_id": table["paper_id"], "score": values, **more})
    frame.to_csv(path, index=False)
    return path


def conference(*arguments: object) -> tuple[int, str, str]:
    """`conference ...` in this process: the exit status, what was printed, what was complained."""
    out, complaint = io.StringIO(), io.StringIO()
    status = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(complaint):
        patch.setattr(sys, "argv", ["conference", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
    return status, out.getvalue(), complaint.getvalue()


def refused(*arguments: object) -> str:
    """The one sentence with which a command ends that cannot be done, after lines of progress."""
    status, _, complaint = conference(*arguments)
    shown = re.compile(r"\S.*: [\d,]+ (of [\d,]+|so far)(, [^.]*| in [\d:]+)?")
    lines = complaint.strip().splitlines()
    sentence = "\n".join(line for line in lines if not shown.fullmatch(line))
    assert status == 2, complaint
    assert "Traceback" not in sentence and "\n" not in sentence and sentence.endswith(".")
    return sentence
