"""A package of somebody else adds a model and a mind; a model that sees is shown the pages."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conference.core import registry
from conference.core.errors import UserError
from conference.core.records import Agent, Bids, Decision, Failure, Review
from conference.models.prompts import about_paper
from tests.models.scripted import Answer, obedient, serve
from tests.models.test_round import venue
from tests.papers.made import FILLER
from tests.papers.made import paper as plain_paper
from tests.venues.tiny import table, tiny_venue
from venues import minds
from venues.papers import open_papers
from venues.round import prepare, run_round

PACKAGE = """
import json, random
from conference.models import Reply
from tests.papers.made import FILLER
from tests.papers.made import paper as plain_paper
from tests.models.scripted import fill
from venues.instant import make as instant

class Dice:
    def __init__(self, target, rules):
        self.name, self.revision, self.context = f"dice:{target}", "1.0", 9000
    def count(self, text):
        return len(text) // 4
    async def complete(self, messages, schema, sampling, group):
        text = json.dumps(fill(schema, random.Random(sampling.seed)))
        return Reply(text, 10, 0, 5)

def mind(role, spec):
    return instant(role, spec)
"""
ENTRIES = """[conference.models]
dice = somebody:Dice
[conference.minds]
quick = somebody:mind
"""


@pytest.fixture
def somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package: a module, and its metadata with the entry points."""
    about = tmp_path / "site" / "somebody-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "site" / "somebody.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    registry.forget()
    yield
    registry.forget()
    minds.mind_of.cache_clear()


def test_a_package_of_somebody_else_plays_every_role(somebody: None, tmp_path: Path) -> None:
    chosen = {"reviewer": "2 dice:six#careful, 1 quick", "chair": "dice:six", "scientist": "quick"}
    with pytest.raises(Exception, match="example"):
        rules = prepare(tiny_venue(), minds=chosen)
        run_round(rules, out=tmp_path / "few-shot", hosts=0, papers=table(4))
    chosen["reviewer"] = "2 dice:six, 1 quick"
    rules = prepare(tiny_venue(), minds=chosen)
    result = run_round(rules, out=tmp_path / "run", hosts=0, papers=table(4))
    assert not result.round.all(Failure) and len(result.round.all(Decision)) == 4
    assert {agent.mind for agent in result.round.all(Agent)} == {"dice:six", "quick"}
    assert {review.mind for review in result.round.all(Review)} >= {"dice:six"}
    assert result.round.all(Bids)


@pytest.mark.parametrize("sees", [True, False])
def test_a_model_that_sees_is_shown_the_pages(sees: bool, tmp_path: Path) -> None:
    folder = tmp_path / "pdfs"
    folder.mkdir()
    for name in ("one", "two", "three"):
        plain_paper(folder / f"{name}.pdf")
    shown: list[int] = []

    def looking(request: dict[str, Any]) -> Answer:
        parts = [part for m in request["messages"] if isinstance(m["content"], list)
                 for part in m["content"]]  # fmt: skip
        images = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        for image in images:
            head, data = image.split(",")
            assert head == "data:image/png;base64"
            assert base64.b64decode(data).startswith(b"\x89PNG")
        if "You review the paper above" in str(request["messages"]):
            shown.append(len(images))
            kinds = [part["type"] for part in parts]
            assert kinds == (["text", *["image_url"] * len(images), "text"] if images else [])
            assert not images or parts[0]["text"].endswith("</paper>"), "shared with the others"
            assert FILLER in str(request["messages"]), "the text is there too"
        return obedient(request)

    with serve(looking) as server:
        rules = venue(server, sees_images=sees)
        phases = tuple(phase for phase in rules.phases if phase != "desk_check")
        rules = msgspec.structs.replace(rules, phases=phases)
        run_round(rules, out=tmp_path / "run", hosts=0, papers=open_papers(folder, rules))
    assert shown and set(shown) == {2 if sees else 0}


def test_pages_stand_after_the_paper_also_where_house_rules_come_first() -> None:
    """Those name the paper's tag; a model without a system role gets all in one turn."""
    system, user = about_paper("p1", "A title", "Its text.", "Judge it.", ("image",))
    joined = msgspec.structs.replace(user, text=f"{system.text}\n\n{user.text}")
    before, after = joined.around_images()
    assert before.endswith("Its text.\n</paper>") and after.strip() == "Judge it."


def test_a_preset_that_leaves_no_room_for_a_paper_is_refused_at_once(tmp_path: Path) -> None:
    """Twelve page images and a short context: nothing of the text would be left to review."""
    with serve() as server:
        rules = venue(server, sees_images=True, context=16_000)
        with pytest.raises(UserError, match="leaves too little for a paper"):
            run_round(rules, out=tmp_path, hosts=0, papers=table(4))
        assert not server.requests
        blind = venue(server, sees_images=False, context=16_000)
        run_round(blind, out=tmp_path / "blind", hosts=0, papers=table(4))
