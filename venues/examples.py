"""Example reviews for a run's models: from a file, or drawn from a named dataset."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from conference.models import ModelRules
from conference.papers.pdfium import PDFIUM
from reviewers.language.examples import draw, keep_drawn, names_dataset
from reviewers.language.presets import load_presets

HEAD = 4000  # characters of a paper in which its title is looked for


def with_examples(
    models: Mapping[str, ModelRules],
    seed: int,
    folder: Path,
    say: Callable[[str], None],
    titles: Collection[str] = (),
    files: Sequence[Path] = (),
) -> dict[str, ModelRules]:
    """The models' rules with `examples` as an absolute path, as hosts may run in another folder.

    Examples from a dataset are drawn with the seed and kept in `folder`. Papers under review are
    left out: those in `titles`, and those whose title is at the beginning of one of the `files`.

    Raises:
        UserError: a dataset has too few reviews that can be shown.
    """
    found = dict(models)
    count = max(preset.few_shot for preset in load_presets().values())
    for name, rules in models.items():
        path = rules.examples
        if names_dataset(path):
            rows = draw(path, count, seed, titles, "\n".join(map(_head, files)))
            who = "A model without settings of its own" if name == "default" else name
            say(
                f"{who} is shown the review of {', '.join(row.paper for row in rows)} "
                f"({rows[0].dataset}) where its preset has examples."
            )
            path = str(keep_drawn(rows, path, folder))
        if path:
            found[name] = msgspec.structs.replace(rules, examples=str(Path(path).absolute()))
    return found


def _head(file: Path) -> str:
    """The beginning of a paper; "" for an unreadable PDF, which is reported elsewhere."""
    if file.suffix.lower() != ".pdf":
        return file.read_text(errors="replace")[:HEAD]
    import pypdfium2

    try:
        with PDFIUM, pypdfium2.PdfDocument(file) as document:
            page = document[0].get_textpage()
            return str(page.get_text_range())[:HEAD]
    except pypdfium2.PdfiumError:
        return ""
