"""The benchmark of replicates runs, and its report holds what was measured."""

from __future__ import annotations

from benchmarks.systems import replicate


def test_a_small_size_is_measured_and_reported() -> None:
    row = replicate.measure(30)
    assert row["decided"] < row["first"] and row["bare"] < row["more"]
    text = replicate.report([row])
    assert f"| 30 | {row['first']:.1f} | {row['more']:.1f} |" in text
