"""How chances are compared with counts of answers."""

from __future__ import annotations

import math

from benchmarks.systems.chances import Compared, head_of
from conference.models.records import Place


def test_answers_drawn_by_the_chances_pass_and_others_do_not() -> None:
    chances = {2.0: 0.5, 6.0: 0.4, 8.0: 0.09, 10.0: 0.01}
    honest = {2.0: 101, 6.0: 79, 8.0: 18, 10.0: 2}
    turned = {2.0: 79, 6.0: 101, 8.0: 2, 10.0: 18}
    assert Compared("p", chances, turned, honest).p > 0.5
    assert Compared("p", chances, honest, turned).p < 1e-6
    assert Compared("p", chances, honest, honest).off(honest) < 0.01
    assert abs(Compared("p", chances, honest, honest).off(turned) - 0.19) < 0.01


def test_too_few_answers_are_no_test() -> None:
    assert math.isnan(Compared("p", {2.0: 0.5, 6.0: 0.5}, {}, {2.0: 1}).p)


def test_answers_begin_alike_by_their_tokens() -> None:
    one = [Place(token, {}) for token in ('{"rating', '": ', "6", "}")]
    other = [Place(token, {}) for token in ('{"', "rating", '": ', "6", "}")]
    assert head_of(one) == ('{"rating', '": ') != head_of(other)
