"""Write up a study: title, abstract, and the data from which a paper is typeset."""

from __future__ import annotations

from typing import Any

import numpy as np

from scientists.prose import in_prose
from scientists.sections import appendix, sections
from scientists.study import Effect, Question, Written
from scientists.wording import (
    cited_work,
    counted,
    drawn,
    finding,
    knob_list,
    phrases,
    reference,
)

FOOTER = "Written by a statistical mind from measured results; no person checked its words."


def title_of(question: Question, effect: Effect, rng: np.random.Generator) -> str:
    """A title with the question, and with the finding if it is clear."""
    idea = question.idea.title.strip().rstrip(".")
    forms = phrases()["titles"][effect.conclusion]["asked" if idea.endswith("?") else "told"]
    form: str = forms[int(rng.integers(len(forms)))]
    return form.format(idea=idea)


def abstract_of(w: Written, rng: np.random.Generator) -> str:
    """An abstract: question, set-up, finding with its interval, and its limits."""
    effect, q = w.effects[0], w.question
    words = phrases()["abstract"]
    told = {"seeds": counted(effect.seeds), "changed": knob_list(q.changed), **finding(effect)}
    told |= {"task": q.template.title, "hypothesis": q.idea.hypothesis.strip()}
    parts = (words["openings"], words["setups"], words[effect.conclusion], words["closings"])
    return " ".join(drawn(forms, rng).format(**told) for forms in parts)


def words_of(w: Written, rng: np.random.Generator) -> tuple[str, str, dict[str, Any]]:
    """The paper's title, abstract and data, in a language model's prose if there is one."""
    if w.prose is not None:
        data = in_prose(paper_data(w, "", "", rng), w.prose)
        return data["title"], data["abstract"], data
    title = title_of(w.question, w.effects[0], rng)
    abstract = abstract_of(w, rng)
    return title, abstract, paper_data(w, title, abstract, rng)


def paper_data(w: Written, title: str, abstract: str, rng: np.random.Generator) -> dict[str, Any]:
    """The data that `paper.typ` reads."""
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
