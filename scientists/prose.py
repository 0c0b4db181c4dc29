"""A paper's words by a language model, put around tables and figures that come from results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conference.papers.layout import check_claims

CITED = re.compile(r"\[(@[^\]]+)\]")  # [@key], or several: [@one; @two]
CITATIONS, CODE, NOVELTY = "citations", "code", "novelty"  # kinds of faults
CODE_CHECK = "code changes"  # the check that fails where there are faults of that kind
Fault = tuple[str, str]  # kind and detail
NOTICE = (
    "Written by the language model {model}; no person checked its words. Tables and figures are "
    "computed from the result files."
)


class Prose(msgspec.Struct, frozen=True, kw_only=True):
    """What a model wrote. Works are cited as [@key]; `sections` maps a heading to its paragraphs.

    `keys` are the works in the order of the paper's list of references, `years` their years, and
    `extra` the lines of those that the template's bibliography does not have. `explanation` is the
    change to the code in the treatment, "" for none; `faults` are what no refinement corrected.
    """

    model: str
    title: str
    abstract: str
    sections: dict[str, list[str]]
    keys: tuple[str, ...]
    years: tuple[int, ...] = ()
    extra: tuple[str, ...] = ()
    explanation: str = ""
    faults: tuple[Fault, ...] = ()


def in_prose(data: Mapping[str, Any], prose: Prose) -> dict[str, Any]:
    """A paper's data with the model's paragraphs in place of composed ones.

    Tables, figures, equations and what is stated of seeds and hashes stay as they were computed.
    """
    sections = [
        {**section, "parts": _parts(section, prose)}
        if section["title"] in prose.sections
        else section
        for section in data["sections"]
    ]
    return {
        **data,
        "title": numbered(prose.title, prose.keys),
        "abstract": numbered(prose.abstract, prose.keys),
        "footer": NOTICE.format(model=_short(prose.model)),
        "sections": sections,
        "references": [*data["references"], *prose.extra],
        "appendix": [_captioned(part, prose) for part in data["appendix"]],
    }


def _short(spec: str) -> str:
    """A model's name without its kind, its server and the folders it lies in."""
    return spec.split(":", 1)[-1].split("@")[0].rstrip("/").rsplit("/", 1)[-1]


def _parts(section: Mapping[str, Any], prose: Prose) -> list[dict[str, Any]]:
    written = [
        {"kind": "text", "text": numbered(paragraph, prose.keys)}
        for paragraph in prose.sections[section["title"]]
    ]
    if section["title"] == "Method" and prose.explanation:
        told = f"Change of the code: {prose.explanation}"
        written.append({"kind": "text", "text": numbered(told, prose.keys)})
    kept = [part for part in section["parts"] if part["kind"] in ("table", "figure", "markup")]
    return [*written, *(_captioned(part, prose) for part in kept)]


def _captioned(part: dict[str, Any], prose: Prose) -> dict[str, Any]:
    """A part whose caption, which may be the model's, cites works by number."""
    if "caption" not in part:
        return part
    return {**part, "caption": numbered(part["caption"], prose.keys)}


def numbered(text: str, keys: Sequence[str]) -> str:
    """A text with its [@key] as numbers of the list of references; unknown keys are left out."""
    at = {key: number for number, key in enumerate(keys, 1)}

    def mark(found: re.Match[str]) -> str:
        numbers = [str(at[key]) for key in cited(found[0]) if key in at]
        return f"[{', '.join(numbers)}]" if numbers else ""

    return " ".join(CITED.sub(mark, text).split())


def cited(text: str) -> list[str]:
    """The keys that a text cites, in its order, each once."""
    inside = " ".join(CITED.findall(text))
    return list(dict.fromkeys(re.findall(r"@([^;,\s]+)", inside)))


def citation_faults(texts: Mapping[str, Sequence[str]], keys: Sequence[str]) -> list[Fault]:
    """Citations of works that there are not, by where they stand."""
    return [
        (CITATIONS, f"'{key}' is cited in {where} and exists in no list")
        for where, said in texts.items()
        for key in cited(" ".join(said))
        if key not in keys
    ]


def unborne(text: str, values: Sequence[float], plain: Sequence[float], where: str) -> list[str]:
    """Numbers of a text that no result bears out; citations are passed over."""
    claims = check_claims(CITED.sub("", text), values, where, plain)
    return [claim.number for claim in claims if not claim.matched]
