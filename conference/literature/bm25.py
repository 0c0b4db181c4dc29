"""Ranks texts by BM25 with the library `bm25s` (Lù 2024, arXiv 2407.03618).

It is BM25 in Lucene's form (Robertson and Zaragoza 2009; Kamphuis et al. 2020): a word that a text
shares with the query counts by its rarity among the texts, and each repetition in the text counts
less.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[^\W_]{2,}")  # names such as `learning_rate` are two words


class Ranking:
    """A BM25 index of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # The library itself sets DEBUG.
        self._count = len(texts)
        words = [_words(text) for text in texts]
        self._index: Any = None
        if any(words):
            self._index = bm25s.BM25()
            self._index.index(words, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float64]:
        """The score of each text; 0 if it shares no word with the query."""
        asked = list(dict.fromkeys(_words(query)))
        if self._index is None or not self._index.get_tokens_ids(asked):
            return np.zeros(self._count)
        return np.asarray(self._index.get_scores(asked), dtype=float)


def _words(text: str) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, strip_accents_unicode

    words = WORD.findall(strip_accents_unicode(text.lower()))
    return [word for word in words if word not in ENGLISH_STOP_WORDS]
