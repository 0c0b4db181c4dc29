"""Typesets papers with Typst, or with LaTeX where there is one."""

from __future__ import annotations

from conference.typesetting.typst import check_typesetter, typeset

__all__ = ["check_typesetter", "typeset"]
