"""The report over several rounds of one venue: what changed from round to round."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.records import Decision, Experiment, Submission
from venues.state import Round


class RoundRow(msgspec.Struct, frozen=True):
    """One round in figures. `diversity` is the entropy of the ideas in bits."""

    number: int
    folder: str
    papers: int
    accepted: int
    resubmitted: int
    rating: float | None
    rating_sd: float | None
    effect: float | None
    novelty: float | None
    diversity: float | None
    ideas: int


def round_rows(rounds: list[Round]) -> list[RoundRow]:
    """The figures of each round, in order."""
    return [_row(number, round_) for number, round_ in enumerate(rounds, 1)]


def _row(number: int, round_: Round) -> RoundRow:
    means = [float(np.mean(r)) for p in round_.papers() if (r := round_.ratings(p.paper))]
    experiments = round_.all(Experiment)
    novelty = [row.novelty for row in experiments if row.novelty is not None]
    ideas = Counter(f"{row.template}/{row.idea}" for row in experiments)
    return RoundRow(
        number=number,
        folder=round_.folder.name,
        papers=len(round_.all(Submission)),
        accepted=sum(decision.accepted for decision in round_.all(Decision)),
        resubmitted=sum(paper.version > 1 for paper in round_.all(Submission)),
        rating=float(np.mean(means)) if means else None,
        rating_sd=float(np.std(means)) if means else None,
        effect=_share_positive(experiments),
        novelty=float(np.mean(novelty)) if novelty else None,
        diversity=_entropy(ideas) if ideas else None,
        ideas=len(ideas),
    )


def _share_positive(experiments: list[Experiment]) -> float | None:
    """The share of studies whose interval leaves out zero: what selection could drive up."""
    if not experiments:
        return None
    clear = [row.effect_low > 0 or row.effect_high < 0 for row in experiments]
    return float(np.mean(clear))


def _entropy(ideas: Counter[str]) -> float:
    """Shannon entropy in bits."""
    shares = np.array(list(ideas.values())) / sum(ideas.values())
    return float(abs((shares * np.log2(shares)).sum()))


def write_rounds(out: Path, rounds: list[Round]) -> Path:
    """Write the report over all rounds to `out/site` and return its page."""
    import shutil

    from conference.site.pages import SITE, TEMPLATES, environment

    rows = round_rows(rounds)
    site = out / SITE
    site.mkdir(parents=True, exist_ok=True)
    _draw(rows, site / "rounds.svg")
    page = (
        environment()
        .get_template("rounds.html.j2")
        .render(rows=rows, venue=rounds[-1].venue, seed=rounds[-1].seed, root="", compared=None)
    )
    (site / "index.html").write_text(page, encoding="utf-8")
    (site / "rounds.json").write_bytes(msgspec.json.encode(rows))
    shutil.copyfile(TEMPLATES / "style.css", site / "style.css")
    return site / "index.html"


def _draw(rows: list[RoundRow], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    series: list[tuple[str, list[Any]]] = [
        ("mean rating", [row.rating for row in rows]),
        ("novelty", [row.novelty for row in rows]),
        ("diversity of ideas, bits", [row.diversity for row in rows]),
        ("share of clear effects", [row.effect for row in rows]),
    ]
    with matplotlib.rc_context({"svg.hashsalt": "conference", "font.size": 11}):
        figure, axes = plt.subplots(1, len(series), figsize=(12, 3), layout="constrained")
        for axis, (name, values) in zip(axes, series, strict=True):
            axis.plot([row.number for row in rows], values, "o-", color="#1f5f8b")
            axis.set(title=name, xlabel="round", xticks=[row.number for row in rows])
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
