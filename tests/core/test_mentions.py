"""A text names something where its words stand, not where their letters do."""

from __future__ import annotations

import pytest

from conference.core.mentions import count_mentions, mentions
from conference.papers.checks import out_of_topic
from scientists.embedded.answers import answer_to
from tests.scientists.test_answers import review

KNOWN = {"seeds": "3", "difference": "0.1", "low": "0.05", "high": "0.15"}


@pytest.mark.parametrize(
    ("text", "phrase", "there"),
    [
        ("The decoder is small.", "code", False),
        ("Encoded seedlings.", "seed", False),
        ("No Code, no seeds.", "code", True),
        ("Codes are long.", "code", True),
        ("Error-bars\nare missing.", "error bar", True),
        ("an error barrier", "error bar", False),
        ("in this context", "text", False),
        ("diffusion-based models", "diffusion", True),
        ("C++", "c++", True),
    ],
)
def test_whole_words_count(text: str, phrase: str, there: bool) -> None:
    assert mentions(text, ["nothing", phrase]) is there
    assert count_mentions(f"{text} {text}", phrase) == 2 * there


def test_the_decoder_is_no_question_on_code() -> None:
    assert answer_to("The decoder is too small.", KNOWN) is None
    assert "hash" in str(answer_to("Is the code public?", KNOWN))
    assert answer_to("Fewer seeds than usual", KNOWN)


def test_a_context_is_no_text() -> None:
    assert out_of_topic("Context matters in physics.", {"language": ("text", "token")})
    for title in ("Texts matter in physics.", "A tokenizer"):
        assert out_of_topic(title, {"language": ("text", "token")}) is None


def test_what_is_effective_is_no_doubt_about_an_effect() -> None:
    from scientists.embedded.answers import doubted

    assert not doubted([review(weaknesses="The method is seedy, effective and numbered.")])
    assert doubted([review(weaknesses="The effect is small.")])
