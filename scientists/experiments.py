"""Run a study's experiment and draw its figures in the sandbox; check the output."""

from __future__ import annotations

import dis
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.core.clean import clean
from conference.core.records import Incident
from conference.core.scratch import scratch
from conference.core.tasks import TaskFailed
from conference.papers.svg import BadFigure, plain_svg
from conference.sandbox import BadResult, Limits, NotStarted, read_file, read_result, run
from scientists.templates import Template, Value

EXPERIMENT, PLOT = "experiment.py", "plot.py"
WALL = {"quick": 300.0, "full": 3600.0}
PLOT_WALL = 120.0
FIGURE_BYTES = 16 << 20
MOST_FIGURES, LONGEST_CAPTION = 20, 2000  # of a paper; more would take minutes to typeset
LATER = {"torch": "torch._dynamo"}  # making an optimiser imports its 800 modules

Results = list[dict[str, Any]]
Figures = list[tuple[str, str, bytes]]  # name, caption, SVG


class Figure(msgspec.Struct, frozen=True):
    """One figure in `figures.json`; `name` is also its file name, so it must not leave the
    folder."""

    name: str
    caption: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", self.name):
            raise ValueError(f"a figure has the name {self.name!r}; use letters, digits, _ and -")
        if len(self.caption) > LONGEST_CAPTION:
            raise ValueError(f"the caption of {self.name} has over {LONGEST_CAPTION} characters")


class Result(msgspec.Struct, frozen=True):
    """The part of a run's results that a paper uses; the rest is kept unchanged."""

    metrics: dict[str, float]
    config: dict[str, Any] = {}


class Run(msgspec.Struct, frozen=True):
    """The configuration of one run, as the experiment reads it."""

    knobs: dict[str, Value]
    seed: int
    budget: dict[str, float]


class Outcome(msgspec.Struct, frozen=True):
    """The output: results by run, figures (name, caption, file content) and incidents."""

    results: Results
    figures: Figures
    incidents: list[Incident]


class Laboratory:
    """Runs one template's code for one paper, and collects the incidents.

    Every launch has a fresh copy of the template's files, so that an experiment cannot draw its own
    figures. Methods raise `TaskFailed`, with the incidents as records, if a script fails or writes
    other output than asked for.
    """

    def __init__(self, template: Template, agent: str, paper: str, unsafe: bool) -> None:
        self._template, self._unsafe = template, unsafe
        self._agent, self._paper = agent, paper
        self.incidents: list[Incident] = []

    def study(self, runs: Sequence[dict[str, Any]], budget: str) -> Outcome:
        """Do all runs of a study in one launch and draw its figures in another."""
        results = self.run(runs, budget)
        return Outcome(results, self.draw(runs, results), self.incidents)

    def run(self, runs: Sequence[dict[str, Any]], budget: str, code: str | None = None) -> Results:
        """The results of these runs, in order; `code` replaces the experiment's own code."""
        bare = {"runs": [{name: run[name] for name in Run.__struct_fields__} for run in runs]}
        with scratch("experiment") as folder:
            workspace = self._workspace(folder)
            if code is not None:
                (workspace / EXPERIMENT).write_text(code, encoding="utf-8")
            (workspace / "config.json").write_text(json.dumps(bare))
            arguments = ["--config", "config.json", "--out", "results.json"]
            self._launch(EXPERIMENT, arguments, workspace, WALL.get(budget, WALL["full"]))
            try:
                return self._checked(read_result(workspace / "results.json", workspace), len(runs))
            except BadResult as error:
                raise self._bad("results.json", error) from error

    def source(self, script: str) -> str:
        """The text of one of the template's files."""
        return (self._template.folder / script).read_text(encoding="utf-8")

    def draw(
        self, runs: Sequence[dict[str, Any]], results: Results, code: str | None = None
    ) -> Figures:
        """The figures of labelled runs; `code` replaces the template's plot script."""
        labelled = [
            {"label": run["label"], "results": result}
            for run, result in zip(runs, results, strict=True)
        ]
        with scratch("plot") as place:
            workspace = self._workspace(place)
            if code is not None:
                (workspace / PLOT).write_text(code, encoding="utf-8")
            (workspace / "runs.json").write_text(json.dumps(labelled))
            folder = workspace / "figures"
            folder.mkdir()
            self._launch(PLOT, ["--runs", "runs.json", "--out", "figures"], workspace, PLOT_WALL)
            try:
                return _figures(folder)
            except BadResult as error:
                raise self._bad("figures", error) from error

    def incident(self, kind: str, detail: str) -> None:
        """Keep an incident of this paper's code."""
        self.incidents.append(
            Incident(kind=kind, agent=self._agent, paper=self._paper, detail=detail)
        )

    def _workspace(self, folder: Path) -> Path:
        """Copy the template's files into the folder."""
        for path in self._template.folder.iterdir():
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
        return folder

    def _launch(self, script: str, arguments: list[str], workspace: Path, wall: float) -> None:
        limits = msgspec.structs.replace(Limits(), wall_seconds=wall, cpu_seconds=wall * 2)
        # Without fc-list on its path matplotlib keeps to its own fonts: the same on every machine,
        # and no font cache is written outside the workspace.
        env = {"PATH": str(workspace), "MPLCONFIGDIR": str(workspace)}
        try:
            outcome = run(
                [sys.executable, script, *arguments], workspace, limits, env=env,
                unsafe=self._unsafe, libraries=imported(self._template.folder / script),
            )  # fmt: skip
        except NotStarted as error:
            raise TaskFailed(f"{script}: {error}", self.incidents) from error
        for found in outcome.incidents:
            self.incident(found.kind, found.detail)
        if outcome.exit_code != 0:
            last = outcome.stderr.strip().splitlines()[-1:] or ["no message"]
            raise TaskFailed(
                f"{script} ended with status {outcome.exit_code}: {last[0][:300]}", self.incidents
            )

    def _checked(self, found: dict[str, Any], wanted: int) -> Results:
        """The runs in `results.json`. Raises `BadResult` if they are not those asked for."""
        try:
            runs = msgspec.convert(found.get("runs"), list[Result])
        except msgspec.ValidationError as error:
            raise BadResult(f"`runs` is not a list of results: {error}") from None
        if len(runs) != wanted:
            raise BadResult(f"it has {len(runs)} runs and {wanted} were asked for")
        for metric in self._template.metrics:
            if not all(metric.name in run.metrics for run in runs):
                raise BadResult(f"a run lacks the measure '{metric.name}'")
        results: Results = found["runs"]
        return results

    def _bad(self, what: str, error: BadResult) -> TaskFailed:
        self.incident(error.incident.kind, f"{what}: {error}")
        return TaskFailed(f"{what}: {error}", self.incidents)


def _figures(folder: Path) -> Figures:
    """The figures that `figures.json` lists. Raises `BadResult` if one is wrong."""
    listed = read_file(folder / "figures.json", folder)
    try:
        figures = msgspec.json.decode(listed, type=list[Figure])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadResult(f"figures.json: {error}") from None
    names = {row.name.lower() for row in figures}  # some file systems ignore case
    if len(figures) > MOST_FIGURES or len(names) < len(figures):
        raise BadResult(f"figures.json: give at most {MOST_FIGURES} figures, each once")
    drawn = []
    for row in figures:
        svg = read_file(folder / f"{row.name}.svg", folder, FIGURE_BYTES)
        try:
            drawn.append((row.name, clean(row.caption), plain_svg(svg)))
        except BadFigure as error:
            raise BadResult(f"figure {row.name}: {error}") from None
    return drawn


def imported(script: Path) -> tuple[str, ...]:
    """The modules that a template's script imports, except those in its folder.

    Also those that a library is known to import later.

    Read from its compiled form, since `ast` is not safe in threads (CPython issue 106905).
    """
    try:
        code = compile(script.read_bytes(), script.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return ()  # its run will report the error
    steps = (step for step in dis.get_instructions(code) if step.opname == "IMPORT_NAME")
    beside = {path.stem for path in script.parent.iterdir()}
    names = (str(step.argval) for step in steps)
    found = [name for name in names if name and name.partition(".")[0] not in beside]
    return (*found, *(part for name, part in LATER.items() if name in found))
