"""Compose the sections of a paper from what was planned and measured."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from scientists.study import Effect, Tried, Written
from scientists.wording import (
    author_year,
    cite,
    counted,
    drawn,
    finding,
    knob_list,
    number,
    phrases,
    readable,
    setting,
)

Part = dict[str, Any]
BODY_FIGURES = 3  # the rest are in the appendix
UNTUNED = "neither arm was tuned: the number of tuning trials is zero for both"
RUN_METRICS = 5  # of every run, in the appendix


def sections(w: Written, rng: np.random.Generator) -> list[dict[str, Any]]:
    """The sections in order; each has `title`, `level`, `numbered` and `parts`."""
    return [
        _section("Introduction", _introduction(w, rng)),
        _section("Related work", _related(w, rng)),
        _section("Method", _method(w)),
        _section("Experimental set-up", _setup(w)),
        _section("Results", _results(w)),
        _section("Discussion", _discussion(w, rng)),
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
    told = {
        "task": " ".join(q.template.task.split()), "hypothesis": q.idea.hypothesis.strip(),
        "changed": knob_list(q.changed), "seeds": counted(effect.seeds), "runs": len(w.runs),
        "metric": effect.label,
    }  # fmt: skip
    points = [words[name].format(**told) for name in ("fair", effect.conclusion, "traced")]
    return [
        _text(drawn(words["openings"], rng).format(**told)),
        _text(drawn(words["questions"], rng).format(**told)),
        _text(words["contribution"]),
        {"kind": "list", "items": points},
    ]


def _related(w: Written, rng: np.random.Generator) -> list[Part]:
    entries = list(w.question.template.bibliography)
    third = max(1, len(entries) // 3)
    groups = [entries[:third], entries[third : 2 * third], entries[2 * third :]]
    parts, at = [], 0
    for leads, group in zip(phrases()["related"], groups, strict=True):
        deeds = [
            f"{author_year(work.authors, work.year)} "
            f"{work.annote or f'treat “{work.title}”'} {cite([at + n])}"
            for n, work in enumerate(group, 1)
        ]
        at += len(group)
        if deeds:
            parts.append(_text(f"{drawn(leads, rng)} {_paired(deeds)}"))
    source = w.question.idea.source.strip().rstrip(".")
    parts.append(_text(phrases()["source"].format(source=source)))
    if w.question.nearest:
        near = 1 - w.question.novelty
        parts.append(_text(phrases()["nearest"].format(title=w.question.nearest, near=near)))
    parts += _found(w)
    return parts


def _paired(clauses: Sequence[str]) -> str:
    """Join clauses to sentences of two each."""
    pairs = [clauses[at : at + 2] for at in range(0, len(clauses), 2)]
    return " ".join(f"{', and '.join(pair)}." for pair in pairs)


def _found(w: Written) -> list[Part]:
    """A paragraph that cites the works that a search found near the question."""
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
            f"Every run has the same budget ({budget}), and {_tuning(w.tried)}. Seeds fix data, "
            "initial weights and the order of batches, and are shared by the two arms. The "
            f"primary measure is "
            f"{effect.label} ({effect.unit}); {_better(effect)} is better. Table 1 "
            "lists all settings."
        ),
        {
            "kind": "table",
            "caption": "Settings of both arms.",
            "columns": ["setting", "baseline", "treatment"],
            "rows": rows,
        },
    ]


def _tuning(tried: Tried | None) -> str:
    """A clause on how many versions of the treatment were run before the study."""
    if tried is None or not tried.trials:
        return UNTUNED
    count = len(tried.trials)
    versions = "one version" if count == 1 else f"{counted(count)} versions"
    chosen = (
        "the knobs alone were taken" if not tried.chosen else f"version {tried.chosen} was taken"
    )
    return (
        f"{versions} of the treatment, and none of the baseline, ran before the study on seed "
        f"{tried.seed}, which is not one of its seeds; {chosen}"
    )


def _better(effect: Effect) -> str:
    return "lower" if effect.goal == "min" else "higher"


def _results(w: Written) -> list[Part]:
    effect = w.effects[0]
    rows = [
        [
            e.label,
            f"{number(e.baseline)} ({number(e.baseline_sd)})",
            f"{number(e.treatment)} ({number(e.treatment_sd)})",
            number(e.difference),
            f"[{number(e.low)}, {number(e.high)}]",
        ]
        for e in w.effects
    ]
    words = phrases()["results"]
    said = [words[effect.conclusion].format(n=effect.seeds, **finding(effect))]
    if effect.size is not None:
        said.append(words["size"].format(size=number(effect.size)))
    shown = w.captions[:BODY_FIGURES]
    if shown:
        figures = "Figure 1 shows" if len(shown) == 1 else f"Figures 1 to {len(shown)} show"
        said.append(words["shown"].format(figures=figures))
    # A measure that does not vary between seeds, such as the number of weights, is not a finding.
    clear = [e for e in w.effects[1:] if e.conclusion != "inconclusive" and e.size is not None]
    better = {"positive": "better", "negative": "worse"}
    listed = _joined([f"{e.label} ({better[e.conclusion]})" for e in clear]) if clear else ""
    return [
        _text(" ".join(said)),
        {
            "kind": "table",
            "caption": "Mean over seeds (standard deviation), and the paired difference of "
            "treatment less baseline with its 95 % t interval.",
            "columns": ["measure", "baseline", "treatment", "difference", "95 % interval"],
            "rows": rows,
        },
        *(
            {"kind": "figure", "file": f"{name}.svg", "caption": caption, "width": "92%"}
            for name, caption in shown
        ),
        _text(words["clear" if clear else "none"].format(listed=listed)),
    ]


def _discussion(w: Written, rng: np.random.Generator) -> list[Part]:
    return [_text(drawn(phrases()["discussion"][w.effects[0].conclusion], rng))]


def _limitations(w: Written) -> list[Part]:
    words = phrases()["limitations"]
    return [
        _text(words["seeds"].format(n=counted(w.effects[0].seeds))),
        _text(words["scale"]),
        _text(words["mind"]),
    ]


def _answers(w: Written) -> list[Part]:
    return [
        _text("This version differs from the one that was reviewed in the following."),
        {"kind": "list", "items": w.changes},
    ]


def _reproducibility(w: Written) -> list[Part]:
    seeds = _joined([str(seed) for seed in sorted({int(run["seed"]) for run in w.runs})])
    made = w.results[0].get("environment", {}) if w.results else {}
    versions = ", ".join(f"{name} {version}" for name, version in made.items())
    changed = [
        f"{what} a changed {script}, SHA-256 {sha256(code.encode()).hexdigest()[:24]}, which "
        "is kept beside the results. "
        for what, script, code in (
            ("The treatment ran", "experiment.py", w.tried.version.code if w.tried else ""),
            ("The figures are drawn by", "plot.py", w.plot),
        )
        if code
    ]
    again = "this code" if changed else "the template's experiment.py"
    return [
        _text(
            f"Code: template {w.question.template.name}, SHA-256 {w.code_sha256[:24]}. "
            f"{''.join(changed)}Seeds: {seeds}. Results: {len(w.results)} runs in one file, "
            f"SHA-256 {w.results_sha256[:24]}. Running {again} on these settings and seeds gives "
            "these results again on the same machine and versions"
            + (f" ({versions})." if versions else ".")
        )
    ]


def appendix(w: Written) -> list[Part]:
    """A table of all runs with the values behind the tables, and further figures."""
    metrics = w.question.template.metrics[:RUN_METRICS]
    rows = [
        [run["label"], str(run["seed"])]
        + [number(float(result["metrics"][metric.name])) for metric in metrics]
        for run, result in zip(w.runs, w.results, strict=True)
    ]
    parts: list[Part] = [
        _text("Every run, with the values that the tables above are computed from."),
        {
            "kind": "table",
            "caption": "All runs; measures are named as in the result file.",
            "columns": ["arm", "seed", *(readable(metric.name) for metric in metrics)],
            "rows": rows,
        },
    ]
    for name, caption in w.captions[BODY_FIGURES:]:
        parts.append({"kind": "figure", "file": f"{name}.svg", "caption": caption, "width": "85%"})
    return parts
