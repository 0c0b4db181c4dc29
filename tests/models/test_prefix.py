"""All roles' calls about one paper begin with the same tokens: house rules and the paper."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from conference.core.records import Agent, Check, Review, Submission
from conference.core.tasks import Task, TaskFailed, TaskKey
from conference.models import Asker, make_model, parse_spec
from conference.models.fitting import fit_paper
from conference.models.reading import asks_about, page_images, paper_budget
from conference.models.records import ModelRules
from conference.papers import from_text, write_document
from conference.papers.manuscript import Manuscript
from scientists.scientist import RebutSight
from tests.models.checkpoint import make_checkpoint
from tests.models.scripted import Scripted, serve
from tests.models.test_round import RULES, venue
from tests.venues.tiny import table
from venues.dispatch import make_performer
from venues.round import run_round

BLOCK = 16  # tokens; vLLM shares whole blocks


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(make_checkpoint(tmp_path_factory.mktemp("m")))


def _rebut(server: Scripted, folder: Path, paper: Submission) -> None:
    agent = Agent(id="scientist-001", role="scientist", name="A", lab="L", mind=server.spec)
    review = Review(
        paper=paper.paper, reviewer="R1", rating=4, confidence=3, scores={"rating": 4},
        texts={"weaknesses": "- few seeds"}, mind="m", day=1,
    )  # fmt: skip
    sight = RebutSight(submission=paper, reviews=(review,), names=("R1",))
    task = Task(TaskKey("rebut", agent.id, paper.paper), sight, agent)
    asyncio.run(make_performer(0, str(folder), 0, {"default": RULES})(task))


@pytest.mark.parametrize("preset", ["", "#careful"])
def test_every_role_shares_the_paper_s_prefix(preset: str, tmp_path: Path, tokenizer) -> None:  # type: ignore[no-untyped-def]
    """Also where reviewers are shown an example of a review, which chairs and authors are not."""
    examples = tmp_path / "examples.jsonl"
    line = {"title": "An old paper", "text": "It was good.", "review": {"rating": 6}}
    examples.write_text(json.dumps(line))
    rows = table(2)
    long = [f"Section {n}. " + " ".join(f"word{n}of{at}" for at in range(200)) for n in range(5)]
    source = msgspec.structs.replace(
        rows, table=tuple(msgspec.structs.replace(row, text="\n".join(long)) for row in rows.table)
    )
    with serve() as server:
        rules = venue(server, examples=str(examples))
        minds = msgspec.structs.replace(rules.minds, reviewer=server.spec + preset)
        rules = msgspec.structs.replace(rules, minds=minds)
        result = run_round(rules, out=tmp_path / "run", hosts=0, papers=source)
        for paper in result.round.papers():
            _rebut(server, tmp_path / "run", paper)
    by_paper: dict[str, list[tuple[str, list[int], int]]] = defaultdict(list)
    for request in server.requests:
        text = tokenizer.apply_chat_template(
            request["messages"], add_generation_prompt=True, tokenize=False
        )
        if '<paper id="' not in text:
            continue
        head, rest = text.split("\n</paper>\n", 1)
        paper = head.split('<paper id="')[1].split('"')[0]
        ids = tokenizer(text)["input_ids"]
        by_paper[paper].append((rest, ids, len(tokenizer(head)["input_ids"])))
    roles = {
        "You review the paper": "reviewer",
        "You are the area chair": "chair",
        "You are the author": "scientist",
    }
    for paper in ("p000", "p001"):
        calls = by_paper[paper]
        said = [rest for rest, _, _ in calls]
        assert set(roles.values()) == {
            name for words, name in roles.items() if any(words in rest for rest in said)
        }
        assert any("An old paper" in rest for rest in said) == bool(preset)
        shortest = min(length for _, _, length in calls)
        assert shortest > 1000, "the whole paper is in the prefix"
        first = calls[0][1]
        for _, ids, length in calls[1:]:
            common = next(
                (n for n, (a, b) in enumerate(zip(first, ids, strict=False)) if a != b), len(ids)
            )
            assert common >= length - BLOCK


def test_reviewers_of_a_paper_differ_only_after_its_form(tmp_path: Path) -> None:
    with serve() as server:
        run_round(venue(server), out=tmp_path, hosts=0, papers=table(4))
    heads: dict[str, set[str]] = defaultdict(set)
    for text in server.prompts():
        if "You review the paper above" in text:
            paper = text.split('<paper id="')[1].split('"')[0]
            heads[paper].add(re.split(r"\n\n(?:About you|Your own|Titles of|You review)", text)[0])
    assert len(heads) == 4
    assert all(len(found) == 1 and "`rating`" in found.pop() for found in heads.values())


def test_a_long_paper_keeps_what_the_rule_names(tmp_path: Path) -> None:
    def section(name: str, words: int) -> str:
        return f"{name}\n" + " ".join(f"{name.lower()}{n}" for n in range(words))

    text = "\n".join(
        [section("Introduction", 300), section("Method", 3000), section("Experiments", 3000),
         section("Conclusion", 200), section("References", 2000)]
    )  # fmt: skip
    cut = fit_paper(text, 2000, lambda part: len(part.split()))
    assert len(cut.split()) <= 2000
    assert "introduction299" in cut and "conclusion199" in cut and "references0" not in cut
    method = sum(word.startswith("method") for word in cut.split())
    assert abs(method - sum(word.startswith("experiments") for word in cut.split())) <= 2
    assert cut.count("words do not fit]") == 3, "references are missed in the text, too"
    assert fit_paper(text, 10**6, lambda part: len(part.split())) == text
    assert paper_budget(8000, ModelRules(max_tokens=1000)) + 1000 < 8000


def test_a_text_without_spaces_is_cut_within_its_words() -> None:
    text = "Introduction\n" + "研究結果" * 5000
    cut = fit_paper(text, 2000, len)
    assert 1900 < len(cut) <= 2000 and cut.endswith("words do not fit]")


def test_what_failed_in_a_paper_s_checks_is_told_however_long_it_is(tmp_path: Path) -> None:
    text = "Introduction\n" + "word " * 9000 + "\nAppendix\n" + "more " * 900
    check = Check(paper="p", name="claims", passed=False, detail="73 is in no result file")
    document = write_document(from_text("T", "A", text), tmp_path)
    paper = Manuscript(paper="p", title="T", abstract="A", document=document, checks=(check,))
    with serve() as server:
        rules = ModelRules(context=9000, max_tokens=800)
        asker = Asker(make_model(parse_spec(server.spec), rules), rules, "", 1, TaskKey("t"))
    _, asked = asks_about(paper, tmp_path, asker, "Judge it.")
    assert "words do not fit" in asked.text and "73 is in no result file" in asked.text


def test_a_page_of_any_size_is_shown_and_one_that_cannot_be_drawn_is_no_crash(
    tmp_path: Path,
) -> None:
    import pypdf

    wall = pypdf.PdfWriter()
    wall.add_blank_page(14_400, 14_400)
    wall.write(tmp_path / "wall.pdf")
    (shown,) = page_images(str(tmp_path / "wall.pdf"), 3)
    assert max(Image.open(io.BytesIO(base64.b64decode(shown))).size) < 1000
    (tmp_path / "none.pdf").write_bytes(b"no PDF")
    with pytest.raises(TaskFailed, match=r"none\.pdf: its pages cannot be drawn"):
        page_images(str(tmp_path / "none.pdf"), 3)


def test_a_long_paper_is_cut_once_for_all_its_calls(tmp_path: Path) -> None:
    """Cutting reads the text many times over, on the cores that engines on CPU need."""
    read: list[str] = []

    class Short:
        """A model that can hold little, and that has no hash: a plug-in's may have none."""

        name, revision, context = "short", "1", 4000
        __hash__ = None  # type: ignore[assignment]

        def count(self, text: str) -> int:
            read.append(text)
            return len(text.split())

    paper = Manuscript(paper="p1", title="Long", abstract=" ".join(map(str, range(9000))))
    other = msgspec.structs.replace(paper, paper="p2", abstract=paper.abstract + " end")
    key = TaskKey("review", "r1", "p1")
    asker = Asker(Short(), ModelRules(), "default", 0, key)  # type: ignore[arg-type]
    first = asks_about(paper, tmp_path, asker, "Judge it.")
    assert read and "words do not fit]" in first[1].text
    read.clear()
    assert asks_about(paper, tmp_path, asker, "Judge it.") == first
    assert not read
    assert asks_about(other, tmp_path, asker, "Judge it.") != first
    assert read, "another paper is cut for itself"
