"""The language-model scientist end to end: scripted server, real sandbox, real runs, real PDF."""

from __future__ import annotations

import asyncio
import json
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from conference.core.files import EXPERIMENTS, PAPERS
from conference.core.records import (
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
from conference.core.tasks import Sight, Task, TaskKey
from conference.models.records import ModelRules, calls_from_json
from conference.papers import read_pdf
from scientists.language.coding import Edit, Refused, apply
from scientists.language.ideas import rules
from scientists.scientist import RebutSight, ResearchSight, ReviseSight
from scientists.study import Tried
from scientists.templates import load_template
from tests.models.scripted import Answer, Script, Scripted, fill, schema_of, serve, text_of
from tests.scientists.studies import light_template
from venues.dispatch import make_performer

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
    sight = msgspec.structs.replace(research_sight(folder), literature=literature)
    return perform(server, folder, sight, "submit")


def research_sight(folder: Path) -> ResearchSight:
    made = folder / "learning_rate"
    template = made if made.exists() else light_template(folder)
    call = Call(
        title="Workshop", text="Small studies.", topics=("optimisation",), deadlines={},
        page_limit=9, templates=(str(template),),
    )  # fmt: skip
    return ResearchSight(call=call, paper="paper-001", number=0, budget="quick", seeds=2)


def of(kind: type[Any], records: list[AnyRecord]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def honest(
    edits: list[list[dict[str, str]]], plots: list[list[dict[str, str]]] | None = None
) -> Script:
    """A model that writes sense, and these changes of code and figures one after another.

    It confirms the last version that ran when there is no change left.
    """
    left, drawn = list(edits), list(plots or [])

    def answer(request: dict[str, Any]) -> Answer:
        wanted = schema_of(request)["properties"]
        if "confirm" in wanted:
            ran = 0 if left else max(wanted["confirm"]["enum"])
            said = {"notes": "It moved a little.", "confirm": ran, "explanation": "It warms up."}
            return said | {"edits": left.pop(0) if left else []}
        if "edits" in wanted:
            return {"explanation": "It is seen better.", "edits": drawn.pop(0) if drawn else []}
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
    """A model that cites unknown works and states what nobody measured, and never corrects it."""
    wanted = schema_of(request)["properties"]
    if "paragraphs" in wanted:
        return {"paragraphs": ["Smith showed a gain of 93.7 % [@smith2031nothing]."]}
    if "abstract" in wanted and "changes" not in wanted:
        return {"title": "A breakthrough", "abstract": "The error falls by 73.21 % to 0.12345."}
    if "novel" in wanted:
        return {"reason": "It was done before.", "nearest": "An old work", "novel": False}
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
        told = [text_of(r) for r in server.requests if "confirm" in schema_of(r)["properties"]]
    assert not of(Failure, records)
    kinds = [incident.kind for incident in of(Incident, records)]
    assert "network" in kinds and "limit_edit" in kinds
    assert "stands 0 times" in told[1] and "budgets, seeds and limits" in told[3]
    (experiment,) = of(Experiment, records)
    code = (tmp_path / EXPERIMENTS / experiment.files["code of the treatment"]).read_text()
    assert "# a change that runs" in code and experiment.runs == 4 and experiment.trials == 1
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


def commented(comment: str) -> list[dict[str, str]]:
    return [{"find": KEPT, "replace": f"# {comment}\n{KEPT}"}]


def test_a_version_is_chosen_by_trials_on_a_seed_of_their_own(tmp_path: Path) -> None:
    """Three versions run; the second is confirmed, and paper, checks and files say how it came."""
    versions = [commented(name) for name in ("first", "second", "third")]
    script = honest(versions)

    def picky(request: dict[str, Any]) -> Answer:
        answer = script(request)
        if isinstance(answer, dict) and answer.get("confirm") == 3:
            answer["confirm"] = 2
        return answer

    with serve(picky) as server:
        records = research(server, tmp_path)
        steps = [r for r in server.requests if "confirm" in schema_of(r)["properties"]]
        noted = [text for text in server.prompts() if "Write your `notes`" in text]
    told = [text_of(request) for request in steps]
    assert "Version 2:" in told[2] and "You noted: It moved a little." in told[3]
    assert all(len(request["messages"]) <= 4 for request in steps)
    assert "It warms up. It moved a little." in noted[0]
    (experiment,) = of(Experiment, records)
    kept = tmp_path / EXPERIMENTS
    assert "# second" in (kept / experiment.files["code of the treatment"]).read_text()
    tried = msgspec.json.decode((kept / experiment.files["trials"]).read_bytes(), type=Tried)
    assert experiment.trials == len(tried.trials) == 3 and tried.chosen == 2
    assert tried.seed not in experiment.seeds and experiment.runs == 2 * len(experiment.seeds)
    (paper,) = of(Submission, records)
    text = " ".join(read_pdf(tmp_path / PAPERS / paper.pdf).text.split())
    assert "three versions of the treatment, and none of the baseline, ran before" in text
    assert f"on seed {tried.seed}" in text and "changed experiment.py" in text
    failed = {check.name: check.detail for check in of(Check, records) if not check.passed}
    assert list(failed) == ["fair comparison"] and "3 trials" in failed["fair comparison"]


def test_a_version_that_fails_on_the_studys_seeds_leaves_the_knobs(tmp_path: Path) -> None:
    once = KEPT + '\n    assert len(json.load(open("config.json"))["runs"]) == 1, "many runs"'
    with serve(honest([[{"find": KEPT, "replace": once}]])) as server:
        records = research(server, tmp_path)
    (check,) = [check for check in of(Check, records) if check.name == "code changes"]
    assert not check.passed and "failed in the study" in check.detail
    (experiment,) = of(Experiment, records)
    assert "code of the treatment" not in experiment.files and experiment.trials == 1


def plot_edit(code: str) -> list[dict[str, str]]:
    """A change of the template's plot.py that runs this code before it draws."""
    return [{"find": KEPT, "replace": f"{KEPT}\n    {code}"}]


NO_WIDTH = (
    "import atexit, pathlib, re; atexit.register(lambda: [p.write_text(re.sub("
    "' width=\"[0-9.]+pt\"', ' width=\"0\"', p.read_text(), count=1)) "
    "for p in pathlib.Path('figures').glob('*.svg')])"
)


def test_figures_may_be_changed_and_must_be_readable(tmp_path: Path) -> None:
    plots = [
        plot_edit("raise SystemExit('no figure today')"),
        plot_edit(NO_WIDTH),
        plot_edit("STYLE['size'] = 3.0"),
        plot_edit("STYLE['ground'] = '#fffaf0'"),
    ]
    with serve(honest([], plots)) as server:
        records = research(server, tmp_path)
        told = [text for text in server.prompts() if "which has drawn the figures" in text]
    assert "status 1" in told[1] and "Typst does not typeset" in told[2]
    assert "the least is 6" in told[3]
    (experiment,) = of(Experiment, records)
    kept = tmp_path / EXPERIMENTS
    assert "#fffaf0" in (kept / experiment.files["code of the figures"]).read_text()
    figures = [kept / file for name, file in experiment.files.items() if name.startswith("figure:")]
    assert all("#fffaf0" in figure.read_text() for figure in figures)
    (paper,) = of(Submission, records)
    text = " ".join(read_pdf(tmp_path / PAPERS / paper.pdf).text.split())
    assert "drawn by a changed plot.py" in text
    assert not [check for check in of(Check, records) if not check.passed]


def test_figures_that_reach_outside_are_refused(tmp_path: Path) -> None:
    """The change is run, caught and recorded, and the template's own figures are taken."""
    outside = (
        "import atexit, pathlib; atexit.register(lambda: [p.write_text(p.read_text().replace("
        "'</svg>', '<image href=\"file:///etc/passwd\"/></svg>')) "
        "for p in pathlib.Path('figures').glob('*.svg')])"
    )
    with serve(honest([], [plot_edit(outside)] * 4)) as server:
        records = research(server, tmp_path)
    assert [i for i in of(Incident, records) if "/etc/passwd" in i.detail]
    (check,) = [check for check in of(Check, records) if check.name == "code changes"]
    assert "plot.py" in check.detail
    (experiment,) = of(Experiment, records)
    assert "code of the figures" not in experiment.files


def test_invented_numbers_and_citations_are_caught_and_shown(tmp_path: Path) -> None:
    with serve(liar) as server:
        records = research(server, tmp_path)
        refined = [text for text in server.prompts() if "smith2031nothing' is cited" in text]
    assert refined, "the model was told of its citations and asked to correct them"
    failed = {check.name: check.detail for check in of(Check, records) if not check.passed}
    assert "It was done before. (nearest: An old work)" in failed["novelty"]
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
        (answer,) = of(Rebuttal, rebuttal)
        promised = msgspec.structs.replace(answer, promises=("a promise of an ablation",))
        sight = ReviseSight(
            submission=paper, reviews=(review,), rebuttal=promised, meta_review="",
            call=research_sight(tmp_path).call, experiment=experiment, seeds=2,
        )  # fmt: skip
        revised = perform(server, tmp_path, sight, "camera_ready")
    assert set(answer.replies) == {"R1"} and answer.mind == server.spec
    (final,) = of(CameraReady, revised)
    assert "More seeds." in final.changes
    assert final.checks and not [check for check in final.checks if not check.passed]
    kept = json.loads((tmp_path / EXPERIMENTS / final.files["results"]).read_bytes())
    assert len(kept["runs"]) > experiment.runs, "the runs that it rests on are kept with it"
    assert "a promise of an ablation" in " ".join(server.prompts())
    text = read_pdf(tmp_path / PAPERS / final.pdf).text
    assert "A revised title" in text


def test_a_final_version_s_inventions_are_caught(tmp_path: Path) -> None:
    def liar_later(request: dict[str, Any]) -> Answer:
        if "changes" not in schema_of(request)["properties"]:
            return honest([])(request)
        gain = "A gain of 55.5 % was shown [@smith2031nothing]."
        return {"title": "Revised", "abstract": "It falls by 73.21 %.", "changes": [gain]}

    with serve(liar_later) as server:
        records = research(server, tmp_path)
        (paper,), (experiment,) = of(Submission, records), of(Experiment, records)
        sight = ReviseSight(
            submission=paper, reviews=(), rebuttal=None, meta_review="",
            call=research_sight(tmp_path).call, experiment=experiment, seeds=2,
        )  # fmt: skip
        revised = perform(server, tmp_path, sight, "camera_ready")
    (final,) = of(CameraReady, revised)
    failed = {check.name: check.detail for check in final.checks if not check.passed}
    assert "73.21" in failed["claims"] and "55.5" in failed["claims"]
    assert "smith2031nothing" in failed["citations"]
    assert [row.kind for row in of(Incident, revised)] == ["invented_citation"]
    assert not of(Incident, records)


def test_inventions_that_were_rewritten_are_forgotten(tmp_path: Path) -> None:
    """What the submission cited of nothing is in no part of the final version."""

    def boaster(request: dict[str, Any]) -> Answer:
        answer = liar(request)
        if isinstance(answer, dict) and "abstract" in answer:
            answer["abstract"] += " Nobody did [@nobody2030; @robbins1951]."
        return answer

    with serve(boaster) as server:
        records = research(server, tmp_path)
    (paper,), (experiment,) = of(Submission, records), of(Experiment, records)
    (cited,) = [check.detail for check in of(Check, records) if check.name == "citations"]
    assert "'nobody2030' is cited in abstract" in cited and "[@" not in paper.abstract
    review = Review(
        paper="paper-001", reviewer="R1", rating=4, confidence=3, scores={"rating": 4},
        texts={"weaknesses": "- Only two seeds: the evidence is thin."}, mind="m", day=3,
    )  # fmt: skip
    sight = ReviseSight(
        submission=paper, reviews=(review,), rebuttal=None, meta_review="",
        call=research_sight(tmp_path).call, experiment=experiment, seeds=2,
    )  # fmt: skip
    with serve(honest([])) as server:
        revised = perform(server, tmp_path, sight, "camera_ready")
    (final,) = of(CameraReady, revised)
    failed = [check.name for check in final.checks if not check.passed]
    assert failed == ["novelty"], "what was judged of the idea stays, what was corrected does not"
    assert not of(Incident, revised)


def test_works_that_a_search_found_while_writing_may_be_cited(tmp_path: Path) -> None:
    bib = tmp_path / "works.bib"
    bib.write_text(
        "@article{doe2001, title={Warm starts of learning rates}, author={Doe, Ann}, "
        "journal={Journal of Rates}, year={2001}}"
    )

    def scholar(request: dict[str, Any]) -> Answer:
        answer = honest([])(request)
        assert isinstance(answer, dict)
        if "hypothesis" in answer:
            answer["queries"] = ["nothing of the kind", "nor of this"]
        elif "queries" in answer:
            found = "Warm starts of learning rates" in text_of(request)
            answer["queries"] = [] if found else ["warm starts of learning rates"]
        if "paragraphs" in answer:
            key = re.search(r"- (\S*doe2001\S*): Warm starts", text_of(request))
            assert key
            answer["paragraphs"] = [f"Warm starts were seen before [@{key[1]}]."]
        return answer

    with serve(scholar) as server:
        records = research(server, tmp_path, f"local:{bib}")
        asked = [text for text in server.prompts() if "Which works should a paper" in text]
    assert len(asked) == 2 and "doe2001" in asked[1] and "doe2001" not in asked[0]
    assert not [check for check in of(Check, records) if not check.passed]
    (paper,) = of(Submission, records)
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / PAPERS / paper.pdf).pages)
    assert "Journal of Rates" in text


LOOP = "range(1, steps + 1)"
SNEAKY = [
    *((name, LOOP, "range(1, 3 * steps + 1)") for name in ("char_lm", "grokking", "diffusion_2d")),
    ("learning_rate", LOOP, "range(1, 3 * steps + 1)"),
    ("char_lm", '["steps"], ', '["steps"] * 3, '),
    ("learning_rate", '["steps"], knobs', '["steps"] * 3, knobs'),
]


@pytest.mark.parametrize(("name", "find", "replace"), SNEAKY)
def test_a_part_of_a_protected_line_may_not_change_either(
    name: str, find: str, replace: str
) -> None:
    """More steps, though the edit itself names no budget."""
    code = (load_template(name).folder / "experiment.py").read_text()
    assert code.count(find) == 1
    with pytest.raises(Refused) as caught:
        apply(code, [Edit(find, replace)], rules().protected)
    assert caught.value.breach
