"""The language-model scientist end to end: scripted server, real sandbox, real runs, real PDF."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from conference.documents import read_pdf
from conference.files import EXPERIMENTS, PAPERS
from conference.models.records import ModelRules, calls_from_json
from conference.records import (
    Agent,
    AnyRecord,
    Call,
    CameraReady,
    Check,
    Experiment,
    Failure,
    Incident,
    Rebuttal,
    Review,
    Submission,
    decode,
)
from conference.tasks import Sight, Task, TaskKey
from scientists.scientist import RebutSight, ResearchSight, ReviseSight
from tests.models.scripted import Answer, Script, Scripted, fill, schema_of, serve, text_of
from venues.cast import make_performer

pytestmark = pytest.mark.timeout(400)
KEPT = "def main() -> None:"


def perform(server: Scripted, folder: Path, sight: Sight, step: str) -> list[AnyRecord]:
    agent = Agent(
        id="scientist-001", role="scientist", name="A", lab="L", mind=server.spec,
        topics=("optimisation",),
    )  # fmt: skip
    performer = make_performer(0, str(folder), 0, {"default": ModelRules(retries=0)})
    task = Task(TaskKey(step, agent.id, "paper-001"), sight, agent)
    done = asyncio.run(performer(task))
    assert calls_from_json(done.calls)
    return decode(done.records)


def research(server: Scripted, folder: Path, literature: str = "") -> list[AnyRecord]:
    for name in (PAPERS, EXPERIMENTS):
        (folder / name).mkdir(exist_ok=True)
    sight = msgspec.structs.replace(research_sight(), literature=literature)
    return perform(server, folder, sight, "submit")


def research_sight() -> ResearchSight:
    call = Call(
        title="Workshop", text="Small studies.", topics=("optimisation",), deadlines={},
        page_limit=9, templates=("learning_rate",),
    )  # fmt: skip
    return ResearchSight(call=call, paper="paper-001", number=0, budget="quick", seeds=2)


def of(kind: type[Any], records: list[AnyRecord]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def honest(edits: list[list[dict[str, str]]]) -> Script:
    """A model that writes sense, and these changes of the code one after another."""
    left = list(edits)

    def answer(request: dict[str, Any]) -> Answer:
        wanted = schema_of(request)["properties"]
        if "edits" in wanted:
            return {"explanation": "It warms up.", "edits": left.pop(0) if left else []}
        if "novel" in wanted:
            return {"reason": "Nothing alike was found.", "nearest": "", "novel": True}
        if "paragraphs" in wanted:
            return {"paragraphs": ["We say what was seen, as others did [@robbins1951]."]}
        if "changes" in wanted:
            return {"title": "A revised title", "abstract": "Anew.", "changes": ["More seeds."]}
        if "abstract" in wanted:
            return {"title": "Does it help?", "abstract": "We asked and the interval says."}
        filled: dict[str, Any] = fill(schema_of(request), random.Random(request["seed"]))
        return filled

    return answer


def liar(request: dict[str, Any]) -> Answer:
    """A model that cites what there is not and states what nobody measured, and never mends it."""
    wanted = schema_of(request)["properties"]
    if "paragraphs" in wanted:
        return {"paragraphs": ["Smith showed a gain of 93.7 % [@smith2031nothing]."]}
    if "abstract" in wanted and "changes" not in wanted:
        return {"title": "A breakthrough", "abstract": "The error falls by 73.21 % to 0.12345."}
    return honest([])(request)


def test_broken_and_forbidden_code_is_refused_and_told_until_it_runs(tmp_path: Path) -> None:
    attempts = [
        [{"find": "no such line", "replace": "x = 1"}],
        [
            {
                "find": KEPT,
                "replace": f"import socket\nsocket.create_connection(('1.1.1.1', 80))\n{KEPT}",
            }
        ],
        [{"find": KEPT, "replace": f"TIME_BUDGET = 10**9  # budget\n{KEPT}"}],
        [{"find": KEPT, "replace": f"# a change that runs\n{KEPT}"}],
    ]
    with serve(honest(attempts)) as server:
        records = research(server, tmp_path)
        told = [text_of(r) for r in server.requests if "edits" in schema_of(r)["properties"]]
    assert not of(Failure, records)
    kinds = [incident.kind for incident in of(Incident, records)]
    assert "network" in kinds and "limit_edit" in kinds
    assert "stands 0 times" in told[1] and "budgets, seeds and limits" in told[3]
    (experiment,) = of(Experiment, records)
    code = (tmp_path / EXPERIMENTS / experiment.files["code of the treatment"]).read_text()
    assert "# a change that runs" in code and experiment.runs == 4
    (paper,) = of(Submission, records)
    document = read_pdf(tmp_path / PAPERS / paper.pdf)
    assert document.title == "Does it help?" and document.pages >= 4
    foot = PdfReader(tmp_path / PAPERS / paper.pdf).pages[0].extract_text()
    assert "Written by the language model" in foot
    assert not [check for check in of(Check, records) if not check.passed]


def test_code_that_never_runs_leaves_the_knobs_and_a_failed_check(tmp_path: Path) -> None:
    broken = [[{"find": KEPT, "replace": "def main( -> None:"}] for _ in range(4)]
    with serve(honest(broken)) as server:
        records = research(server, tmp_path)
    (check,) = [check for check in of(Check, records) if check.name == "code changes"]
    assert not check.passed and "no Python" in check.detail
    (experiment,) = of(Experiment, records)
    assert "code of the treatment" not in experiment.files


def test_invented_numbers_and_citations_are_caught_and_shown(tmp_path: Path) -> None:
    with serve(liar) as server:
        records = research(server, tmp_path)
        refined = [text for text in server.prompts() if "smith2031nothing' is cited" in text]
    assert refined, "the model was told of its citations and asked to mend them"
    failed = {check.name: check.detail for check in of(Check, records) if not check.passed}
    assert "73.21" in failed["claims"] and "smith2031nothing" in failed["citations"]
    assert "invented_citation" in [incident.kind for incident in of(Incident, records)]
    (paper,) = of(Submission, records)
    assert "smith2031nothing" not in read_pdf(tmp_path / PAPERS / paper.pdf).text


def test_reviews_are_answered_and_the_paper_revised(tmp_path: Path) -> None:
    change = [[{"find": KEPT, "replace": f"# a change that runs\n{KEPT}"}]]
    with serve(honest(change)) as server:
        records = research(server, tmp_path)
        (paper,), (experiment,) = of(Submission, records), of(Experiment, records)
        review = Review(
            paper="paper-001", reviewer="R1", rating=4, confidence=3, scores={"rating": 4},
            texts={"weaknesses": "- Only two seeds: the evidence is thin."}, mind="m", day=3,
        )  # fmt: skip
        rebuttal = perform(
            server,
            tmp_path,
            RebutSight(submission=paper, reviews=(review,), names=("R1",)),
            "rebut",
        )
        sight = ReviseSight(
            submission=paper, reviews=(review,), rebuttal=None, meta_review="",
            call=research_sight().call, experiment=experiment, seeds=2,
        )  # fmt: skip
        revised = perform(server, tmp_path, sight, "camera_ready")
    (answer,) = of(Rebuttal, rebuttal)
    assert set(answer.replies) == {"R1"} and answer.mind == server.spec
    (final,) = of(CameraReady, revised)
    assert "More seeds." in final.changes
    text = read_pdf(tmp_path / PAPERS / final.pdf).text
    assert "A revised title" in text


def test_works_that_a_search_found_may_be_cited(tmp_path: Path) -> None:
    bib = tmp_path / "works.bib"
    bib.write_text(
        "@article{doe2001, title={Warm starts of learning rates}, author={Doe, Ann}, "
        "journal={Journal of Rates}, year={2001}}"
    )

    def scholar(request: dict[str, Any]) -> Answer:
        answer = honest([])(request)
        assert isinstance(answer, dict)
        if "queries" in answer:
            answer["queries"] = ["warm starts of learning rates"]
        if "paragraphs" in answer:
            key = re.search(r"- (\S*doe2001\S*): Warm starts", text_of(request))
            assert key
            answer["paragraphs"] = [f"Warm starts were seen before [@{key[1]}]."]
        return answer

    with serve(scholar) as server:
        records = research(server, tmp_path, f"local:{bib}")
        judged = [text for text in server.prompts() if "Found in the literature" in text]
    assert judged and all("Warm starts of learning rates" in text for text in judged)
    assert not [check for check in of(Check, records) if not check.passed]
    (paper,) = of(Submission, records)
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / PAPERS / paper.pdf).pages)
    assert "Journal of Rates" in text
