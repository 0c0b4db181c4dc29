"""The report over several rounds of one venue: what changed from round to round."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.novelty import nearness_within
from conference.records import Decision, Experiment, Submission
from conference.site.plots import BLUE, GREY
from venues.state import Round

SHARE, FREE = (-0.03, 1.03), (None, None)  # limits of a plot


class RoundRow(msgspec.Struct, frozen=True):
    """One round in figures; `_sd` are standard deviations over its papers.

    `novelty` is that of its questions against the earlier papers and works that their authors knew
    of, None where there were none. `distinct` is 1 less the nearness of a hypothesis to the nearest
    one of the same round, the mean of all; `diversity` is the entropy of the ideas in bits. See
    `conference.novelty`.
    """

    number: int
    folder: str
    papers: int
    accepted: int
    resubmitted: int
    rating: float | None
    rating_sd: float | None
    effect: float | None
    novelty: float | None
    novelty_sd: float | None
    distinct: float | None
    diversity: float | None
    ideas: int


def round_rows(rounds: list[Round]) -> list[RoundRow]:
    """The figures of each round, in order."""
    return [_row(number, round_) for number, round_ in enumerate(rounds, 1)]


def _row(number: int, round_: Round) -> RoundRow:
    means = [float(np.mean(r)) for p in round_.papers() if (r := round_.ratings(p.paper))]
    experiments = round_.all(Experiment)
    compared = any(row.novelty_nearest for row in experiments)
    novelty = [row.novelty for row in experiments if row.novelty is not None and compared]
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
        novelty_sd=float(np.std(novelty)) if novelty else None,
        distinct=_distinct(experiments),
        diversity=_entropy(ideas) if ideas else None,
        ideas=len(ideas),
    )


def _share_positive(experiments: list[Experiment]) -> float | None:
    """The share of studies whose interval leaves out zero: what selection could drive up."""
    if not experiments:
        return None
    clear = [row.effect_low > 0 or row.effect_high < 0 for row in experiments]
    return float(np.mean(clear))


def _distinct(experiments: list[Experiment]) -> float | None:
    """How far hypotheses are from the nearest one beside them, in [0, 1]."""
    if len(experiments) < 2:
        return None
    return 1 - float(np.mean(nearness_within([row.hypothesis for row in experiments])))


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
    drawn = _draw(rows, site / "rounds.svg")
    page = (
        environment()
        .get_template("rounds.html.j2")
        .render(rows=rows, venue=rounds[-1].venue, seed=rounds[-1].seed, root="", drawn=drawn)
    )
    (site / "index.html").write_text(page, encoding="utf-8")
    (site / "rounds.json").write_bytes(msgspec.json.encode(rows))
    shutil.copyfile(TEMPLATES / "style.css", site / "style.css")
    return site / "index.html"


def _draw(rows: list[RoundRow], path: Path) -> bool:
    """Draw what is known of the rounds; False for nothing."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # Each with the errors of its means, and the least and most that it can be.
    series: list[tuple[str, list[float | None], list[float], tuple[float | None, float | None]]] = [
        ("mean rating", [r.rating for r in rows], [_error(r, r.rating_sd) for r in rows], FREE),
        ("novelty", [r.novelty for r in rows], [_error(r, r.novelty_sd) for r in rows], SHARE),
        ("distinct within the round", [r.distinct for r in rows], [], SHARE),
        ("diversity of ideas, bits", [r.diversity for r in rows], [], (0.0, None)),
        ("share of clear effects", [r.effect for r in rows], [], SHARE),
    ]
    known = [row for row in series if any(value is not None for value in row[1])]
    if not known:
        return False
    numbers = [row.number for row in rows]
    style: Any = {
        "svg.hashsalt": "conference", "font.size": 10,
        "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        figure, axes = plt.subplots(
            1, len(known), figsize=(2.8 * len(known), 2.9), layout="constrained", squeeze=False
        )
        for axis, (name, values, errors, limits) in zip(axes[0], known, strict=True):
            heights = [np.nan if value is None else value for value in values]
            axis.errorbar(
                numbers, heights, errors or None, fmt="o-", color=BLUE, ecolor=GREY, capsize=3
            )
            axis.set(title=name, xlabel="round", xticks=numbers, xlim=(0.5, len(rows) + 0.5))
            axis.set_ylim(*limits)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
    return True


def _error(row: RoundRow, deviation: float | None) -> float:
    """Two standard errors of a mean over a round's papers."""
    return 2 * deviation / row.papers**0.5 if deviation is not None and row.papers else 0.0
