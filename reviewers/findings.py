"""What an embedded reviewer finds in a paper: sentences that each hold a measured fact."""

from __future__ import annotations

from typing import Literal

import msgspec

from conference.documents.anatomy import Anatomy
from conference.records import Check

Side = Literal["strength", "weakness", "question"]
Subject = Literal["evidence", "clarity", "novelty", "soundness"]
HARD_TO_READ = 10.0
LONG_SENTENCE = 28.0
NEAR = 0.45
FAR = 0.15


class Finding(msgspec.Struct, frozen=True):
    """A measured fact as a sentence. `cost` is what it takes from the latent rating."""

    side: Side
    subject: Subject
    text: str
    cost: float = 0.0


def find(
    anatomy: Anatomy, checks: tuple[Check, ...], near: float | None, nearest: str
) -> list[Finding]:
    """Everything that can be said of a paper from what was measured in it.

    `near` is the similarity of its title to the nearest earlier title, None without an archive.
    """
    found = [*_abstract(anatomy), *_clarity(anatomy), *_checks(checks)]
    if anatomy.signs is not None:
        found += _body(anatomy)
    if near is not None:
        found += _novelty(near, nearest)
    return found


def _abstract(a: Anatomy) -> list[Finding]:
    numbers = len(a.abstract_numbers)
    found = []
    if numbers:
        listed = ", ".join(a.abstract_numbers[:3])
        found.append(
            Finding(
                "strength",
                "evidence",
                f"The abstract is concrete: it states {numbers} number(s) ({listed}).",
            )
        )
    else:
        found.append(
            Finding(
                "weakness",
                "evidence",
                f"The abstract states no number in {a.abstract_words} words.",
            )
        )
        found.append(
            Finding(
                "question",
                "evidence",
                "How large is the main effect, in the unit of the main measure?",
            )
        )
    if len(a.superlatives) >= 2:
        words = ", ".join(dict.fromkeys(a.superlatives))
        found.append(
            Finding(
                "weakness",
                "soundness",
                f"The abstract claims much ({words}) on {numbers} number(s), {a.hedges} hedge(s).",
            )
        )
    elif a.hedges and not a.superlatives:
        found.append(
            Finding(
                "strength",
                "soundness",
                f"The abstract has {a.hedges} hedged statement(s) and no superlative.",
            )
        )
    return found


def _clarity(a: Anatomy) -> list[Finding]:
    length = f"{a.sentence_words:.0f} words a sentence"
    ease = f"Flesch reading ease {a.flesch:.0f}"
    if a.flesch < HARD_TO_READ or a.sentence_words > LONG_SENTENCE:
        found = [
            Finding("weakness", "clarity", f"The abstract is hard to read ({length}, {ease}).")
        ]
    else:
        found = [Finding("strength", "clarity", f"The abstract reads well ({length}, {ease}).")]
    if a.undefined_acronyms:
        names = ", ".join(a.undefined_acronyms[:4])
        found.append(Finding("weakness", "clarity", f"Not spelt out: {names}."))
        found.append(
            Finding("question", "clarity", f"What does {a.undefined_acronyms[0]} stand for?")
        )
    return found


def _body(a: Anatomy) -> list[Finding]:
    signs = a.signs or {}
    found = []
    names = {
        "baselines": (
            "evidence",
            "baselines or comparisons are named",
            "no baseline is named",
            0.15,
        ),
        "seeds": (
            "evidence",
            "seeds or repeated runs are named",
            "no seed or repeated run is named",
            0.15,
        ),
        "error_bars": (
            "evidence",
            "error bars, intervals or deviations appear",
            "no error bar or interval appears",
            0.15,
        ),
        "ablations": ("soundness", "ablations are mentioned", "no ablation is mentioned", 0.05),
        "limitations": (
            "soundness",
            "limitations are discussed",
            "limitations are not discussed",
            0.1,
        ),
        "code": (
            "soundness",
            "code or reproducibility is addressed",
            "nothing is said of code or reproducibility",
            0.1,
        ),
    }
    for sign, (subject, there, missing, cost) in names.items():
        count = signs.get(sign, 0)
        if count:
            text = f"In the text {there} ({count} place(s))."
            found.append(Finding("strength", subject, text))  # type: ignore[arg-type]
        else:
            text = f"In {a.words} words {missing}."
            found.append(Finding("weakness", subject, text, cost))  # type: ignore[arg-type]
            question = f"Why is it that {missing}?"
            found.append(Finding("question", subject, question))  # type: ignore[arg-type]
    if a.missing_sections:
        listed = ", ".join(a.missing_sections)
        found.append(
            Finding(
                "weakness",
                "clarity",
                f"Sections not found: {listed}.",
                0.05 * len(a.missing_sections),
            )
        )
    shown = (
        f"{a.figures} figure(s), {a.tables} table(s), {a.equations} numbered equation(s) and "
        f"{a.references} reference(s)"
    )
    side: Side = "strength" if (a.figures or 0) + (a.tables or 0) >= 2 else "weakness"
    found.append(Finding(side, "evidence", f"The paper has {shown}."))
    if a.unmatched_numbers:
        listed = ", ".join(a.unmatched_numbers[:3])
        found.append(
            Finding(
                "weakness",
                "soundness",
                f"{len(a.unmatched_numbers)} abstract number(s) are nowhere in the body: {listed}.",
                0.1,
            )
        )
        found.append(
            Finding(
                "question",
                "soundness",
                f"Where does the number {a.unmatched_numbers[0]} of the abstract come from?",
            )
        )
    return found


def _checks(checks: tuple[Check, ...]) -> list[Finding]:
    return [
        Finding(
            "weakness",
            "soundness",
            f"An automatic check failed, {check.name.replace('_', ' ')}: {check.detail}.",
            0.5,
        )
        for check in checks
        if not check.passed
    ]


def _novelty(near: float, nearest: str) -> list[Finding]:
    score = f"similarity {near:.2f}"
    if near >= NEAR:
        return [
            Finding(
                "weakness",
                "novelty",
                f'Its title is close to the earlier paper "{nearest}" ({score}).',
                0.3,
            ),
            Finding("question", "novelty", f'What is new against "{nearest}"?'),
        ]
    if near <= FAR:
        return [
            Finding(
                "strength", "novelty", f"No title of the venue's archive is near ({score} at most)."
            )
        ]
    return [Finding("question", "novelty", f'How does it differ from "{nearest}" ({score})?')]
