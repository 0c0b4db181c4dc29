"""How near a question or a text is to earlier ones."""

from __future__ import annotations

from collections.abc import Sequence

from conference.documents.anatomy import novelty


def nearest_earlier(text: str, earlier: Sequence[tuple[str, str]]) -> tuple[float, str]:
    """The highest similarity in [0, 1] of a text to earlier ones (title, text), and that title."""
    near, at = novelty(text, [body for _, body in earlier])
    return near, "" if at is None else earlier[at][0]
