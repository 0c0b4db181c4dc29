"""Writes a study up: the data of a paper, every sentence from what was planned or measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.templates import Reference, Value
from scientists.prose import Prose, in_prose
from scientists.study import Effect, Question

HERE = Path(__file__).parent
FOOTER = "Written by a statistical mind from measured results; no person checked its words."
Part = dict[str, Any]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a paper is written from."""

    question: Question
    effects: Sequence[Effect]
    runs: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]]
    captions: Sequence[tuple[str, str]]
    budget: Mapping[str, Any]
    code_sha256: str
    results_sha256: str
    venue: str
    authors: str = "Anonymous authors"
    affiliation: str = ""
    camera_ready: bool = False
    answers: Sequence[str] = ()
    prose: Prose | None = None
    code: str = ""


def number(value: float) -> str:
    """A measured value as printed: four significant digits, plain where that is short."""
    text = f"{value:.4g}"
    return f"{value:.0f}" if "e" in text and abs(value) < 1e7 and abs(value) >= 1 else text


def phrases() -> dict[str, Any]:
    """The turns of phrase from phrases.toml."""
    found: dict[str, Any] = msgspec.toml.decode((HERE / "phrases.toml").read_bytes())
    return found


def title_of(question: Question, effect: Effect, rng: np.random.Generator) -> str:
    """A title that says what was asked, and what was found when it is clear."""
    forms = phrases()["titles"][effect.conclusion]
    form: str = forms[int(rng.integers(len(forms)))]
    return form.format(idea=question.idea.title.rstrip("?. "), task=question.template.title.lower())


def abstract_of(w: Written, title: str, rng: np.random.Generator) -> str:
    """Question, set-up, finding with its interval, and what it does not show."""
    effect, q = w.effects[0], w.question
    words = phrases()["abstract"]
    finding: str = words[effect.conclusion].format(
        metric=readable(effect.metric),
        baseline=number(effect.baseline),
        treatment=number(effect.treatment),
        difference=number(effect.difference),
        low=number(effect.low),
        high=number(effect.high),
    )
    opening: str = words["openings"][int(rng.integers(len(words["openings"])))]
    start = opening.format(task=q.template.title.lower(), hypothesis=_lower(q.idea.hypothesis))
    setup = words["setup"].format(seeds=effect.seeds, changed=knob_list(q.changed))
    return " ".join([start, setup, finding, words["closing"]])


def readable(name: str) -> str:
    return name.replace("_", " ")


def _lower(text: str) -> str:
    text = text.strip().rstrip(".")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def knob_list(knobs: Mapping[str, Value]) -> str:
    """Knobs with their values in words."""
    parts = [f"{readable(name)} = {_value(value)}" for name, value in knobs.items()]
    return ", ".join(parts) if parts else "nothing"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return number(value) if isinstance(value, float) else str(value)


def cite(numbers: Sequence[int]) -> str:
    return "[" + ", ".join(str(each) for each in numbers) + "]"


def reference(entry: Reference) -> str:
    """One line of the bibliography."""
    authors = list(entry.authors)
    listed = ", ".join(authors[:4]) + (" and others" if len(authors) > 4 else "")
    return f"{listed}. {entry.title}. {entry.venue}, {entry.year}."


def words_of(w: Written, rng: np.random.Generator) -> tuple[str, str, dict[str, Any]]:
    """Title, abstract and the data of the paper: in a language model's prose where there is one."""
    if w.prose is not None:
        data = paper_data(w, w.prose.title, w.prose.abstract, rng)
        return w.prose.title, w.prose.abstract, in_prose(data, w.prose)
    title = title_of(w.question, w.effects[0], rng)
    abstract = abstract_of(w, title, rng)
    return title, abstract, paper_data(w, title, abstract, rng)


def paper_data(w: Written, title: str, abstract: str, rng: np.random.Generator) -> dict[str, Any]:
    """What `paper.typ` reads."""
    return {
        "title": title,
        "authors": w.authors,
        "affiliation": w.affiliation,
        "venue": w.venue,
        "camera_ready": w.camera_ready,
        "footer": FOOTER,
        "abstract": abstract,
        "sections": [
            _section("Introduction", _introduction(w, rng)),
            _section("Related work", _related(w)),
            _section("Method", _method(w)),
            _section("Experimental set-up", _setup(w)),
            _section("Results", _results(w)),
            _section("Discussion", _discussion(w)),
            _section("Limitations", _limitations(w)),
            *([_section("Changes after the reviews", _answers(w))] if w.answers else []),
            _section("Reproducibility statement", _reproducibility(w), numbered=False),
        ],
        "references": [reference(entry) for entry in w.question.template.bibliography],
        "appendix": _appendix(w),
    }


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
            f"{_family(entry)} ({entry.year}) on {_topic(entry)} {cite([at + n])}"
            for n, entry in enumerate(group, 1)
        ]
        at += len(group)
        if names:
            parts.append(_text(f"{lead} {_joined(names)}."))
    source = w.question.idea.source.strip().rstrip(".")
    parts.append(_text(f"The idea itself was suggested by: {source}."))
    if w.question.nearest:
        parts.append(
            _text(
                f'Of the papers of this venue\'s earlier rounds, "{w.question.nearest}" is nearest '
                f"to this question (text similarity {1 - w.question.novelty:.2f})."
            )
        )
    return parts


def _family(entry: Reference) -> str:
    last = entry.authors[0].split()[-1] if entry.authors else "Anonymous"
    return (
        f"{last} et al."
        if len(entry.authors) > 2
        else (f"{last} and {entry.authors[1].split()[-1]}" if len(entry.authors) == 2 else last)
    )


def _topic(entry: Reference) -> str:
    return f"\u201c{entry.title}\u201d"


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
        [readable(knob.name), _value(q.baseline[knob.name]), _value(q.treatment[knob.name])]
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
    return [_text(words[effect.conclusion].format(hypothesis=_lower(w.question.idea.hypothesis)))]


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


def _appendix(w: Written) -> list[Part]:
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
