"""Whatever an experiment or a plot writes: the results asked for, or a failure that says why."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from conference.core.records import Failure, Incident, decode
from conference.core.tasks import Task, TaskFailed, TaskKey
from conference.papers.svg import plain_svg
from scientists.experiments import Laboratory
from scientists.scientist import ResearchSight
from scientists.templates import load_template
from tests.scientists.studies import AUTHOR, PICTURE, call_for, small_template
from venues.dispatch import make_performer

RUNS = [{"label": "baseline", "knobs": {}, "seed": 1, "budget": {}, "more": "not told"}]


def laboratory(folder: Path, experiment: str = "", plot: str = "") -> Laboratory:
    """A laboratory whose template has these scripts."""
    made = small_template(folder)
    (made / "experiment.py").write_text(experiment)
    (made / "plot.py").write_text(plot)
    return Laboratory(load_template(made), AUTHOR.id, "paper-0001", False)


def writing(results: object) -> str:
    return f"open('results.json', 'w').write({json.dumps(results)!r})"


def metrics_of(folder: Path) -> dict[str, float]:
    names = [metric.name for metric in load_template(small_template(folder / "named")).metrics]
    return dict.fromkeys(names, 1.5)


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    result = {"metrics": metrics_of(tmp_path), "curves": {"loss": [[0, 1.5]]}, "config": {}}
    made = laboratory(tmp_path / "a", writing({"runs": [result]}))
    assert made.run(RUNS, "quick") == [result]
    assert made.incidents == []
    other = laboratory(tmp_path / "b", "raise SystemExit(1)")
    assert other.run(RUNS, "quick", writing({"runs": [result]})) == [result]


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ({"results": []}, "runs"),
        ({"runs": 3}, "list"),
        ({"runs": [4]}, "object"),
        ({"runs": []}, "1 were asked for"),
        ({"runs": [{"metrics": {}}]}, "lacks the measure 'test_loss'"),
        ({"runs": [{"metrics": {"test_loss": "low"}}]}, "float"),
        ({"runs": [{"metrics": {"test_loss": True}}]}, "float"),
        ([], "not an object"),
    ],
)
def test_other_results_are_a_failure_and_an_incident(
    results: object, said: str, tmp_path: Path
) -> None:
    with pytest.raises(TaskFailed, match=said) as caught:
        laboratory(tmp_path, writing(results)).run(RUNS, "quick")
    kinds = [record.kind for record in caught.value.records if isinstance(record, Incident)]
    assert kinds == ["bad_result"]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (None, "No such file"),
        ("[", "figures.json"),
        ('{"name": "a"}', "array"),
        ('[{"name": "../results", "caption": "c"}]', "use letters"),
        ('[{"name": "there"}]', "caption"),
        ('[{"name": "missing", "caption": "c"}]', "missing.svg"),
        ('[{"name": "linked", "caption": "c"}]', "linked.svg"),
        ('[{"name": "there", "caption": "c"}]', "not with an svg"),
        ('[{"name": "a", "caption": "c"}, {"name": "A", "caption": "c"}]', "each once"),
        (json.dumps([{"name": f"f{n}", "caption": "c"} for n in range(21)]), "at most 20"),
        (json.dumps([{"name": "there", "caption": "w" * 2001}]), "over 2000 characters"),
    ],
)
def test_figures_that_are_not_there_are_a_failure(
    listed: str | None, said: str, tmp_path: Path
) -> None:
    plot = (
        "import os; open('figures/there.svg', 'w').write('<svg/>')\n"
        "os.symlink('there.svg', 'figures/linked.svg')\n"
    )
    if listed is not None:
        plot += f"open('figures/figures.json', 'w').write({listed!r})\n"
    with pytest.raises(TaskFailed, match=said):
        laboratory(tmp_path, plot=plot).draw(RUNS, [{"metrics": {}}])


def test_an_experiment_cannot_change_what_draws_its_figures(tmp_path: Path) -> None:
    result = writing({"runs": [{"metrics": metrics_of(tmp_path)}]})
    experiment = f"{result}\nopen('plot.py', 'w').write('raise SystemExit(9)')"
    plot = (
        f"open('figures/a.svg', 'wb').write({PICTURE!r})\n"
        """open('figures/figures.json', 'w').write('[{"name": "a", "caption": "c"}]')"""
    )
    outcome = laboratory(tmp_path / "a", experiment, plot).study(RUNS, "quick")
    assert outcome.figures == [("a", "c", plain_svg(PICTURE))]


def test_incidents_of_a_failed_task_are_kept(tmp_path: Path) -> None:
    made = small_template(tmp_path)
    (made / "experiment.py").write_text("import socket; socket.socket()")
    key = TaskKey("submit", AUTHOR.id, "paper-0001")
    sight = ResearchSight(call=call_for(made), paper=key.paper, number=1, budget="quick", seeds=2)
    done = asyncio.run(make_performer(0, str(tmp_path), 1)(Task(key, sight, AUTHOR)))
    failure, *incidents = decode(done.records)
    assert isinstance(failure, Failure) and "PermissionError" in failure.reason
    assert [record.kind for record in incidents if isinstance(record, Incident)] == ["network"]
