"""What an embedded reviewer finds in a paper: sentences that each state a measured fact."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from conference.core.records import Check
from conference.papers.anatomy import Anatomy

FILE = Path(__file__).parent / "findings.toml"
Side = Literal["strength", "weakness", "question"]
Subject = Literal["evidence", "clarity", "novelty", "soundness"]


class Finding(msgspec.Struct, frozen=True):
    """A measured fact as a sentence. `cost` is subtracted from the latent rating, in its SD."""

    side: Side
    subject: Subject
    text: str
    cost: float = 0.0


class Nearest(msgspec.Struct, frozen=True):
    """The nearest earlier title: TF-IDF cosine in [0, 1], and how many titles were compared."""

    similarity: float
    title: str
    compared: int


class Phrase(msgspec.Struct, frozen=True):
    """A sentence of findings.toml with placeholders for measured values."""

    side: Side
    subject: Subject
    text: str
    cost: float = 0.0


class Sign(msgspec.Struct, frozen=True):
    """What is said if a full text has a sign, and if it lacks it."""

    subject: Subject
    there: str
    missing: str
    cost: float


class Limits(msgspec.Struct, frozen=True):
    hard_flesch: float
    long_sentence: float
    superlatives: int
    near: float
    far: float
    exhibits: int
    listed: int


class Typical(msgspec.Struct, frozen=True):
    cost: float
    measured_on: str


class Emphasis(msgspec.Struct, frozen=True):
    """Which subjects a reviewer of high or low affinity stresses."""

    expert: float
    experts: tuple[Subject, ...]
    others: tuple[Subject, ...]
    factor: float
    persona: float


class Wording(msgspec.Struct, frozen=True):
    """The whole of findings.toml."""

    typical: Typical
    limits: Limits
    emphasis: Emphasis
    phrases: dict[str, tuple[Phrase, ...]]
    signs: dict[str, Sign]


@cache
def wording() -> Wording:
    """The sentences, their costs and the limits at which they apply."""
    return msgspec.toml.decode(FILE.read_bytes(), type=Wording)


def find(
    anatomy: Anatomy, checks: tuple[Check, ...], nearest: Nearest | None = None
) -> list[Finding]:
    """All findings from a paper's measurements.

    `nearest` is None without an archive of earlier papers.
    """
    found = [*_abstract(anatomy), *_clarity(anatomy), *_checks(checks)]
    if anatomy.signs is not None:
        found += _body(anatomy)
    if nearest is not None:
        found += _novelty(nearest)
    return found


def cost_of(findings: Iterable[Finding], full_text: bool) -> float:
    """What the findings subtract from a paper's latent rating, in its SD.

    A paper with a full text gets back the mean cost of human papers (`typical`), as most lack some
    sign and a panel's level is that of real human papers.
    """
    cost = sum(finding.cost for finding in findings)
    return cost - wording().typical.cost if full_text else cost


def _say(key: str, /, times: int = 1, **values: object) -> list[Finding]:
    return [
        Finding(phrase.side, phrase.subject, phrase.text.format(**values), times * phrase.cost)
        for phrase in wording().phrases[key]
    ]


def counted(number: int | None, noun: str) -> str:
    """A count with its noun: 1 figure, 2 figures."""
    return f"{number or 0} {noun}" + ("" if number == 1 else "s")


def _listed(items: Iterable[str]) -> str:
    return ", ".join(list(dict.fromkeys(items))[: wording().limits.listed])


def _abstract(a: Anatomy) -> list[Finding]:
    if not a.abstract_words:
        return _say("no_abstract")
    numbers = counted(len(a.abstract_numbers), "number")
    hedges = counted(a.hedges, "hedged statement")
    if a.abstract_numbers:
        found = _say("numbers", numbers=numbers, listed=_listed(a.abstract_numbers))
    else:
        found = _say("no_numbers", words=counted(a.abstract_words, "word"))
    if len(a.superlatives) >= wording().limits.superlatives:
        found += _say("claims", listed=_listed(a.superlatives), numbers=numbers, hedges=hedges)
    elif a.hedges and not a.superlatives:
        found += _say("careful", hedges=hedges)
    return found


def _clarity(a: Anatomy) -> list[Finding]:
    if not a.abstract_words:
        return []
    limits = wording().limits
    hard = a.flesch < limits.hard_flesch or a.sentence_words > limits.long_sentence
    found = _say("hard" if hard else "clear", sentence=a.sentence_words, ease=a.flesch)
    if a.undefined_acronyms:
        names = a.undefined_acronyms
        found += _say("acronyms", listed=_listed(names), first=names[0])
    return found


def _body(a: Anatomy) -> list[Finding]:
    found = _signs(a)
    if a.missing_sections:
        listed = ", ".join(a.missing_sections)
        found += _say("sections", times=len(a.missing_sections), listed=listed)
    enough = (a.figures or 0) + (a.tables or 0) >= wording().limits.exhibits
    found += _say(
        "exhibits" if enough else "few_exhibits",
        figures=counted(a.figures, "figure"),
        tables=counted(a.tables, "table"),
        equations=counted(a.equations, "numbered equation"),
        references=counted(a.references, "reference"),
    )
    if a.unmatched_numbers:
        missing = a.unmatched_numbers
        found += _say("unmatched", count=len(missing), listed=_listed(missing), first=missing[0])
    return found


def _signs(a: Anatomy) -> list[Finding]:
    counts, found = a.signs or {}, []
    for name, sign in wording().signs.items():
        if counts.get(name):
            text = f"In the text {sign.there} ({counted(counts[name], 'place')})."
            found.append(Finding("strength", sign.subject, text))
        else:
            words = counted(a.words, "word")
            text = f"In {words} {sign.missing}."
            found.append(Finding("weakness", sign.subject, text, sign.cost))
            found.append(Finding("question", sign.subject, f"Why is it that {sign.missing}?"))
    return found


def _checks(checks: tuple[Check, ...]) -> list[Finding]:
    found = []
    for check in checks:
        if not check.passed:
            name = check.name.replace("_", " ")
            found += _say("check", name=name, detail=check.detail.rstrip(". ") or "no detail")
    return found


def _novelty(nearest: Nearest) -> list[Finding]:
    limits, near = wording().limits, nearest.similarity
    key = "near" if near >= limits.near else "far" if near <= limits.far else "between"
    archive = counted(nearest.compared, "title")
    return _say(key, near=near, nearest=nearest.title, archive=archive)
