"""Put a language model's text around tables and figures that are computed from results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conference.papers.layout import check_claims

CITED = re.compile(r"\[(@[^\]]+)\]")  # [@key], or several: [@one; @two]
CITATIONS, CODE, NOVELTY = "citations", "code", "novelty"  # kinds of faults
CODE_CHECK = "code changes"  # the check that fails for faults of the kind `CODE`
Fault = tuple[str, str]  # kind and detail
NOTICE = (
    "Written by the language model {model}; no person checked its words. Tables and figures are "
    "computed from the result files."
)


class Prose(msgspec.Struct, frozen=True, kw_only=True):
    """A model's text. Works are cited as [@key]; `sections` maps a heading to its paragraphs.

    `keys` are the works in the order of the paper's list of references, `years` their years, and
    `extra` the lines of works that are not in the template's bibliography. `explanation` describes
    the change of the treatment's code, "" for none; `faults` are those that remained.
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
    """A paper's data with the model's paragraphs instead of composed ones.

    Tables, figures, equations, and statements on seeds and hashes stay as computed.
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
    """A model's name without kind, server and folders."""
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
    """A part with citations in its caption, which may be the model's, as numbers."""
    if "caption" not in part:
        return part
    return {**part, "caption": numbered(part["caption"], prose.keys)}


def numbered(text: str, keys: Sequence[str]) -> str:
    """A text with each [@key] as its number in the references; unknown keys are left out."""
    at = {key: number for number, key in enumerate(keys, 1)}

    def mark(found: re.Match[str]) -> str:
        numbers = [str(at[key]) for key in cited(found[0]) if key in at]
        return f"[{', '.join(numbers)}]" if numbers else ""

    return " ".join(CITED.sub(mark, text).split())


def cited(text: str) -> list[str]:
    """The keys that a text cites, in order, each once."""
    inside = " ".join(CITED.findall(text))
    return list(dict.fromkeys(re.findall(r"@([^;,\s]+)", inside)))


def citation_faults(texts: Mapping[str, Sequence[str]], keys: Sequence[str]) -> list[Fault]:
    """Citations of works that are not in the list, by place."""
    return [
        (CITATIONS, f"'{key}' is cited in {where} and exists in no list")
        for where, said in texts.items()
        for key in cited(" ".join(said))
        if key not in keys
    ]


def unborne(text: str, values: Sequence[float], plain: Sequence[float], where: str) -> list[str]:
    """Numbers of a text that no result supports; citations are ignored."""
    claims = check_claims(CITED.sub("", text), values, where, plain)
    return [claim.number for claim in claims if not claim.matched]
