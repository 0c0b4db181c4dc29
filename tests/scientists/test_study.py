"""Questions, plans and words of studies, without running any."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from conference.core.records import Work
from conference.literature.novelty import nearest_earlier
from scientists.known_works import beside_literature
from scientists.paper import words_of
from scientists.scientist import Past
from scientists.study import Question, analyse, choose, plan
from scientists.templates import list_templates, load_template
from tests.scientists.studies import AUTHOR, call_for, small_template, written

RNG = np.random.default_rng(0)


def question_of(folder: Path, archive: tuple[Past, ...] = (), seed: int = 0) -> Question:
    call = call_for(small_template(folder))
    return choose(AUTHOR, call, archive, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_both_arms_have_the_same_seeds_and_budget(seed: int, tmp_path: Path) -> None:
    question = question_of(tmp_path, seed=seed)
    runs = plan(question, "quick", [3, 1, 2])
    arms = {
        label: [(run["seed"], run["budget"]) for run in runs if run["label"] == label]
        for label in ("baseline", "treatment")
    }
    assert arms["baseline"] == arms["treatment"] and len(arms["baseline"]) == 3
    assert question.changed


def test_a_question_of_the_archive_is_less_new(tmp_path: Path) -> None:
    question = question_of(tmp_path)
    assert question.novelty == 1.0 and question.nearest == ""
    past = Past(
        title=question.idea.title, abstract=question.idea.hypothesis, template="learning_rate",
        idea=question.idea.name,
    )  # fmt: skip
    far = Past(title="Birds", abstract="Wings and feathers.", template="x", idea="y")
    again = question_of(tmp_path / "again", archive=(far, past))
    assert again.novelty < 0.5 and again.nearest == past.title
    assert question_of(tmp_path / "far", archive=(far,)).novelty > 0.9


def test_a_paper_of_the_same_idea_is_nearer_than_papers_of_others() -> None:
    """For every seed idea of every template, in an archive with a paper of each."""
    studies = [written(-0.2, template_name=name, idea_number=number) for name, number in IDEAS]
    papers = [words_of(study, np.random.default_rng(0))[:2] for study in studies]
    archive = [(title, f"{title} {abstract}") for title, abstract in papers]
    for study, (title, _) in zip(studies, archive, strict=True):
        near, nearest = nearest_earlier(study.question.text(), archive)
        assert nearest == title and near > 0.6
        others = [paper for paper in archive if paper[0] != title]
        assert nearest_earlier(study.question.text(), others)[0] < near - 0.05


def test_the_very_same_question_is_asked_again_only_if_nothing_is_left(tmp_path: Path) -> None:
    call, rng = call_for(small_template(tmp_path, ideas=2)), np.random.default_rng(0)
    drawn = [choose(AUTHOR, call, (), rng) for _ in range(60)]
    archive = tuple(
        Past(title="Old", abstract="words", template="learning_rate", idea=question.idea.name,
             knobs=question.treatment)
        for question in drawn
    )  # fmt: skip
    first = archive[0].idea
    half = tuple(past for past in archive if past.idea == first)
    assert 20 < len(half) < 40
    again = [choose(AUTHOR, call, half, rng) for _ in range(60)]
    known = [past.knobs for past in half]
    assert sum(q.idea.name == first and q.treatment in known for q in again) < 6
    assert choose(AUTHOR, call, archive, rng).changed


def test_ideas_that_did_well_are_asked_again_more_often(tmp_path: Path) -> None:
    call = call_for(small_template(tmp_path, ideas=3))
    rng = np.random.default_rng(0)
    ideas = {choose(AUTHOR, call, (), rng).idea.name for _ in range(40)}
    assert len(ideas) == 3
    liked = sorted(ideas)[0]
    history = tuple(
        Past(title=f"Old {at}", abstract="words", template="learning_rate", idea=name, own=True,
             accepted=name == liked)
        for name in ideas for at in range(12)
    )  # fmt: skip
    chosen = [choose(AUTHOR, call, history, rng).idea.name for _ in range(40)]
    assert chosen.count(liked) > 30


WORDS = [
    (-0.2, "positive", "in the direction that was hoped for", "The treatment wins"),
    (0.2, "negative", "the change makes it worse", "The treatment loses"),
    (0.0, "inconclusive", "we cannot tell the arms apart", "cannot be told apart"),
]


@pytest.mark.parametrize(("gap", "conclusion", "abstract_says", "results_say"), WORDS)
def test_each_result_is_reported_as_what_it_is(
    gap: float, conclusion: str, abstract_says: str, results_say: str
) -> None:
    study = written(gap, noise=0.01 if gap else -0.004)
    assert study.effects[0].conclusion == conclusion
    title, abstract, data = words_of(study, np.random.default_rng(1))
    told = json.dumps(data["sections"])
    assert abstract_says in abstract and results_say in told
    if conclusion == "negative":
        assert "egative" in title and "A negative result" in told
        assert "hoped for" not in abstract and "treatment wins" not in told


WORKS = [
    Work(title="Learning rates by Q-learning controllers", key="near", authors=("Ada One",),
         year=2019, abstract="A Q-learning controller of the learning rate and a cosine schedule."),
    Work(title="Wings of birds", key="far", abstract="Feathers and flight."),
]  # fmt: skip


def index(folder: Path) -> str:
    path = folder / "works.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, WORKS)))
    return f"local:{path}"


def test_works_that_are_near_are_found_and_cited(tmp_path: Path) -> None:
    question = question_of(tmp_path)
    found, (check,) = beside_literature(question, index(tmp_path), tmp_path, "paper-001")
    assert check.passed and found.nearest == WORKS[0].title and found.novelty < 0.9
    assert [similar.work for similar in found.similar] == [WORKS[0]]
    study = msgspec.structs.replace(written(-0.2), question=found)
    data = words_of(study, np.random.default_rng(0))[2]
    number = len(found.template.bibliography) + 1
    assert "Learning rates by Q-learning controllers. 2019." in data["references"][number - 1]
    assert f"[{number}]" in json.dumps(data["sections"])
    assert not re.search(rf"\[{number + 1}\]", json.dumps(data["sections"]))


def test_without_an_index_nothing_is_searched(tmp_path: Path) -> None:
    question = question_of(tmp_path)
    assert beside_literature(question, "", tmp_path, "paper-001") == (question, [])


def test_an_index_that_does_not_answer_is_told_to_reviewers(tmp_path: Path) -> None:
    question = question_of(tmp_path)
    nobody = "openalex@http://127.0.0.1:9"
    same, (check,) = beside_literature(question, nobody, tmp_path, "paper-001")
    assert same == question and not check.passed and "OpenAlex" in check.detail


IDEAS = [(name, at) for name in list_templates() for at in range(len(load_template(name).ideas))]


@pytest.mark.parametrize(("name", "number"), IDEAS)
@pytest.mark.parametrize("gap", [-0.2, 0.2, 0.0])
def test_every_idea_is_written_up_in_sentences(name: str, number: int, gap: float) -> None:
    noise = 0.01 if gap else -0.004
    study = written(gap, noise, template_name=name, idea_number=number)
    asked = study.question.idea
    for seed in range(6):
        title, abstract, data = words_of(study, np.random.default_rng(seed))
        assert asked.title.rstrip(".") in title and not re.search(r"\?[:.]|[.:]{2}", title)
        assert asked.hypothesis in abstract  # as it stands: names keep their capitals
        parts = [part for section in data["sections"] for part in section["parts"]]
        texts = [part["text"] for part in parts if part["kind"] == "text"]
        for text in (abstract, *texts):
            assert not re.search(r"[{}]|\.\.|\b(\w+) \1\b|[.?] [a-z]", text), text
            assert text[0].isupper() and text[-1] in ".:?", text


def test_what_no_seed_changes_is_no_finding() -> None:
    study = written(-0.2)
    weights = study.question.template.metrics[-1]
    for run, result in zip(study.runs, study.results, strict=True):
        result["metrics"][weights.name] = 90 if run["label"] == "treatment" else 100  # type: ignore[index]
    effects = analyse(study.question, study.runs, study.results)
    assert effects[-1].conclusion == "positive"
    told = json.dumps(words_of(msgspec.structs.replace(study, effects=effects), RNG)[2]["sections"])
    assert "test error (better)" in told and f"{weights.shown} (better)" not in told


def test_works_are_described_by_their_notes_and_named_without(tmp_path: Path) -> None:
    template = load_template(small_template(tmp_path))
    first, *others = template.bibliography
    bare = msgspec.structs.replace(first, annote="")
    template = msgspec.structs.replace(template, bibliography=(bare, *others))
    question = msgspec.structs.replace(written(-0.2).question, template=template)
    study = msgspec.structs.replace(written(-0.2), question=question)
    (related,) = [s for s in words_of(study, RNG)[2]["sections"] if s["title"] == "Related work"]
    told = " ".join(part["text"] for part in related["parts"])
    assert f"treat “{first.title}” [1]" in told
    for number, work in enumerate(others, 2):
        assert work.annote and f"{work.annote} [{number}]" in told
