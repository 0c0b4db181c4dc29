"""Are the studies' p values and intervals right? python -m benchmarks.studies.simulation

Simulates whole studies with a known truth. With a treatment that does nothing, to any paper or on
average, it counts how often p is at or below .05 and tests whether p is uniform; with a planted
effect, it counts how often the interval covers it. Scores have paper effects, round effects, noise
that the arms share (common random numbers) and noise that they do not; a treatment acts somewhat
differently on each paper and in each round. A plain bootstrap over papers and replicates is run for
comparison, to show why it is not used.
"""

from __future__ import annotations

import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
from scipy import stats

from benchmarks.studies.paired import FLIPS, flip_interval, sign_flip
from conference.core.seeds import generator
from conference.statistics.estimate import Floats

ALPHA = 0.05
RESAMPLES = 400
RIGHT_RATE, RIGHT_COVER = (0.04, 0.06), (0.93, 0.97)


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of simulated study; standard deviations are in units of the papers' quality.

    `paper` and `round` are SDs of the treatment's effect between papers and rounds, `shared` of the
    noise that both arms share, `own` of each arm's own noise. `drawn` is the share of units in each
    replicate; `bar` turns scores into decisions (accepted above it).
    """

    name: str
    units: int
    replicates: int
    paper: float = 0.2
    round: float = 0.1
    shared: float = 0.8
    own: float = 0.5
    drawn: float = 1.0
    heavy: bool = False
    bar: float | None = None


WORLDS = (
    World(name="papers × rounds, as a study of ICLR 2022's size", units=300, replicates=20),
    World(name="few papers", units=40, replicates=20),
    World(name="few replicates", units=100, replicates=8),
    World(name="rounds differ much", units=60, replicates=12, paper=0.3, round=0.4),
    World(name="the treatment acts on each paper alike", units=60, replicates=12, paper=0, round=0),
    World(name="no shared noise (as A/A)", units=100, replicates=12, shared=0, own=1),
    World(name="heavy tails (t with 3 degrees)", units=60, replicates=12, heavy=True),
    World(name="decisions (0 or 1)", units=150, replicates=12, bar=0.7),
    World(name="reviewers who miss rounds", units=120, replicates=12, drawn=0.6),
    World(name="too few replicates to flip", units=100, replicates=4),
    World(name="papers differ much", units=60, replicates=10, paper=0.4, round=0.05),
    World(name="one value a round", units=1, replicates=20, paper=0, round=0.3),
    World(name="one replicate", units=80, replicates=1, round=0),
)
EFFECT = 0.25


class Null(msgspec.Struct, frozen=True):
    """The p of studies without an effect: how many are at or below alpha, the largest distance
    from the uniform distribution, and the p of a test for uniformity."""

    studies: int
    significant: int
    strays: float
    uniform: float

    @property
    def rate(self) -> float:
        return self.significant / self.studies


class Found(msgspec.Struct, frozen=True):
    """Counts over a world's studies. `nothing` is for a treatment that does nothing to any paper,
    `average` for one that helps some papers and rounds and harms others by as much."""

    world: str
    flipped: bool
    studies: int
    nothing: Null
    average: Null
    covered: int
    bootstrap_covered: int

    @property
    def right(self) -> str:
        """Whether all shares are in their right ranges: "yes", "safe" (conservative) or "no"."""
        cover = self.covered / self.studies
        if not within(cover, RIGHT_COVER) or max(self.nothing.rate, self.average.rate) > 0.06:
            return "no"
        inside = all(within(null.rate, RIGHT_RATE) for null in (self.nothing, self.average))
        return "yes" if inside else "safe"


def within(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= value <= ends[1]


def draw(world: World, effect: float, rng: np.random.Generator) -> Floats:
    """Treatment − control of a simulated study, units × replicates, NaN for an absent unit."""
    shape = (world.units, world.replicates)

    def noise() -> Floats:
        drawn = rng.standard_t(3, shape) / 3**0.5 if world.heavy else rng.normal(size=shape)
        return np.asarray(drawn, dtype=np.float64)

    quality = rng.normal(size=(world.units, 1)) + 0.3 * rng.normal(size=(1, world.replicates))
    common = quality + world.shared * noise()
    control = common + world.own * noise()
    acts = world.paper * rng.normal(size=(world.units, 1))
    acts = acts + world.round * rng.normal(size=(1, world.replicates))
    treatment = common + acts + effect + world.own * noise()
    if world.bar is not None:
        control, treatment = (
            (score > world.bar).astype(np.float64) for score in (control, treatment)
        )
    values = treatment - control
    return np.where(rng.random(shape) < world.drawn, values, np.nan)


def truth(world: World, effect: float) -> float:
    """The true mean difference: `effect` itself, or the change of the share above the bar."""
    if world.bar is None:
        return effect
    base = 1 + 0.3**2 + world.shared**2 + world.own**2
    moved = base + world.paper**2 + world.round**2
    above = stats.norm.sf(world.bar - effect, scale=moved**0.5)
    return float(above - stats.norm.sf(world.bar, scale=base**0.5))


def null_effect(world: World) -> float:
    """The effect with a true mean difference of 0. With a bar, an effect that differs between
    papers moves some over it by its spread alone; this compensates for that."""
    if world.bar is None:
        return 0.0
    base = 1 + 0.3**2 + world.shared**2 + world.own**2
    moved = base + world.paper**2 + world.round**2
    return float(world.bar * (1 - (moved / base) ** 0.5))


def _drawn_with_replacement(rng: np.random.Generator, count: int) -> Floats:
    """How often each of `count` is drawn, RESAMPLES × count."""
    drawn = rng.integers(0, count, (RESAMPLES, count)) + count * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * count)
    return counts.reshape(RESAMPLES, count).astype(np.float64)


def bootstrap_interval(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """The interval of a percentile bootstrap over units and replicates."""
    units, replicates = values.shape
    by_unit, by_replicate = (_drawn_with_replacement(rng, n) for n in (units, replicates))
    sums = ((by_unit @ np.nan_to_num(values)) * by_replicate).sum(axis=1)
    counts = ((by_unit @ np.isfinite(values)) * by_replicate).sum(axis=1)
    low, high = np.quantile(sums / counts, [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)


def nulls_of(world: World, count: int, seed: int, flips: int) -> Null:
    """The p values of `count` studies of a treatment that does nothing."""
    ps = np.empty(count)
    for number in range(count):
        rng = generator(seed, "study without an effect", world.name, world.paper, number)
        ps[number] = sign_flip(draw(world, null_effect(world), rng), number, flips)[0]
    apart = stats.kstest(ps, "uniform")
    return Null(count, int((ps <= ALPHA).sum()), float(apart.statistic), float(apart.pvalue))


def simulate(world: World, studies: int, nulls: int, seed: int = 0, flips: int = FLIPS) -> Found:
    """Simulate `nulls` studies of each kind without an effect, and `studies` with one."""
    covered, plain, planted = 0, 0, truth(world, EFFECT)
    average = nulls_of(world, nulls, seed, flips)
    same = msgspec.structs.replace(world, paper=0.0, round=0.0)
    for number in range(studies):
        rng = generator(seed, "simulated study", world.name, number)
        values = draw(world, EFFECT, rng)
        covered += within(planted, flip_interval(values, ALPHA, number, flips))
        plain += within(planted, bootstrap_interval(values, rng))
    return Found(
        world=world.name,
        flipped="flip" in sign_flip(values, 0, flips)[1].partition("(")[0],
        studies=studies,
        nothing=average if same == world else nulls_of(same, nulls, seed, flips),
        average=average,
        covered=covered,
        bootstrap_covered=plain,
    )


def report(found: list[Found], command: str, seconds: float, flips: int) -> str:
    """The report in Markdown."""
    studies, nulls = found[0].studies, found[0].nothing.studies
    spread = 1.96 * (0.95 * 0.05 / studies) ** 0.5
    said = [each.right for each in found]
    low = min(found, key=lambda each: each.bootstrap_covered)
    high = max(found, key=lambda each: each.bootstrap_covered)
    lines = [
        "# Are the studies' statistics right?",
        "",
        f"`{command}` on {platform.machine()}, {os.cpu_count()} cores, {seconds:.0f} s of a CPU: "
        f"in each row {nulls:,} simulated studies of a treatment that does nothing to any paper, "
        f"{nulls:,} of one that does nothing on average, and {studies:,} of one with an effect; "
        f"{flips:,} sign flips per study.",
        "",
        "Each study has papers of their own quality, rounds that differ, noise that the arms share "
        "(common random numbers) and noise that they do not. *Nothing*: the treatment changes no "
        "paper. *Nothing on average*: it helps some papers and rounds and harms others by as much. "
        "Both have the share of studies with p ≤ .05 (right: 4 to 6 %) with its 95 % Wilson "
        "interval, and the largest distance of the distribution of p from the uniform one, with "
        "the p of a Kolmogorov-Smirnov test for uniformity. *Covered* is the share of 95 % "
        "intervals that hold the planted effect, when the treatment acts somewhat differently on "
        "each paper and in each round (right: 93 to 97 %; chance alone moves it by "
        f"± {100 * spread:.1f} points). *Right*: yes; safe, if the share is below 4 %, so that "
        "too little is found; or no.",
        "",
        "| study | test | nothing: p ≤ .05 | off uniform | nothing on average: p ≤ .05 | "
        "off uniform | covered | covered by a plain bootstrap | right |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {each.world} | {'flips' if each.flipped else 't'} | {_share(each.nothing)} | "
            f"{_strays(each.nothing)} | {_share(each.average)} | {_strays(each.average)} | "
            f"{each.covered / studies:.1%} | {each.bootstrap_covered / studies:.1%} | "
            f"{each.right} |"
            for each in found
        ),
        "",
        "The flips are exact for a treatment that does nothing to any paper, whatever the "
        "scores: p is off uniform only by chance and by its own steps, which are larger where "
        "flips tie, as with decisions. If a treatment does nothing only on average, the mean "
        "effect on the drawn papers is the same in all replicates, and flips of replicates do not "
        "draw other papers. The division by the two-way error then keeps the share at .05, but "
        "the rest of the distribution is right only in large samples, the less so the more papers "
        "differ relative to other noise. A study's report says so next to its p.",
        "",
        "Fewer than ten replicates are not flipped, since few flips cannot reach .05 after Holm's "
        "correction; the clustered t test is used. It estimates no variance component below zero, "
        "so it is conservative when a treatment does nothing at all.",
        "",
        f"Of {len(found)} rows {said.count('yes')} are right, {said.count('safe')} safe and "
        f"{said.count('no')} wrong. The plain bootstrap, which draws papers and "
        f"replicates with replacement, covers {low.bootstrap_covered / studies:.1%} "
        f"({low.world}) to {high.bootstrap_covered / studies:.1%} ({high.world}): it has no t "
        "quantiles for few replicates, and counts the noise of single papers three times (Owen "
        "2007). So a study's interval holds the effects that a studentised sign flip of replicates "
        "does not reject; with fewer than ten replicates or one value per round it is a t interval "
        "with the two-way clustered error.",
    ]
    return "\n".join(lines) + "\n"


def _strays(null: Null) -> str:
    return f"{100 * null.strays:.1f} points (p {null.uniform:.3f})"


def _share(null: Null) -> str:
    """A share in percent with its 95 % interval."""
    ends = stats.binomtest(null.significant, null.studies).proportion_ci(method="wilson")
    return f"{null.rate:.1%} [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"


def _timed(*given: Any) -> tuple[Found, float]:
    start = time.process_time()
    return simulate(*given), time.process_time() - start


@click.command()
@click.option("--studies", default=2000, show_default=True, help="Studies with an effect per row.")
@click.option("--nulls", default=10000, show_default=True, help="Studies without one per row.")
@click.option("--flips", default=999, show_default=True, help="Sign flips per study.")
@click.option("--seed", default=0, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(studies: int, nulls: int, flips: int, seed: int, workers: int, write: Path | None) -> None:
    """Simulate studies whose truth is known and count how often the statistics are right."""
    found, seconds = [], 0.0
    with ProcessPoolExecutor(workers) as pool:
        done = [pool.submit(_timed, world, studies, nulls, seed, flips) for world in WORLDS]
        for number, each in enumerate(done, start=1):
            counted, took = each.result()
            found.append(counted)
            seconds += took
            click.echo(f"{number} of {len(WORLDS)}, {took:.0f} s: {counted.world}", err=True)
    command = "python -m benchmarks.studies.simulation"
    command += f" --studies {studies} --nulls {nulls} --flips {flips} --seed {seed}"
    text = report(found, command, seconds, flips)
    click.echo(text)
    if write:
        write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
