"""Scientists of one round do not do the same work, and the desk sees where two papers do."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from conference.app.site import write_site
from conference.core.records import DeskCheck, PlannedStudy, Submission
from conference.papers.checks import alike
from tests.scientists.studies import written
from tests.scientists.test_study import IDEAS, words_of
from tests.venues.tiny import tiny_venue
from venues.phases.discuss import thread_of
from venues.phases.submit import tasks
from venues.round import run_round


def planned(folder: Path, scientists: int, each: int = 1) -> tuple[list[PlannedStudy], dict]:  # type: ignore[type-arg]
    """The plan of a round with so many scientists, and what each research task may see."""
    tiny = tiny_venue(reviewers=90)
    venue = msgspec.structs.replace(
        tiny,
        phases=("call", "submit"),
        population=msgspec.structs.replace(tiny.population, scientists=scientists),
        call=msgspec.structs.replace(tiny.call, papers_per_scientist=each),
    )
    round_ = run_round(venue, out=folder, hosts=0).round
    return round_.all(PlannedStudy), {task.key.paper: task.sight for task in tasks(round_)}


def test_no_idea_is_taken_twice_while_there_are_ideas_left(tmp_path: Path) -> None:
    studies, seen = planned(tmp_path, len(IDEAS) + 3)
    taken = Counter((study.template, study.idea) for study in studies)
    assert len(taken) == len(IDEAS) and sorted(taken.values())[-4:] == [1, 2, 2, 2]
    for at, study in enumerate(studies):
        sight = seen[study.paper]
        assert sight.planned == study
        assert set(sight.begun) == {s for s in studies[:at] if s.template == study.template}


def test_how_many_others_write_changes_nobody_s_idea(tmp_path: Path) -> None:
    few, _ = planned(tmp_path / "few", 4)
    more, _ = planned(tmp_path / "more", 6)
    twice, _ = planned(tmp_path / "twice", 4, each=2)
    assert few == more[:4] == twice[:4] and len(twice) == 8


def test_the_desk_sees_two_papers_on_one_question() -> None:
    """In words drawn apart, and a knob's value apart; papers on other ideas stay."""
    studies = [written(-0.2, template_name=name, idea_number=number) for name, number in IDEAS]
    papers = [words_of(s, np.random.default_rng(at))[:2] for at, s in enumerate(studies)]
    assert alike(*zip(*papers, strict=True), similarity=0.95)[0] == []
    name, number = IDEAS[0]
    again = written(-0.1, template_name=name, idea_number=number)
    title, abstract = words_of(again, np.random.default_rng(99))[:2]
    papers.append((f"{title} revisited", abstract))
    assert alike(*zip(*papers, strict=True), similarity=0.95)[0] == [(0, len(papers) - 1)]
    assert alike(*zip(*papers, strict=True), similarity=0.95)[1] == []


def test_the_desk_sees_an_abstract_again_under_another_title() -> None:
    """In another order, in letters that only look the same, and with blanks that print nothing."""
    papers = [
        words_of(written(-0.2, template_name=name, idea_number=number), np.random.default_rng(at))[
            :2
        ]
        for at, (name, number) in enumerate(IDEAS)
    ]
    abstract = papers[0][1]
    for again in (
        ". ".join(abstract.split(". ")[::-1]),
        abstract.translate(str.maketrans("aeopc", "\u0430\u0435\u043e\u0440\u0441")),
        abstract.replace("s", "s\u00ad"),
    ):
        rows = [*papers, ("Quite another matter", again)]
        assert alike(*zip(*rows, strict=True), similarity=0.95)[0] == [(0, len(papers))]


def test_of_two_papers_alike_each_is_flagged_and_neither_rejected(tmp_path: Path) -> None:
    from tests.venues.tiny import table

    source = table(4)
    first, *others = source.table
    name, number = IDEAS[0]
    study = written(-0.2, template_name=name, idea_number=number)
    (title, _), (_, again) = words = [
        words_of(study, np.random.default_rng(at))[:2] for at in (0, 1)
    ]
    words[1] = (f"{title}, revisited", again)
    words.append(words[0])
    rows = [msgspec.structs.replace(first, paper=f"x{at}", title=title, abstract=abstract)
            for at, (title, abstract) in enumerate(words)]  # fmt: skip
    venue = msgspec.structs.replace(tiny_venue(), phases=("call", "submit", "desk_check"))
    round_ = run_round(
        venue, out=tmp_path, hosts=0,
        papers=msgspec.structs.replace(source, table=(*rows, *others)),
    ).round  # fmt: skip
    checks = {desk.paper: desk for desk in round_.all(DeskCheck)}
    assert len(checks) == len(round_.papers()) == len(round_.all(Submission)) == 6
    said = {name: " ".join(desk.flags) for name, desk in checks.items() if desk.flags}
    assert set(said) == {"x0", "x1", "x2"}
    assert said["x0"].startswith("near-duplicate of x1") and " duplicate of x2" in said["x0"]
    assert "near-duplicate of x0" in said["x1"] and said["x2"].startswith("duplicate of x0")
    assert all(thread_of(round_, paper).flags == checks[paper.paper].flags
               for paper in round_.papers())  # fmt: skip
    page = (write_site(tmp_path).parent / "papers" / "x0.html").read_text()
    assert "notes to the chair" in page and "duplicate of x2" in page
