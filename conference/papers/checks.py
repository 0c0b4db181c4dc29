"""The desk's checks of a submission: each is None when it passes, else the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.mentions import mentions
from conference.papers.document import Document
from conference.papers.orders import plain_letters

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
NEAR_TITLES, NEAR_ABSTRACTS = 0.8, 0.5  # similarities of papers that ask the same
NEAR_COPIES = 0.88  # of two abstracts of which a twentieth of the words differ
CHUNK_CELLS = 20_000_000


def page_limit(pages: int, limit: int) -> str | None:
    """Whether a PDF keeps to the call's limit on its pages."""
    return f"{pages} pages, the limit is {limit}" if pages > limit else None


def anonymity(document: Document, authors: Sequence[str]) -> str | None:
    """Whether the first page or the acknowledgements tell who wrote the paper.

    `authors` are names known from the submission. The bibliography may name anybody.
    """
    head = document.text[:3000].split("\n1 ")[0]
    found = EMAIL.search(head)
    if found and "anonymous" not in found[0].lower():
        return f"not anonymous: the e-mail address {found[0]} is on the first page"
    body = document.body
    for name in authors:
        if name and re.search(rf"\b{re.escape(name)}\b", body):
            return f"not anonymous: the author's name {name} is in the text"
    for section in document.sections:
        if section.title.startswith("acknowledg") and len(section.text.split()) > 5:
            return "not anonymous: it has acknowledgements"
    return None


def out_of_topic(text: str, topics: Mapping[str, Sequence[str]]) -> str | None:
    """Whether not one keyword of any topic of the call is in the text."""
    if any(mentions(text, words, stems=True) for words in topics.values()):
        return None
    return f"out of topic: none of the call's topics ({', '.join(topics)}) is in title or abstract"


def near_duplicates(titles: Sequence[str], abstracts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of papers that ask the same under nearly the same title.

    And of those whose abstracts are in nearly the same words, whatever their titles are. Titles
    are compared as in `duplicates`, at `NEAR_TITLES`; as those of a series may be alike,
    the abstracts' words must be too (cosine of their counts, without stop words). Two abstracts of
    embedded scientists on one question, in words drawn apart, have .63 or more.
    """
    copies = duplicates(abstracts, NEAR_COPIES, length=0.7)
    alike = duplicates(titles, NEAR_TITLES, length=0.7)
    told = [pair for pair in alike if all(abstracts[at].strip() for at in pair)]
    if not told:
        return copies
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    # Every word is counted alike, so that the verdict on a pair does not hang on other papers.
    counts = CountVectorizer(stop_words="english", token_pattern=r"\w+", dtype=float)
    written = [f"{plain_letters(text)} abstract" for text in abstracts]
    rows: Any = normalize(counts.fit_transform(written))
    same = [
        (earlier, later)
        for earlier, later in told
        if float((rows[earlier] @ rows[later].T).sum()) >= NEAR_ABSTRACTS
    ]
    return sorted({*same, *copies})


def duplicates(
    texts: Sequence[str], similarity: float, length: float = 0.9
) -> list[tuple[int, int]]:
    """Pairs (earlier, later) of texts whose TF-IDF cosine is at least `similarity`.

    Each later text is paired with its earliest twin. Words and pairs of words count, hashed to
    four million columns. Scales to tens of thousands of abstracts: a text of which more than
    1 - similarity squared lies on terms of its own alone can have no twin, and most texts are such.
    """
    if len(texts) < 2:
        return []
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    hashing = HashingVectorizer(
        ngram_range=(1, 2), n_features=2**22, alternate_sign=False, norm=None, dtype=np.float32
    )
    written = map(plain_letters, texts)  # Letters that only look the same are the same.
    rows: Any = TfidfTransformer().fit_transform(_used_columns(hashing.transform(written)))
    found: dict[int, int] = {}
    names = _may_have_twins(rows, similarity)
    rows = rows[names]
    step = max(1, CHUNK_CELLS // max(1, len(names)))
    for start in range(0, len(names), step):
        close: Any = (rows[start : start + step] @ rows.T).tocoo()
        alike = (close.data >= similarity) & (close.col < close.row + start)
        for row, col in zip(close.row[alike], close.col[alike], strict=True):
            later, earlier = int(names[row + start]), int(names[col])
            if _as_long(texts[later], texts[earlier], length):
                found[later] = min(earlier, found.get(later, later))
    return [(earlier, later) for later, earlier in sorted(found.items())]


def _used_columns(rows: Any) -> Any:
    """The matrix without its empty columns."""
    from scipy.sparse import csr_matrix

    used = np.bincount(rows.indices, minlength=rows.shape[1]) > 0
    column = (np.cumsum(used) - 1)[rows.indices]
    return csr_matrix((rows.data, column, rows.indptr), shape=(rows.shape[0], int(used.sum())))


def _may_have_twins(rows: Any, similarity: float) -> NDArray[np.int64]:
    """The texts whose terms shared with any other text could reach the similarity."""
    alone = np.bincount(rows.indices, minlength=rows.shape[1]) == 1
    own = rows.copy()
    own.data = own.data**2 * alone[own.indices]
    left = 1 - np.asarray(own.sum(axis=1)).ravel()
    return np.flatnonzero(left >= similarity**2 - 1e-6)


def _as_long(first: str, second: str, length: float) -> bool:
    """Whether the shorter has that share of the longer's words: a part of a text is no copy."""
    short, long = sorted((len(first.split()), len(second.split())))
    return short >= length * long
