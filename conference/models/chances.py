"""Reads a model's probabilities of a score field's values from its token probabilities.

The model is asked for the field alone, without sampling, and returns the probabilities of the
likeliest tokens at each place of its answer. A value's probability is the product over its tokens,
each normalized over the tokens that lead to an allowed value. If one token begins several values,
as "1" begins 1 and 10, and the answer took another path, the model is asked once more with only
these values allowed.

The probabilities are conditional on the words before the value as the model writes them without
sampling. A small model sampled under guided decoding spells those words in other tokens and then
rates differently, so sampled ratings do not follow these probabilities.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec

from conference.core.forms import Field, Form
from conference.core.tasks import TaskFailed
from conference.models.asking import Asker
from conference.models.records import Message, Place
from conference.models.shapes import form_shape

TOP = 20  # likeliest tokens returned per place: the most that the OpenAI protocol allows
LEAST = 1e-3  # a token that begins several values is asked about if its probability is this high
COVERED = 0.5  # share of the probability that must fall on allowed values, else there is no score
VALUE = re.compile(r'\s*:\s*"?\s*([\d.eE+-]*)(.*)', re.DOTALL)


class NoChances(TaskFailed):
    """The model does not return token probabilities."""


class Chances(msgspec.Struct, frozen=True):
    """A model's probability of each allowed value. They sum to 1."""

    of: dict[float, float]

    @property
    def mean(self) -> float:
        return sum(value * chance for value, chance in self.of.items())

    @property
    def spread(self) -> float:
        """The standard deviation."""
        around = sum(chance * (value - self.mean) ** 2 for value, chance in self.of.items())
        return math.sqrt(around)


class _Leaf(msgspec.Struct, frozen=True):
    """A path through the value's tokens: the tokens, the values that still fit, and the path's
    probability."""

    tokens: tuple[str, ...]
    fits: frozenset[float]
    share: float


async def ask_chances(asker: Asker, messages: tuple[Message, ...], field: Field) -> Chances:
    """The model's probabilities of the values of a score field that `messages` ask for.

    Raises:
        NoChances: the model returns no token probabilities.
        TaskFailed: it gave no valid answer, or less than half of the probability is on allowed
            values.
    """
    shares = dict.fromkeys(field.values, 0.0)
    for value, share in (await _shares(asker, messages, field, field.values, ())).items():
        shares[value] = share
    covered = sum(shares.values())
    if covered < COVERED:
        raise TaskFailed(
            f"{field.name}: {asker.model.name} puts only {covered:.0%} of its probability on "
            "values that the form allows, which is too little for a score"
        )
    return Chances({value: share / covered for value, share in shares.items()})


async def _shares(
    asker: Asker, messages: tuple[Message, ...], field: Field, values: Sequence[float],
    within: tuple[str, ...],
) -> dict[float, float]:  # fmt: skip
    """Each value's probability, given that the value begins with the tokens `within`.

    Probability that cannot be attributed to one value is left out, so the sum may be below 1.
    """
    shape = form_shape(Form(field=(field,), rating=field.name), thoughts=False)
    if within:  # Only guided decoding is restricted to these values; the prompt stays the same.
        fewer = form_shape(Form(field=(_only(field, values),), rating=field.name), thoughts=False)
        shape = msgspec.structs.replace(shape, schema=fewer.schema)
    purpose = "soft" if not within else f"soft {'/'.join(f'{value:g}' for value in values)}"
    _, reply = await asker.ask_with_reply(messages, shape, purpose, temperature=0.0, logprobs=TOP)
    if not reply.places:
        raise NoChances(
            f"{field.name}: {asker.model.name} returns no probabilities of its tokens (logprobs), "
            "which a soft rating needs; serve the model with vLLM, run it as vllm: or "
            "transformers:, or leave #soft out"
        )
    leaves = [leaf for leaf in read(reply.places, field.name, values) if _begins(leaf, within)]
    whole = sum(leaf.share for leaf in leaves) if within else 1.0
    found = dict.fromkeys(values, 0.0)
    guided = "response_format" not in reply.unsent
    for leaf in leaves:
        if len(leaf.fits) == 1:
            found[next(iter(leaf.fits))] += leaf.share / whole
        elif guided and leaf.share >= LEAST and len(leaf.fits) < len(values):
            among = await _shares(asker, messages, field, sorted(leaf.fits), leaf.tokens)
            for value, share in among.items():
                found[value] += leaf.share / whole * share
    return found


def _only(field: Field, values: Sequence[float]) -> Field:
    return msgspec.structs.replace(field, values=tuple(values))


def _begins(leaf: _Leaf, within: tuple[str, ...]) -> bool:
    return leaf.tokens[: len(within)] == within


def read(places: Sequence[Place], name: str, values: Sequence[float]) -> list[_Leaf]:
    """The paths that the value may take; their shares sum to the probability of allowed values."""
    answer, named = "", "".join(place.token for place in places).rfind(f'"{name}"')
    for at, place in enumerate(places):
        written = _written(answer + place.token, name) if len(answer) > named else None
        if written and written[0]:
            return _branch(answer, places[at:], name, frozenset(values), (), 1.0)
        answer += place.token
    return []


def _branch(
    answer: str, places: Sequence[Place], name: str, values: frozenset[float],
    tokens: tuple[str, ...], share: float,
) -> list[_Leaf]:  # fmt: skip
    """The paths from `places[0]` on; only the one that the answer took is followed further."""
    place, ways = places[0], {}
    for token, logprob in place.logprobs.items():
        fits = _fits(_written(answer + token, name), values)
        if fits:
            ways[token] = (fits, math.exp(logprob))
    # The first token's probability may partly fall outside the allowed values: that part stays
    # unattributed. Later tokens are normalized, because guided decoding allows no others.
    whole = sum(chance for _, chance in ways.values()) if tokens else 1.0
    leaves = []
    for token, (fits, chance) in ways.items():
        path, part = (*tokens, token), share * chance / whole
        if len(fits) > 1 and token == place.token and len(places) > 1:
            leaves += _branch(answer + token, places[1:], name, fits, path, part)
        else:
            leaves.append(_Leaf(path, _alone(token, fits, ways), part))
    return leaves


def _alone(
    token: str, fits: frozenset[float], ways: dict[str, tuple[frozenset[float], float]]
) -> frozenset[float]:
    """The values that a token may begin, without those that a longer token here writes in full: a
    tokenizer with a token "10" does not write 10 as "1" and "0"."""
    longer = [
        other_fits
        for other, (other_fits, _) in ways.items()
        if len(other) > len(token) and other.startswith(token) and len(other_fits) == 1
        if other[len(token)].isdigit()
    ]
    return fits.difference(*longer) if len(fits) > 1 else fits


def _written(answer: str, name: str) -> tuple[str, bool] | None:
    """The digits of a field's value in an answer so far, and whether they are complete; None
    before the value begins."""
    _, named, rest = answer.rpartition(f'"{name}"')
    found = VALUE.match(rest) if named else None
    return (found[1], bool(found[2])) if found else None


def _fits(written: tuple[str, bool] | None, values: frozenset[float]) -> frozenset[float]:
    """The values that fit the digits so far; none before the first digit."""
    if written is None or not written[0]:
        return frozenset()
    digits, ended = written
    if not ended:
        return frozenset(value for value in values if f"{value:g}".startswith(digits))
    try:
        return values & {float(digits)}
    except ValueError:
        return frozenset()
