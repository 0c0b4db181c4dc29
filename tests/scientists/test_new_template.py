"""A template made from scratch, in a folder of its own, becomes a checked paper: nothing else."""

from __future__ import annotations

from pathlib import Path

from conference.core.records import Check, Experiment, Incident, Submission
from tests.scientists.studies import one, research
from tests.templates.test_loader import make_template

PLOT = """
import argparse, json
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
parser = argparse.ArgumentParser()
parser.add_argument("--runs")
parser.add_argument("--out")
args = parser.parse_args()
runs = json.load(open(args.runs))
listed = []
for name in ("shares", "order"):
    figure, axes = plt.subplots(figsize=(5, 2.5))
    axes.plot([run["results"]["metrics"]["heads"] for run in runs], "o")
    axes.set(xlabel="run", ylabel="share of heads")
    figure.savefig(f"{args.out}/{name}.svg", metadata={"Date": None})
    listed.append({"name": name, "caption": f"The runs by {name}."})
json.dump(listed, open(f"{args.out}/figures.json", "w"))
"""


def test_a_template_from_scratch_becomes_a_paper(tmp_path: Path) -> None:
    records = research(tmp_path, make_template(tmp_path / "coin", **{"plot.py": PLOT}))
    study, paper = one(records, Experiment), one(records, Submission)
    assert (study.template, study.idea, study.conclusion) == ("coin", "loaded", "positive")
    assert "A loaded coin shows more heads." in paper.abstract
    assert not [record for record in records if isinstance(record, Incident)]
    failed = {row.name: row.detail for row in records if isinstance(row, Check) and not row.passed}
    assert failed == {}
