"""The sections of a paper, every sentence from what was planned or measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scientists.study import Effect, Written
from scientists.wording import (
    as_clause,
    author_year,
    cite,
    knob_list,
    number,
    phrases,
    readable,
    setting,
)

Part = dict[str, Any]


def sections(w: Written, rng: np.random.Generator) -> list[dict[str, Any]]:
    """The sections in their order; each has `title`, `level`, `numbered` and `parts`."""
    return [
        _section("Introduction", _introduction(w, rng)),
        _section("Related work", _related(w)),
        _section("Method", _method(w)),
        _section("Experimental set-up", _setup(w)),
        _section("Results", _results(w)),
        _section("Discussion", _discussion(w)),
        _section("Limitations", _limitations(w)),
        *([_section("Changes after the reviews", _answers(w))] if w.answers else []),
        _section("Reproducibility statement", _reproducibility(w), numbered=False),
    ]


def _section(title: str, parts: list[Part], numbered: bool = True) -> dict[str, Any]:
    return {"title": title, "parts": parts, "level": 1, "numbered": numbered}


def _text(text: str) -> Part:
    return {"kind": "text", "text": " ".join(text.split())}


def _introduction(w: Written, rng: np.random.Generator) -> list[Part]:
    q, effect, words = w.question, w.effects[0], phrases()["introduction"]
    verdict = words[effect.conclusion].format(metric=readable(effect.metric))
    points = [
        f"A paired comparison over {effect.seeds} seeds in which both arms have the same steps, "
        "data and settings but for the change under study.",
        verdict,
        f"All {len(w.runs)} runs with their seeds, and hashes of code and results, so that every "
        "number can be traced.",
    ]
    start: str = words["openings"][int(rng.integers(len(words["openings"])))]
    return [
        _text(start.format(task=" ".join(q.template.task.split()))),
        _text(f"The question is this. {q.idea.hypothesis} The change is {knob_list(q.changed)}."),
        _text(words["contribution"]),
        {"kind": "list", "items": points},
    ]


def _related(w: Written) -> list[Part]:
    entries = list(w.question.template.bibliography)
    third = max(1, len(entries) // 3)
    groups = [entries[:third], entries[third : 2 * third], entries[2 * third :]]
    parts, at = [], 0
    for lead, group in zip(phrases()["related"], groups, strict=True):
        names = [
            f"{author_year(work.authors, work.year)} on \u201c{work.title}\u201d {cite([at + n])}"
            for n, work in enumerate(group, 1)
        ]
        at += len(group)
        if names:
            parts.append(_text(f"{lead} {_joined(names)}."))
    source = w.question.idea.source.strip().rstrip(".")
    parts.append(_text(f"The idea itself was suggested by: {source}."))
    if w.question.nearest:
        parts.append(
            _text(
                f'Of the earlier work that the authors know of, "{w.question.nearest}" is nearest '
                f"to this question (text similarity {1 - w.question.novelty:.2f})."
            )
        )
    parts += _found(w)
    return parts


def _found(w: Written) -> list[Part]:
    """The works that a search of the literature found near to the question, each cited."""
    first = len(w.question.template.bibliography) + 1
    names = [
        f"{author_year(found.work.authors, found.work.year)} on \u201c{found.work.title}\u201d "
        f"(text similarity {found.similarity:.2f}) {cite([first + at])}"
        for at, found in enumerate(w.question.similar)
    ]
    return [_text(f"{phrases()['found']} {_joined(names)}.")] if names else []


def _joined(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _method(w: Written) -> list[Part]:
    q = w.question
    described = [
        f"{readable(knob.name).capitalize()}: {knob.description}"
        for knob in q.template.knobs
        if knob.name in q.changed
    ]
    return [
        {"kind": "markup", "text": q.template.method.strip()},
        _text("The treatment differs from the baseline in the following."),
        {"kind": "list", "items": described or ["Nothing."]},
    ]


def _setup(w: Written) -> list[Part]:
    q, effect = w.question, w.effects[0]
    budget = ", ".join(f"{readable(name)} {number(value)}" for name, value in w.budget.items())
    rows = [
        [readable(knob.name), setting(q.baseline[knob.name]), setting(q.treatment[knob.name])]
        for knob in q.template.knobs
    ]
    return [
        _text(" ".join(q.template.data_description.split())),
        _text(
            f"Every run has the same budget ({budget}), and neither arm was tuned: the number of "
            "tuning trials is zero for both. Seeds fix data, initial weights and the order of "
            f"batches, and are shared by the two arms. The primary measure is "
            f"{readable(effect.metric)} ({effect.unit}); {_better(effect)} is better. Table 1 "
            "lists all settings."
        ),
        {
            "kind": "table",
            "caption": "Settings of both arms.",
            "columns": ["setting", "baseline", "treatment"],
            "rows": rows,
        },
    ]


def _better(effect: Effect) -> str:
    return "lower" if effect.goal == "min" else "higher"


def _results(w: Written) -> list[Part]:
    effect = w.effects[0]
    rows = [
        [
            readable(e.metric),
            f"{number(e.baseline)} ({number(e.baseline_sd)})",
            f"{number(e.treatment)} ({number(e.treatment_sd)})",
            number(e.difference),
            f"[{number(e.low)}, {number(e.high)}]",
        ]
        for e in w.effects
    ]
    words = phrases()["results"]
    size = "" if effect.size is None else words["size"].format(size=number(effect.size))
    parts: list[Part] = [
        _text(words[effect.conclusion].format(
            metric=readable(effect.metric), baseline=number(effect.baseline),
            treatment=number(effect.treatment), difference=number(effect.difference),
            low=number(effect.low), high=number(effect.high), n=effect.seeds,
        ) + " " + size + " " + words["others"]),
        {
            "kind": "table",
            "caption": "Mean over seeds (standard deviation), and the paired difference of "
            "treatment less baseline with its 95 % t interval.",
            "columns": ["measure", "baseline", "treatment", "difference", "95 % interval"],
            "rows": rows,
        },
    ]  # fmt: skip
    for name, caption in w.captions[:3]:
        parts.append({"kind": "figure", "file": f"{name}.svg", "caption": caption, "width": "92%"})
    clear = [e for e in w.effects[1:] if e.conclusion != "inconclusive"]
    if clear:
        listed = _joined([f"{readable(e.metric)} ({e.conclusion})" for e in clear])
        parts.append(
            _text(
                f"Of the secondary measures, these show a clear difference: {listed}. They were "
                "not corrected for their number and are to be read as hints."
            )
        )
    else:
        parts.append(_text("No secondary measure shows a clear difference."))
    return parts


def _discussion(w: Written) -> list[Part]:
    effect = w.effects[0]
    words = phrases()["discussion"]
    return [
        _text(words[effect.conclusion].format(hypothesis=as_clause(w.question.idea.hypothesis)))
    ]


def _limitations(w: Written) -> list[Part]:
    words = phrases()["limitations"]
    return [
        _text(words["seeds"].format(n=w.effects[0].seeds)),
        _text(words["scale"]),
        _text(words["mind"]),
    ]


def _answers(w: Written) -> list[Part]:
    return [
        _text("This version differs from the one that was reviewed in the following."),
        {"kind": "list", "items": list(w.answers)},
    ]


def _reproducibility(w: Written) -> list[Part]:
    seeds = _joined([str(seed) for seed in sorted({int(run["seed"]) for run in w.runs})])
    return [
        _text(
            f"Code: template {w.question.template.name}, SHA-256 {w.code_sha256[:24]}. Seeds: "
            f"{seeds}. Results: {len(w.results)} runs in one file, SHA-256 "
            f"{w.results_sha256[:24]}. Running the template's experiment on these settings and "
            "seeds gives these results on the same versions of its libraries."
        )
    ]


def appendix(w: Written) -> list[Part]:
    """Every run with the values that the tables are computed from, and further figures."""
    metrics = w.question.template.metrics[:5]
    rows = [
        [run["label"], str(run["seed"])]
        + [number(float(result["metrics"][metric.name])) for metric in metrics]
        for run, result in zip(w.runs, w.results, strict=True)
    ]
    parts: list[Part] = [
        _text("Every run, with the values that the tables above are computed from."),
        {
            "kind": "table",
            "caption": "All runs.",
            "columns": ["arm", "seed", *(readable(metric.name) for metric in metrics)],
            "rows": rows,
        },
    ]
    for name, caption in w.captions[3:]:
        parts.append({"kind": "figure", "file": f"{name}.svg", "caption": caption, "width": "85%"})
    return parts
