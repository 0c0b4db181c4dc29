"""How specific a review is: references that only somebody who looked at the paper can make."""

from __future__ import annotations

import re

_PARTS = {
    "sections": r"\b(?:sections?|secs?\.|§+|appendix|appendices)\s*(?:\d+(?:\.\d+)*|[A-Z]\b)",
    "tables": r"\b(?:tables?|tabs?\.)\s*\d+",
    "figures": r"\b(?:figures?|figs?\.)\s*\d+",
    "equations": r"\b(?:equations?|eqs?\.|eqn\.?)\s*\(?\d+",
    "lines": r"\b(?:lines?|l\.)\s*\d+|\b(?:pages?|pp?\.)\s*\d+",
}
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*\s*%?")


def specificity(text: str) -> dict[str, int]:
    """How often a review names a section, table, figure, equation, line or page, and how many
    other numbers it gives."""
    found, rest = {}, text
    for name, pattern in _PARTS.items():
        rest, found[name] = re.subn(pattern, " ", rest, flags=re.IGNORECASE)
    return found | {"numbers": len(_NUMBER.findall(rest))}
