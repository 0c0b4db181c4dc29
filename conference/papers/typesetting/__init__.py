"""Typesets papers with Typst, or with LaTeX if it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conference.papers.typesetting.latex import check_latex, typeset_latex
from conference.papers.typesetting.typst import check_typst, picture, typeset_plain, typeset_typst

FORMATS = ("typst", "latex")


def check_typesetter(format_: str) -> None:
    """Raise `UserError` if papers cannot be typeset in this format; called before a round."""
    check_typst()
    if format_ == "latex":
        check_latex()


def typeset(data: Mapping[str, Any], figures: Mapping[str, bytes], format_: str = "typst") -> bytes:
    """The PDF of a paper in one of `FORMATS`. The same data gives the same bytes.

    Args:
        data: what `paper.typ` reads; see `scientists.paper`.
        figures: file name to SVG, for the figures that `data` names.

    Raises:
        UserError: the typesetter rejects the text or a figure.
    """
    return (typeset_latex if format_ == "latex" else typeset_typst)(data, figures)


__all__ = ["FORMATS", "check_typesetter", "picture", "typeset", "typeset_plain"]
