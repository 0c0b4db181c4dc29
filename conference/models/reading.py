"""Prompts about a manuscript: its text without hidden parts, cut to the model's context."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from conference.core.tasks import TaskFailed
from conference.models.asking import Asker
from conference.models.fitting import fit_paper, fit_texts
from conference.models.prompts import about_paper, defused
from conference.models.records import Message, Model, ModelRules
from conference.papers.manuscript import Manuscript, full_text

INSTRUCTIONS = 12_000  # tokens that form, persona, thread and instruction may take
DPI = 80
LEAST = 1_000  # tokens of a paper that must fit, unless the paper is shorter
PAGE = 1200  # approximate tokens of a page's image
SHEET = 842.0  # points: the longer side of A4


def paper_budget(context: int, rules: ModelRules) -> int:
    """Tokens that a paper may take: what answer and instructions leave, at least a third.

    Instructions get `INSTRUCTIONS` tokens or a quarter of a long context, plus one answer's length
    (for asking again), but never more than half of the context.
    """
    return max(context - rules.max_tokens - _reserve(context, rules), context // 3)


def thread_budget(context: int, rules: ModelRules) -> int:
    """Tokens that the reviews and comments on a paper may take: half of the instructions' share."""
    return _reserve(context, rules) // 2


def _reserve(context: int, rules: ModelRules) -> int:
    return min(context // 2, max(INSTRUCTIONS, context // 4) + rules.max_tokens)


def asks_about(
    manuscript: Manuscript,
    papers: Path,
    asker: Asker,
    instruction: str,
    *,
    examples: str = "",
    images: int = 0,
    answers: int = 0,
) -> tuple[Message, ...]:
    """A conversation about a manuscript.

    `examples` come between the paper and the instruction, so that calls with and without them
    share the paper's prefix. `images` is how many pages a model that takes images is shown,
    `answers` how many earlier answers the conversation will hold. All of them reduce the room for
    the paper's text.

    Raises:
        TaskFailed: they leave less than `LEAST` tokens for a paper that is longer.
    """
    shown: tuple[str, ...] = ()
    model, rules = asker.model, asker.rules
    if images and asker.rules.sees_images and manuscript.pdf:
        shown = page_images(str(papers / manuscript.pdf), images)
    text, failed = _body(manuscript, papers), _failed(manuscript) + _advisory(manuscript)
    room = paper_budget(model.context, rules) - beside(model, rules, len(shown), answers, examples)
    room -= model.count(failed) if failed else 0
    if room < LEAST and model.count(text) > room:
        raise TaskFailed(
            f"{model.name}: its context of {model.context:,} tokens leaves {max(room, 0):,} for "
            f"the paper and at least {LEAST:,} are needed beside pages, examples and answers"
        )
    # Failed checks and advice are added after the cut, which would remove them first.
    text = _fitted(text, room, model.count) + failed
    said = f"{examples}\n\n{instruction}" if examples else instruction
    return about_paper(manuscript.paper, manuscript.title, text, said, images=shown)


def beside(model: Model, rules: ModelRules, images: int, answers: int, examples: str) -> int:
    """Tokens that images of pages, earlier answers and example reviews take beside a paper."""
    return PAGE * images + rules.max_tokens * answers + (model.count(examples) if examples else 0)


def fit_thread(parts: Sequence[str], asker: Asker) -> str:
    """The parts of a paper's thread as one text, cut to its share of the context and defused."""
    return "\n\n".join(fit_parts(parts, asker))


def fit_parts(parts: Sequence[str], asker: Asker) -> list[str]:
    """The parts, defused, with the longest cut until all fit a thread's share of the context."""
    budget = thread_budget(asker.model.context, asker.rules)
    return [defused(part) for part in fit_texts(parts, budget, asker.model.count)]


@lru_cache(maxsize=256)
def _fitted(text: str, room: int, count: Callable[[str], int]) -> str:
    """A paper cut to fit; cached, because all calls about it cut it alike and counting is slow."""
    return fit_paper(text, room, count)


def _body(manuscript: Manuscript, papers: Path) -> str:
    text = full_text(manuscript, papers) or f"Abstract\n{manuscript.abstract}"
    before = [f"Authors: {manuscript.byline}"] if manuscript.byline else []
    before += [manuscript.canary] if manuscript.canary else []
    return "\n\n".join([*before, text])


def _failed(manuscript: Manuscript) -> str:
    """A paragraph that lists failed checks; "" if none failed."""
    failed = [f"- {check.name}: {check.detail}" for check in manuscript.checks]
    head = "\n\nAutomatic checks of this paper that failed:\n"
    return head + "\n".join(failed) if failed else ""


def _advisory(manuscript: Manuscript) -> str:
    """A paragraph with the advisory review; "" if there is none."""
    head = "\n\nAn advisory review of this paper by a language model, without a score:\n"
    return head + manuscript.advisory if manuscript.advisory else ""


@lru_cache(maxsize=64)
def page_images(pdf: str, pages: int) -> tuple[str, ...]:
    """The first pages of a PDF as PNG files in base64.

    Raises:
        TaskFailed: PDFium cannot render this PDF.
    """
    import pypdfium2

    from conference.papers.pdfium import PDFIUM

    found = []
    try:
        with PDFIUM, pypdfium2.PdfDocument(pdf) as document:
            for number in range(min(pages, len(document))):
                found.append(_png(document[number]))
    except pypdfium2.PdfiumError as error:
        raise TaskFailed(f"{Path(pdf).name}: its pages cannot be drawn ({error})") from error
    return tuple(found)


def _png(page: Any) -> str:
    """A page as PNG in base64; pages larger than A4 are scaled down, as pixels cost tokens."""
    scale = DPI / 72 * min(1.0, SHEET / max(*page.get_size(), 1.0))
    buffer = io.BytesIO()
    page.render(scale=scale).to_pil().save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()
