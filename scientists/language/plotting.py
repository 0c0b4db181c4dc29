"""Draw figures with the template's script, or with a language model's change of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.models import struct_shape
from conference.models.context import Context
from conference.models.prompts import render, without_paper
from conference.papers.pictures import small_in_figure
from conference.papers.typesetting import picture
from scientists.checks import FIGURES, PRINTED
from scientists.experiments import PLOT, Figures, Laboratory, Results
from scientists.language.coding import CODE, EditList, Made, Refused, change
from scientists.language.ideas import PROMPTS, described
from scientists.study import Question


class PlotEdits(msgspec.Struct, frozen=True):
    """A change of the figures and what it improves; without edits they stay as they are."""

    explanation: str
    edits: EditList

    @property
    def done(self) -> bool:
        return not self.edits


class Drawn(msgspec.Struct, frozen=True):
    """Figures, the changed script that drew them ("" for the template's own), and what failed."""

    figures: Figures
    code: str = ""
    fault: str = ""


async def draw_figures(
    laboratory: Laboratory,
    question: Question,
    runs: Sequence[dict[str, Any]],
    results: Results,
    base: str,
    context: Context,
) -> Drawn:
    """The template's figures, or those of a changed script if they are readable in print.

    Raises:
        TaskFailed: the template's own script fails.
    """

    async def drawn(code: str) -> Figures:
        async with context.slots:
            figures = await asyncio.to_thread(laboratory.draw, runs, results, code or None)
        if code:
            await asyncio.to_thread(_readable, figures)
        return figures

    plain = await drawn("")
    prompt = render(
        PROMPTS, "plot", material=base, idea=question.idea, script=laboratory.source(PLOT),
        treatment=described(question.treatment), baseline=described(question.baseline),
        captions=[(name, caption) for name, caption, _ in plain], least=FIGURES,
    )  # fmt: skip
    made: Made[PlotEdits, Figures] = await change(
        laboratory, context, PLOT, without_paper(prompt), struct_shape(PlotEdits, CODE), drawn,
        purpose="plot",
    )  # fmt: skip
    if made.outcome is None:
        return Drawn(plain, fault=made.problem)
    return Drawn(made.outcome, code=made.code)


def _readable(figures: Figures) -> None:
    """Raise `Refused` if figures are too few, or cannot be printed or read in print."""
    if len(figures) < FIGURES:
        raise Refused(f"it drew {len(figures)} figures, and a paper has {FIGURES} at least")
    for name, _, svg in figures:
        for fault in small_in_figure(name, svg, PRINTED):
            raise Refused(fault.detail)
        try:
            picture(svg)
        except UserError as error:
            raise Refused(f"figure {name}: {error}") from error
