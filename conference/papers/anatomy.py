"""Measures of a paper's text that need no understanding of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from conference.papers.document import is_heading, split_references

NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?\s?%?")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")
EXPECTED = (
    "introduction", "related work", "method", "experiments", "results", "limitations", "conclusion",
)  # fmt: skip
SIGNS = {
    "baselines": r"\bbaselines?\b|\bcompared? (?:to|with|against)\b",
    "seeds": r"\b(?:random )?seeds?\b|\bindependent runs\b",
    "error_bars": r"±|\\pm|\bconfidence intervals?\b|\bstandard (?:deviation|error)s?\b|\bp\s?[<=]",
    "ablations": r"\bablat(?:ion|e|ing)",
    "limitations": r"\blimitations?\b",
    "code": r"\b(?:our|the) code\b|\breproducib|\bopen[- ]source[sd]?\b|\bsource code\b",
    "theory": r"\btheorem\b|\blemma\b|\bproof\b|\bprovabl",
}
SUPERLATIVES = re.compile(
    r"\b(?:state[- ]of[- ]the[- ]art|outperform\w*|significant(?:ly)?|remarkabl\w+|superior|novel|"
    r"unprecedented|groundbreaking|extensive|comprehensive|substantial(?:ly)?)\b",
    re.IGNORECASE,
)
HEDGES = re.compile(
    r"\b(?:may|might|could|suggest\w*|appear\w*|seem\w*|likely|possibl[ey]|in some cases|"
    r"tend to)\b",
    re.IGNORECASE,
)
ACRONYM = re.compile(r"\b[A-Z]{3,6}\b")


class Anatomy(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and signs. Those that need the full text are None without it."""

    abstract_words: int
    abstract_sentences: int
    sentence_words: float
    flesch: float
    abstract_numbers: tuple[str, ...]
    superlatives: tuple[str, ...]
    hedges: int
    undefined_acronyms: tuple[str, ...]
    words: int | None = None
    missing_sections: tuple[str, ...] | None = None
    references: int | None = None
    figures: int | None = None
    tables: int | None = None
    equations: int | None = None
    signs: dict[str, int] | None = None
    unmatched_numbers: tuple[str, ...] | None = None


def measure(title: str, abstract: str, text: str | None = None) -> Anatomy:
    """Measure a paper's title and abstract and, if given, its full text."""
    sentences = [part for part in SENTENCE.split(abstract.strip()) if part]
    words = re.findall(r"[A-Za-z][\w'-]*", abstract)
    both = f"{title}. {abstract}"
    return Anatomy(
        abstract_words=len(words),
        abstract_sentences=len(sentences),
        sentence_words=len(words) / max(1, len(sentences)),
        flesch=flesch(words, len(sentences)),
        abstract_numbers=tuple(number.strip() for number in NUMBER.findall(abstract)),
        superlatives=tuple(found.lower() for found in SUPERLATIVES.findall(abstract)),
        hedges=len(HEDGES.findall(abstract)),
        undefined_acronyms=_undefined(both if text is None else text, abstract),
        **({} if text is None else _body(abstract, text)),  # type: ignore[arg-type]
    )


def flesch(words: Sequence[str], sentences: int) -> float:
    """Flesch reading ease (1948): 206.835 - 1.015 words/sentences - 84.6 syllables/words.

    Syllables are counted as groups of vowels.
    """
    if not words or not sentences:
        return 0.0
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower()))) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def _undefined(text: str, abstract: str) -> tuple[str, ...]:
    """Acronyms of the abstract that nowhere follow their long form in brackets."""
    known = set(re.findall(r"\(([A-Z]{3,6})s?\)", text))
    common = {"GPU", "CPU", "API", "RGB", "PDF", "SGD", "CNN", "RNN", "LLM", "GAN", "MLP", "NLP"}
    found = dict.fromkeys(ACRONYM.findall(abstract))
    return tuple(name for name in found if name not in known | common)


def _body(abstract: str, text: str) -> dict[str, object]:
    body, references = split_references(text)
    headings = [heading for line in body.splitlines() if (heading := is_heading(line))]
    low = body.lower()
    after = body.split(abstract[-60:])[-1] if abstract else body
    numbers = {_value(number) for number in NUMBER.findall(after)}
    unmatched = [n.strip() for n in NUMBER.findall(abstract) if _value(n) not in numbers]
    return {
        "words": len(text.split()),
        "missing_sections": tuple(
            name for name in EXPECTED if not any(_is(name, heading) for heading in headings)
        ),
        "references": len(references),
        "figures": len(set(re.findall(r"\bfig(?:ure|\.)\s?(\d+)", low))),
        "tables": len(set(re.findall(r"\btable\s?(\d+)", low))),
        "equations": len(re.findall(r"\(\d{1,2}\)\s*$", body, re.MULTILINE)),
        "signs": {name: len(re.findall(sign, low)) for name, sign in SIGNS.items()},
        "unmatched_numbers": tuple(unmatched),
    }


def _is(name: str, heading: str) -> bool:
    same = {
        "method": ("method", "approach", "model", "algorithm"),
        "experiments": ("experiment", "set-up", "setup", "evaluation"),
        "results": ("result", "evaluation", "experiment", "finding"),
        "conclusion": ("conclusion", "discussion", "summary"),
        "related work": ("related", "background", "prior work"),
    }
    # The beginning of a word is enough, as in "experimental results" and "methodology".
    return any(re.search(rf"\b{word}", heading) for word in same.get(name, (name,)))


def _value(number: str) -> str:
    return number.strip().replace(",", "").replace("−", "-").rstrip("% ").lstrip("+")
