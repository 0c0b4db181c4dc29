"""Every template's experiment runs alone, gives the same numbers twice, and its ideas do work."""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from scientists.templates import Template, list_templates, load_template

TINY = {
    "diffusion_2d": {"steps": 8, "batch": 16, "points": 64, "samples": 64},
    "char_lm": {"steps": 10, "batch": 2, "val_windows": 8},
    "grokking": {"steps": 20, "measure_every": 10},
    "learning_rate": {"steps": 400, "train_size": 200, "test_size": 100},
}


def execute(folder: Path, workspace: Path, configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    (workspace / "config.json").write_text(json.dumps({"runs": configs}))
    command = [sys.executable, "-I", str(folder / "experiment.py"), "--config", "config.json"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(workspace), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--out", "out.json"],
        cwd=workspace,
        env=environment,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    runs: list[dict[str, Any]] = json.loads((workspace / "out.json").read_text())["runs"]
    return runs


def variants(template: Template) -> list[dict[str, Any]]:
    """Every idea's treatment and baseline, and the first again at the end."""
    settings = [k for idea in template.ideas for k in (idea.knobs, idea.baseline)]
    return [*settings, settings[0]]


def load_experiment(template: Template) -> Any:
    """The experiment as a module, to ask it questions that need no process of their own."""
    path = template.folder / "experiment.py"
    spec = importlib.util.spec_from_file_location(f"experiment_of_{template.name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Done(NamedTuple):
    """A template copied elsewhere, its runs, and runs of seeds 5 and 6 in this process."""

    template: Template
    folder: Path
    workspace: Path
    runs: list[dict[str, Any]]
    again: list[dict[str, Any]]


@pytest.fixture(scope="module", params=sorted(TINY))
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    template = load_template(request.param)
    workspace = tmp_path_factory.mktemp(request.param)
    folder = workspace / request.param
    shutil.copytree(template.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    budget = template.budget["quick"] | TINY[request.param]
    configs = [{"knobs": k, "seed": 5, "budget": budget} for k in variants(template)]
    runs = execute(folder, workspace, configs)
    experiment = load_experiment(template)
    torch.set_num_threads(1)
    again = [experiment.run(experiment.complete(configs[0] | {"seed": seed})) for seed in (5, 6)]
    return Done(template, folder, workspace, runs, again)


def test_all_installed_templates_are_run() -> None:
    assert set(list_templates()) == set(TINY)


def test_metrics_are_those_declared_and_finite(done: Done) -> None:
    for result in done.runs:
        assert set(result["metrics"]) == {metric.name for metric in done.template.metrics}
        assert all(math.isfinite(value) for value in result["metrics"].values())
        assert result["environment"]["torch"]
        assert set(result["config"]["knobs"]) == {knob.name for knob in done.template.knobs}
        for curve in result["curves"].values():
            assert curve and all(len(point) == 2 for point in curve)


def test_same_config_gives_the_same_numbers(done: Done) -> None:
    for repeat in (done.runs[-1], done.again[0]):
        assert repeat["metrics"] == done.runs[0]["metrics"]
        assert repeat["curves"] == done.runs[0]["curves"]
    assert done.again[1]["metrics"] != done.runs[0]["metrics"]


def test_every_idea_changes_the_outcome(done: Done) -> None:
    pairs = zip(done.runs[::2], done.runs[1::2], strict=False)
    for idea, (treated, held) in zip(done.template.ideas, pairs, strict=True):
        assert treated["curves"] != held["curves"], idea.name


def test_matched_parameters_are_not_exceeded(done: Done) -> None:
    if "match_parameters" not in {knob.name for knob in done.template.knobs}:
        pytest.skip("no knob of this template adds weights")
    treated, held = (run["metrics"]["parameters"] for run in done.runs[:2])
    assert done.template.ideas[0].baseline == {}
    assert 0.9 * held < treated <= held


def test_figures_are_written(done: Done) -> None:
    named = zip(("treatment", "baseline", "treatment"), done.runs, strict=False)
    labelled = [{"label": label, "results": result} for label, result in named]
    (done.workspace / "runs.json").write_text(json.dumps(labelled))
    # One template is drawn twice, as a second drawing of each would take half of the tests' time.
    outs = ("one", "two") if done.template.name == "learning_rate" else ("one",)
    for out in outs:
        command = [sys.executable, str(done.folder / "plot.py"), "--runs", "runs.json"]
        subprocess.run(
            [*command, "--out", out],
            cwd=done.workspace,
            check=True,
            timeout=120,
            capture_output=True,
        )
    figures = json.loads((done.workspace / "one" / "figures.json").read_text())
    assert len(figures) >= 2
    for figure in figures:
        assert figure["caption"]
        for kind, start in (("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<?xml")):
            drawn = [(done.workspace / o / f"{figure['name']}.{kind}").read_bytes() for o in outs]
            assert drawn[0].startswith(start)
            assert len(set(drawn)) == 1


@pytest.mark.parametrize("name", sorted(TINY))
def test_unknown_knob_stops_the_experiment(name: str) -> None:
    experiment = load_experiment(load_template(name))
    with pytest.raises(SystemExit, match="wings"):
        experiment.complete({"knobs": {"wings": 2}})


def test_divergence_estimate_matches_the_formula() -> None:
    """Between two normal laws, KL = (mean difference)^2 / 2 for each coordinate."""
    experiment = load_experiment(load_template("diffusion_2d"))
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(2000, 2, generator=generator)
    other = torch.randn(2000, 2, generator=generator)
    assert experiment.kl_divergence(real, other) == pytest.approx(0, abs=0.1)
    moved = other + torch.tensor([1.5, 0.0])
    assert experiment.kl_divergence(real, moved) == pytest.approx(1.5**2 / 2, abs=0.2)


def test_style_adapters_do_not_see_later_text() -> None:
    template = load_template("char_lm")
    experiment = load_experiment(template)
    torch.manual_seed(0)
    knobs = template.settings({"style_adapter": True})
    model = experiment.Model(knobs, vocabulary=20, context=12).eval()
    tokens = torch.arange(12)[None]
    changed = tokens.clone()
    changed[0, 8:] = 3
    before, after = model(tokens)[0][0], model(changed)[0][0]
    torch.testing.assert_close(before[:8], after[:8])
    assert not torch.allclose(before[8:], after[8:])


def test_arithmetic_is_right_and_the_split_complete() -> None:
    experiment = load_experiment(load_template("grokking"))
    for operation, size in (("add", 49), ("subtract", 49), ("divide", 42)):
        generator = torch.Generator().manual_seed(1)
        train, held = experiment.make_data(operation, 7, 0.7, generator)
        pairs = [tuple(p) for p in torch.cat([train[0], held[0]]).tolist()]
        assert len(set(pairs)) == len(pairs) == size
        for (a, b), c in zip(pairs, torch.cat([train[1], held[1]]).tolist(), strict=True):
            undone = {"add": a + b - c, "subtract": a - b - c, "divide": c * b - a}[operation]
            assert undone % 7 == 0
