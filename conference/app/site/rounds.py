"""The report over several rounds of one venue: what changed from round to round."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.app.site.plots import BLUE, GREY
from conference.core.files import writing
from conference.core.records import Decision, Experiment, Submission
from conference.literature.novelty import nearness_within
from venues.state import Round

SHARE = (-0.03, 1.03)  # limits of a plot


class RoundRow(msgspec.Struct, frozen=True):
    """One round in figures; `_sd` are standard deviations over its papers.

    `novelty` is the mean novelty of its new papers' questions against the earlier papers and works
    that their authors knew of, None if there were none. `distinct` is 1 minus the nearness of a
    hypothesis to the nearest other one of the round, averaged. `effect` is the share of clear
    effects. `diversity` is the entropy of the ideas in bits. See `conference.literature.novelty`.
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
    back = {paper.paper for paper in round_.all(Submission) if paper.version > 1}
    new = [row for row in experiments if row.paper not in back and row.novelty is not None]
    compared = any(row.novelty_nearest for row in new)
    novelty = [row.novelty for row in new if row.novelty is not None and compared]
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
    """The share of studies whose interval excludes zero, which selection could drive up."""
    if not experiments:
        return None
    clear = [row.effect_low > 0 or row.effect_high < 0 for row in experiments]
    return float(np.mean(clear))


def _distinct(experiments: list[Experiment]) -> float | None:
    """The mean distance of hypotheses from the nearest other one, in [0, 1]."""
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

    from conference.app.site.pages import SITE, TEMPLATES, beside_link, environment

    rows = round_rows(rounds)
    site = out / SITE
    with writing(site):
        site.mkdir(parents=True, exist_ok=True)
        drawn = _draw(rows, site / "rounds.svg")
        page = (
            environment()
            .get_template("rounds.html.j2")
            .render(
                rows=rows,
                venue=rounds[-1].venue,
                seed=rounds[-1].seed,
                root="",
                drawn=drawn,
                beside=beside_link(site),
            )
        )
        (site / "index.html").write_text(page, encoding="utf-8")
        (site / "rounds.json").write_bytes(msgspec.json.encode(rows))
        shutil.copyfile(TEMPLATES / "style.css", site / "style.css")
    return site / "index.html"


class Series(msgspec.Struct, frozen=True):
    """One figure over the rounds: its values, error bars, and the limits of its plot."""

    name: str
    values: list[float | None]
    errors: list[float]
    limits: tuple[float | None, float | None]


def _series(rows: list[RoundRow]) -> list[Series]:
    """The figures that at least one round has."""
    of_ratings = [_error(row.rating_sd, row.papers) for row in rows]
    of_novelty = [_error(row.novelty_sd, row.papers - row.resubmitted) for row in rows]
    found = [
        Series("mean rating", [row.rating for row in rows], of_ratings, (None, None)),
        Series("novelty", [row.novelty for row in rows], of_novelty, SHARE),
        Series("distinct within the round", [row.distinct for row in rows], [], SHARE),
        Series("diversity of ideas, bits", [row.diversity for row in rows], [], (0.0, None)),
        Series("share of clear effects", [row.effect for row in rows], [], SHARE),
    ]
    return [each for each in found if any(value is not None for value in each.values)]


def _draw(rows: list[RoundRow], path: Path) -> bool:
    """Plot the rounds' figures; return whether there were any."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    series = _series(rows)
    if not series:
        return False
    numbers = [row.number for row in rows]
    style: Any = {
        "svg.hashsalt": "conference", "font.size": 10,
        "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        figure, axes = plt.subplots(
            1, len(series), figsize=(2.8 * len(series), 2.9), layout="constrained", squeeze=False
        )
        for axis, each in zip(axes[0], series, strict=True):
            heights = [np.nan if value is None else value for value in each.values]
            axis.errorbar(
                numbers, heights, each.errors or None, fmt="o-", color=BLUE, ecolor=GREY,
                capsize=3, clip_on=False,
            )  # fmt: skip
            axis.set(title=each.name, xlabel="round", xticks=numbers, xlim=(0.5, len(rows) + 0.5))
            axis.set_ylim(*each.limits)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
    return True


def _error(deviation: float | None, count: int) -> float:
    """Two standard errors of a mean."""
    return 2 * deviation / count**0.5 if deviation is not None and count else 0.0
