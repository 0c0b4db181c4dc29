"""Runs a study's experiment and figures in the sandbox."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.records import Incident
from conference.sandbox import BadResult, Limits, read_result, run
from conference.tasks import TaskFailed
from conference.templates import Template

WALL = {"quick": 300.0, "full": 3600.0}


class Outcome(msgspec.Struct, frozen=True):
    """What came back: results run by run, figures (name, caption, file content), incidents."""

    results: list[dict[str, Any]]
    figures: list[tuple[str, str, bytes]]
    incidents: list[Incident]


def run_study(
    template: Template,
    runs: Sequence[dict[str, Any]],
    budget: str,
    agent: str,
    paper: str,
    unsafe: bool,
) -> Outcome:
    """Run all of a study's runs in one launch and draw its figures in another.

    Raises:
        TaskFailed: the experiment did not finish or its results are not clean.
    """
    with tempfile.TemporaryDirectory(prefix="conference-") as name:
        workspace = workspace_of(template, Path(name))
        incidents: list[Incident] = []
        bare = [{key: run[key] for key in ("knobs", "seed", "budget")} for run in runs]
        (workspace / "config.json").write_text(json.dumps({"runs": bare}))
        launch(
            ["experiment.py", "--config", "config.json", "--out", "results.json"],
            workspace, WALL.get(budget, 3600.0), agent, paper, incidents, unsafe,
        )  # fmt: skip
        results = read_results(workspace, agent, paper, incidents)
        figures = draw_figures(workspace, runs, results, agent, paper, incidents, unsafe)
        return Outcome(results, figures, incidents)


def draw(
    template: Template,
    runs: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    agent: str,
    paper: str,
    unsafe: bool,
) -> list[tuple[str, str, bytes]]:
    """The template's figures of these runs: name, caption, SVG."""
    with tempfile.TemporaryDirectory(prefix="conference-") as name:
        workspace = workspace_of(template, Path(name))
        return draw_figures(workspace, runs, results, agent, paper, [], unsafe)


def workspace_of(template: Template, folder: Path) -> Path:
    """A template's files in a folder of their own."""
    for path in template.folder.iterdir():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
    return folder


def draw_figures(
    workspace: Path,
    runs: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    agent: str,
    paper: str,
    incidents: list[Incident],
    unsafe: bool,
) -> list[tuple[str, str, bytes]]:
    """The template's figures of labelled runs: name, caption, SVG."""
    labelled = [
        {"label": run["label"], "results": result}
        for run, result in zip(runs, results, strict=True)
    ]
    (workspace / "runs.json").write_text(json.dumps(labelled))
    (workspace / "figures").mkdir(exist_ok=True)
    launch(
        ["plot.py", "--runs", "runs.json", "--out", "figures"],
        workspace, 120.0, agent, paper, incidents, unsafe,
    )  # fmt: skip
    return _figures(workspace / "figures")


def launch(
    arguments: list[str],
    workspace: Path,
    wall: float,
    agent: str,
    paper: str,
    incidents: list[Incident],
    unsafe: bool,
) -> None:
    """Run a Python script in the sandbox; incidents are added to the list.

    Raises:
        TaskFailed: it did not end with status 0.
    """
    limits = msgspec.structs.replace(Limits(), wall_seconds=wall, cpu_seconds=wall * 2)
    # Without fc-list on its path matplotlib keeps to its own fonts: the same on every machine, and
    # no font cache is written outside the workspace.
    env = {"PATH": str(workspace), "MPLCONFIGDIR": str(workspace)}
    outcome = run([sys.executable, *arguments], workspace, limits, env=env, unsafe=unsafe)
    incidents += [
        Incident(kind=found.kind, agent=agent, paper=paper, detail=found.detail)
        for found in outcome.incidents
    ]
    if outcome.exit_code != 0:
        last = outcome.stderr.strip().splitlines()[-1:] or ["no message"]
        raise TaskFailed(f"{arguments[0]} ended with status {outcome.exit_code}: {last[0][:300]}")


def read_results(
    workspace: Path, agent: str, paper: str, incidents: list[Incident]
) -> list[dict[str, Any]]:
    """The runs of results.json, mistrusted. Raises `TaskFailed` when they are not clean."""
    try:
        found = read_result(workspace / "results.json", workspace)
    except BadResult as error:
        raise TaskFailed(f"results.json: {error}") from error
    results: list[dict[str, Any]] = found["runs"]
    return results


def _figures(folder: Path) -> list[tuple[str, str, bytes]]:
    listed = json.loads((folder / "figures.json").read_text())
    return [
        (row["name"], row["caption"], (folder / f"{row['name']}.svg").read_bytes())
        for row in listed
        if (folder / f"{row['name']}.svg").is_file()
    ]
