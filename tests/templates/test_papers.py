"""The rerun of the article's headline papers: statistics, its data file and its report."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from benchmarks import papers
from conference.core.errors import UserError
from scientists.templates import Metric, load_template
from tests.templates.test_loader import make_template

LOWER = Metric(name="loss", goal="min", unit="nats", description="Loss.")
HIGHER = Metric(name="gain", goal="max", unit="1", description="Gain.")


def test_paired_effect_matches_scipy() -> None:
    from scipy.stats import ttest_rel

    before, after = [1.0, 2.0, 4.0, 3.5], [0.5, 1.9, 3.0, 3.0]
    effect = papers.paired_effect(before, after)
    interval = ttest_rel(after, before).confidence_interval(0.95)
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))
    assert effect.difference == pytest.approx(-0.525)
    assert effect.n == 4
    # d_z is the paired t statistic over the root of n.
    assert effect.size == pytest.approx(ttest_rel(after, before).statistic / 2)


def test_verdict_follows_interval_and_goal() -> None:
    clear = papers.paired_effect([1.0, 1.1, 1.2], [0.5, 0.61, 0.7])
    assert papers.verdict(clear, LOWER) == "better"
    assert papers.verdict(clear, HIGHER) == "worse"
    unclear = papers.paired_effect([1.0, 1.0, 1.0], [0.5, 1.5, 1.1])
    assert papers.verdict(unclear, LOWER) == "no clear difference"
    same = papers.paired_effect([1.0, 1.0], [1.0, 1.0])
    assert papers.verdict(same, LOWER) == "no clear difference"
    assert math.isnan(same.size)


def test_one_seed_is_refused() -> None:
    with pytest.raises(UserError, match="--seeds"):
        papers.paired_effect([1.0], [2.0])


def test_headlines_name_settings_that_exist() -> None:
    path = Path(papers.__file__).parent / "headlines.toml"
    headlines = msgspec.toml.decode(path.read_bytes(), type=papers.Headlines).headlines
    assert len(headlines) == 4
    for headline in headlines:
        template = load_template(headline.template)
        assert set(headline.also) < {metric.name for metric in template.metrics}
        for pair in headline.comparisons:
            assert template.settings(pair.baseline) != template.settings(pair.treatment)


def test_report_gives_what_the_runs_measured(tmp_path: Path) -> None:
    folder = make_template(tmp_path / "coin")
    comparison = papers.Comparison(label="loaded", treatment={"bias": 1.0}, baseline={"bias": 0.0})
    headline = papers.Headline(
        template=str(folder),
        paper="A coin",
        folder="coin",
        claim="More heads.",
        logs="None.",
        differences="None.",
        unverified="",
        comparisons=(comparison,),
    )
    found = "\n".join(papers.measure(headline, "quick", seeds=3))
    assert "| loaded | heads (share) ↑ | 3 | 0 | 1 | +1 [+1, +1] | - | - | better |" in found


def test_failing_experiment_is_told(tmp_path: Path) -> None:
    broken = {"experiment.py": "raise SystemExit('no coin')"}
    folder = make_template(tmp_path / "coin", **broken)
    with pytest.raises(UserError, match="no coin"):
        papers.run_variants(load_template(folder), {"a": {"bias": 0.5}}, "quick", 2)
