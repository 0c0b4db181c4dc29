"""A paper's words by a language model, put around tables and figures that come from results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conference.documents.layout import check_claims

CITED = re.compile(r"\[@([^\]\s]+)\]")
NOTICE = (
    "Written by the language model {model}; no person checked its words. Tables and figures are "
    "computed from the result files."
)


class Prose(msgspec.Struct, frozen=True, kw_only=True):
    """What a model wrote. `sections` maps a heading to its paragraphs, citing works as [@key].

    `keys` are the works in the order of the paper's list of references, `extra` the lines of those
    that the template's bibliography does not have. `faults` (kind, detail) are what no refinement
    mended. `explanation` is the change to the code in the treatment, "" for none.
    """

    model: str
    title: str
    abstract: str
    sections: dict[str, list[str]]
    keys: tuple[str, ...]
    extra: tuple[str, ...] = ()
    explanation: str = ""
    faults: tuple[tuple[str, str], ...] = ()


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
        "footer": NOTICE.format(model=_short(prose.model)),
        "sections": sections,
        "references": [*data["references"], *prose.extra],
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
        written.append({"kind": "text", "text": f"Change of the code: {prose.explanation}"})
    kept = [part for part in section["parts"] if part["kind"] in ("table", "figure", "markup")]
    return [*written, *kept]


def numbered(text: str, keys: Sequence[str]) -> str:
    """A text with its [@key] as numbers of the list of references; unknown keys are left out."""
    at = {key: number for number, key in enumerate(keys, 1)}

    def mark(found: re.Match[str]) -> str:
        return f"[{at[found[1]]}]" if found[1] in at else ""

    return " ".join(CITED.sub(mark, text).split())


def unknown_keys(texts: Sequence[str], keys: Sequence[str]) -> list[str]:
    """Keys that are cited and that no known work has, each once."""
    cited = [key for text in texts for key in CITED.findall(text)]
    return [key for key in dict.fromkeys(cited) if key not in keys]


def unborne(text: str, values: Sequence[float], plain: Sequence[float], where: str) -> list[str]:
    """Numbers of a text that no result bears out; citations are passed over."""
    claims = check_claims(CITED.sub("", text), values, where, plain)
    return [claim.number for claim in claims if not claim.matched]
