"""The checks of a finished paper before it is submitted; reviewers see which ones failed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conference.core.records import Check
from conference.papers import Document
from conference.papers.layout import (
    CAPTION,
    beyond_margins,
    cited_numbers,
    small_print,
    unknown_citations,
)
from conference.papers.pictures import small_in_figure
from scientists.claims import claims
from scientists.prose import CITATIONS, CODE, CODE_CHECK, NOVELTY, Fault
from scientists.study import Written, canonical, folder_hash

SIDES = 105.0  # points of margin left and right; text begins at 108; hyphens hang out
TEXT_WIDTH = 396.0  # points
PRINTED = 0.92 * TEXT_WIDTH  # a figure's width in a paper's body
PAGES, FIGURES, TABLES = 4, 2, 1
SECTIONS = (
    "introduction", "related work", "method", "experimental set-up", "results", "limitations",
    "reproducibility statement",
)  # fmt: skip
Found = tuple[bool, str]


def check_paper(
    paper: str,
    study: Written,
    data: Mapping[str, Any],
    figures: Mapping[str, bytes],
    pdf: Path,
    document: Document,
    kept_results: Path,
) -> list[Check]:
    """Every check of a typeset paper, passed or not.

    Args:
        data: the data that the paper was typeset from.
        figures: the figures' SVGs by name.
        document: the document read from the PDF.
        kept_results: the result file that the round keeps.
    """
    faults = list(study.prose.faults) if study.prose else []
    rows = {
        "claims": claims(study, document),
        "citations": citations(document, _about(faults, CITATIONS)),
        "fair comparison": fair(study),
        "parts": parts(document),
        "margins": _none(beyond_margins(pdf, sides=SIDES), "nothing beyond them"),
        "print size": print_size(pdf, data, figures),
        "hashes": hashes(study, document, kept_results),
    }
    for kind, name in ((CODE, CODE_CHECK), (NOVELTY, NOVELTY)):
        if found := _about(faults, kind):
            rows[name] = (False, "; ".join(found))
    return [
        Check(paper=paper, name=name, passed=passed, detail=detail)
        for name, (passed, detail) in rows.items()
    ]


def citations(document: Document, faults: Sequence[str]) -> Found:
    """Whether every cited work is in the list of references, and none is listed twice."""
    listed = len(document.references)
    missing = unknown_citations(cited_numbers(document), map(str, range(1, listed + 1)))
    found = [*faults, *(fault.detail for fault in missing)]
    if len({entry.split("] ", 1)[-1] for entry in document.references}) < listed:
        found.append("a work is listed twice")
    if not listed:
        found.append("there is no list of references")
    return not found, "; ".join(found) or f"{listed} works, all that are cited among them"


def fair(study: Written) -> Found:
    """Whether both arms had the same seeds, budget and tuning trials, by plan and by results."""
    seeds = {
        label: sorted(run["seed"] for run in study.runs if run["label"] == label)
        for label in ("baseline", "treatment")
    }
    budgets = {json.dumps(run["budget"], sort_keys=True) for run in study.runs}
    found = []
    if seeds["baseline"] != seeds["treatment"]:
        found.append("the arms have different seeds")
    if len(budgets) > 1:
        found.append("the arms have different budgets")
    for run, result in zip(study.runs, study.results, strict=True):
        done = result.get("config", {})
        if any(done.get(name) != run[name] for name in ("seed", "budget", "knobs")):
            found.append(f"a run of the {run['label']} was not done as planned")
            break
    trials = len(study.tried.trials) if study.tried else 0
    if trials > 1:
        found.append(f"the treatment was chosen from {trials} trials, the baseline from none")
    if study.tried and study.tried.seed in seeds["treatment"]:
        found.append("the trials' seed is one of the study's")
    tuned = "neither was tuned" if not trials else "the treatment was tried once, without a choice"
    return not found, "; ".join(found) or f"both arms have the same seeds and steps; {tuned}"


def parts(document: Document) -> Found:
    """Whether the paper has the sections, pages, figures, tables and equation that are required."""
    captions = {(m[1], m[2]) for line in document.text.splitlines() if (m := CAPTION.match(line))}
    figures = sum(kind == "Figure" for kind, _ in captions)
    tables = sum(kind == "Table" for kind, _ in captions)
    titles = [section.title.lower() for section in document.sections]
    missing = [f"the section {name}" for name in SECTIONS if name not in titles]
    if document.pages < PAGES:
        missing.append(f"{PAGES} pages (it has {document.pages})")
    if figures < FIGURES:
        missing.append(f"{FIGURES} figures (it has {figures})")
    if tables < TABLES:
        missing.append("a table")
    if not re.search(r"\(1\)\s*$", document.text, flags=re.MULTILINE):
        missing.append("an equation")
    if missing:
        return False, f"missing: {', '.join(missing)}"
    return True, f"{document.pages} pages, {figures} figures, {tables} tables, equations"


def print_size(pdf: Path, data: Mapping[str, Any], figures: Mapping[str, bytes]) -> Found:
    """Whether text is readable, also in figures at their printed width."""
    found = small_print(pdf)
    everything = [part for section in data["sections"] for part in section["parts"]]
    for part in [*everything, *data["appendix"]]:
        if part["kind"] == "figure":
            name = part["file"].removesuffix(".svg")
            width = TEXT_WIDTH * float(part["width"].rstrip("%")) / 100
            found += small_in_figure(name, figures[name], width)
    return _none(found, "all is readable, figures included")


def hashes(study: Written, document: Document, kept_results: Path) -> Found:
    """Whether code and results have the hashes that the paper prints."""
    found = []
    kept = hashlib.sha256(kept_results.read_bytes()).hexdigest()
    made = hashlib.sha256(
        canonical({"runs": list(study.runs), "results": list(study.results)})
    ).hexdigest()
    if not kept == made == study.results_sha256:
        found.append("the kept result file is not the one that was analysed")
    if folder_hash(study.question.template.folder) != study.code_sha256:
        found.append("the template's code has changed since the runs")
    flat = re.sub(r"\s", "", document.text)
    for name, value in (("code", study.code_sha256), ("results", study.results_sha256)):
        if value[:24] not in flat:
            found.append(f"the paper does not print the hash of its {name}")
    detail = f"code {study.code_sha256[:12]}, results {study.results_sha256[:12]}"
    return not found, "; ".join(found) or detail


def _none(faults: Sequence[Any], well: str) -> Found:
    return not faults, "; ".join(fault.detail for fault in faults[:3]) or well


def _about(faults: Sequence[Fault], kind: str) -> list[str]:
    return [detail for name, detail in faults if name == kind]
