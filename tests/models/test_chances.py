"""A model's own chances of a rating: exact by its tokens' probabilities, however it writes."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.forms import Field, Form
from conference.core.tasks import TaskFailed, TaskKey
from conference.models import (
    Asker,
    Message,
    ModelRules,
    Reply,
    Sampling,
    form_shape,
    make_model,
    parse_spec,
)
from conference.models.chances import Chances, NoChances, ask_chances
from conference.models.records import Place, place_of

ASKED = (Message("user", "Give your rating alone."),)
ONE_TO_TEN = tuple(map(float, range(1, 11)))
SCALES = (
    ONE_TO_TEN,
    (0.0, 2.0, 4.0, 6.0, 8.0, 10.0),
    (1.0, 1.5, 2.0, 2.5, 3.0),
    (1.0, 5.0, 10.0, 15.0, 100.0),
)


class Dice:
    """A model whose tokens are drawn by fixed random weights, under the guide of a schema."""

    name, revision, context = "dice", "1", 9000

    def __init__(self, tokens: Iterable[str], seed: int, head: str = '{"rating": ') -> None:
        self.tokens, self.seed, self.head = (*tokens, "}"), seed, head
        self.asked = 0

    def weigh(self, before: str, answers: list[str]) -> dict[str, float]:
        """The tokens that may follow, by the answers that the guide allows."""
        found = {
            token: random.Random(f"{self.seed}{before}{token}").expovariate(1.0)
            for token in self.tokens
            if any(answer.startswith(before + token) for answer in answers)
        }
        whole = sum(found.values())
        return {token: weight / whole for token, weight in found.items()}

    def true_chances(self, values: Iterable[float]) -> dict[float, float]:
        """By all ways in which each value may be written."""
        answers = [f"{self.head}{value:g}}}" for value in values]

        def chance(before: str, answer: str) -> float:
            if before == answer:
                return 1.0
            return sum(
                weight * chance(before + token, answer)
                for token, weight in self.weigh(before, answers).items()
                if answer.startswith(before + token)
            )

        return {value: chance(self.head, f"{self.head}{value:g}}}") for value in values}

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling, group: str
    ) -> Reply:
        assert sampling.temperature == 0 and sampling.logprobs
        self.asked += 1
        answers = [f"{self.head}{v:g}}}" for v in schema["properties"]["rating"]["enum"]]
        text, places = self.head, [Place(self.head, {self.head: 0.0})]
        while text not in answers:
            ways = self.weigh(text, answers)
            token = max(ways, key=ways.__getitem__)
            told = sorted(ways.items(), key=lambda way: -way[1])[: sampling.logprobs]
            places.append(place_of(token, [(word, math.log(p)) for word, p in told]))
            text += token
        return Reply(text, 1, 0, 1, places=tuple(places))

    def count(self, text: str) -> int:
        return len(text) // 4


def chances_of(model: Any, values: tuple[float, ...]) -> dict[float, float]:
    rules = ModelRules(attempts=1)
    asker = Asker(model, rules, "soft", 1, TaskKey("t"))
    field = Field(name="rating", kind="score", values=values)
    found = asyncio.run(ask_chances(asker, ASKED, field))
    assert sum(found.of.values()) == pytest.approx(1)
    mean = sum(value * chance for value, chance in found.of.items())
    assert found.mean == pytest.approx(mean)
    variance = sum(chance * value**2 for value, chance in found.of.items()) - mean**2
    assert found.spread == pytest.approx(math.sqrt(max(variance, 0)), abs=1e-6)
    return found.of


@given(st.sampled_from(SCALES), st.integers(0, 10_000))
def test_with_tokens_of_one_character_each_chance_is_exact(
    values: tuple[float, ...], seed: int
) -> None:
    model = Dice("0123456789.", seed)
    assert chances_of(model, values) == pytest.approx(model.true_chances(values), abs=2e-3)


@given(st.integers(0, 10_000))
def test_a_tokenizer_that_has_the_whole_number_does_not_write_it_in_parts(seed: int) -> None:
    model = Dice([f"{value:g}" for value in ONE_TO_TEN], seed)
    exact = Dice([f"{value:g}}}" for value in ONE_TO_TEN], seed)
    assert chances_of(exact, ONE_TO_TEN) == pytest.approx(exact.true_chances(ONE_TO_TEN))
    assert exact.asked == 1
    found = chances_of(model, ONE_TO_TEN)
    true = model.true_chances(ONE_TO_TEN)
    assert found[5.0] == pytest.approx(true[5.0])
    assert found[1.0] + found[10.0] == pytest.approx(true[1.0] + true[10.0])


class Said(Dice):
    """A model that answers this, with these likelihoods of the token at the rating's place."""

    def __init__(self, words: list[str], at: int, told: dict[str, float]) -> None:
        self.words, self.at, self.told = words, at, told

    async def complete(self, *_: Any) -> Reply:
        places = [Place(word, {word: 0.0}) for word in self.words]
        logs = [(token, math.log(chance)) for token, chance in self.told.items()]
        places[self.at] = place_of(self.words[self.at], logs)
        return Reply("".join(self.words), 1, 0, 1, places=tuple(places))


def test_without_a_guide_values_that_the_form_lacks_are_left_out() -> None:
    told = {" 6": 0.6, " 7": 0.2, " 8": 0.2}
    found = chances_of(Said(['{"rating', '":', " 6", "}"], 2, told), (2.0, 6.0, 8.0))
    assert found == pytest.approx({2.0: 0.0, 6.0: 0.75, 8.0: 0.25})


def test_a_value_in_quotes_and_with_words_after_it_is_that_value() -> None:
    told = {"3": 0.75, "1": 0.25}
    found = chances_of(Said(['{"rating": "', "3", ': reject"}'], 1, told), (1.0, 3.0))
    assert found == pytest.approx({1.0: 0.25, 3.0: 0.75})
    thoughts = '<think>{"rating": 1}</think>'
    found = chances_of(Said([thoughts, '\n{"rating": ', "3", "}\n"], 2, told), (1.0, 3.0))
    assert found == pytest.approx({1.0: 0.25, 3.0: 0.75})


def test_probability_on_no_allowed_value_is_no_score() -> None:
    told = {"3": 0.3, "7": 0.7}
    with pytest.raises(TaskFailed, match="only 30% of its probability"):
        chances_of(Said(['{"rating": ', "3", "}"], 1, told), (1.0, 3.0))


def test_a_model_that_tells_no_probabilities_is_a_sentence() -> None:
    class Silent(Dice):
        async def complete(self, *_: Any) -> Reply:
            return Reply(json.dumps({"rating": 3}), 1, 0, 1)

    with pytest.raises(NoChances, match="returns no probabilities of its tokens"):
        chances_of(Silent("0123456789", 1), (1.0, 3.0))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_they_are_how_often_a_real_engine_gives_each_value(engine: str) -> None:
    """600 sampled answers, of which those count that begin in the same tokens.

    `python -m benchmarks.systems.chances` asks a real model for more. This one is random, so that
    it writes what the guide forces in ever other tokens, and the chances hang on them; the field's
    name is short to have many alike.
    """
    model = make_model(parse_spec(engine), ModelRules(max_tokens=40))
    field = Field(name="r", kind="score", values=SCALES[1])
    shape = form_shape(Form(field=(field,), rating="r"), thoughts=False)
    asker = Asker(model, ModelRules(max_tokens=40), "soft", 1, TaskKey("t"))

    async def ask() -> tuple[Chances, list[Reply]]:
        found = await ask_chances(asker, ASKED, field)
        drawn = (
            Sampling(temperature=1.0, top_p=1.0, max_tokens=40, seed=seed, logprobs=1)
            for seed in range(600)
        )
        sampled = (model.complete(ASKED, shape.schema, each, "t") for each in drawn)
        return found, await asyncio.gather(*sampled)

    found, sampled = asyncio.run(ask())
    head = head_of(asker.calls[0].places)
    given = [
        shape.read(reply.text).scores["r"] for reply in sampled if head_of(reply.places) == head
    ]
    assert len(given) > 30
    for value, chance in found.of.items():
        error = math.sqrt(chance * (1 - chance) / len(given))
        assert given.count(value) / len(given) == pytest.approx(chance, abs=4.5 * error + 1e-9)


def head_of(places: Iterable[Place]) -> list[str]:
    """The tokens before the value's first."""
    tokens = [place.token for place in places]
    first = next(at for at, token in enumerate(tokens) if any(c.isdigit() for c in token))
    return tokens[:first]
