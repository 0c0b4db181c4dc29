"""Writes a study up: title, abstract, and the data from which a paper is typeset."""

from __future__ import annotations

from typing import Any

import numpy as np

from scientists.prose import in_prose
from scientists.sections import appendix, sections
from scientists.study import Effect, Question, Written
from scientists.wording import (
    as_clause,
    cited_work,
    knob_list,
    number,
    phrases,
    readable,
    reference,
)

FOOTER = "Written by a statistical mind from measured results; no person checked its words."


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
    start = opening.format(task=q.template.title.lower(), hypothesis=as_clause(q.idea.hypothesis))
    setup = words["setup"].format(seeds=effect.seeds, changed=knob_list(q.changed))
    return " ".join([start, setup, finding, words["closing"]])


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
        "sections": sections(w, rng),
        "references": [
            *(reference(entry) for entry in w.question.template.bibliography),
            *(cited_work(found.work) for found in w.question.similar),
        ],
        "appendix": appendix(w),
    }
