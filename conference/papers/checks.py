"""The desk's checks of a submission: each returns None if it passes, else the reason."""

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
NEAR_TITLES, NEAR_ABSTRACTS = 0.8, 0.5  # least similarities of papers on the same question
NEAR_COPIES = 0.88  # similarity of two abstracts that differ in a twentieth of their words
FEWEST_COPIED = 30  # words of an abstract; "Withdrawn by the authors" is not a copy
Pair = tuple[int, int]
CHUNK_CELLS, PAIRS = 20_000_000, 20_000


def page_limit(pages: int, limit: int) -> str | None:
    """The reason if a PDF exceeds the call's page limit."""
    return f"{pages} pages, the limit is {limit}" if pages > limit else None


def anonymity(document: Document, authors: Sequence[str]) -> str | None:
    """The reason if the paper's text reveals its authors.

    It may not have an e-mail address on the first page, one of the names `authors` outside the
    bibliography, or acknowledgements.
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
    """The reason if no keyword of any topic of the call is in the text."""
    if any(mentions(text, words, stems=True) for words in topics.values()):
        return None
    return f"out of topic: none of the call's topics ({', '.join(topics)}) is in title or abstract"


def alike(
    titles: Sequence[str], abstracts: Sequence[str], similarity: float
) -> tuple[list[Pair], list[Pair]]:
    """Pairs (earlier, later) of papers on the same question, and pairs of nearly the same text.

    Papers on the same question have nearly the same title (`NEAR_TITLES`) and similar words in
    their abstracts, because titles of a series may be alike; or they have nearly the same abstract,
    whatever their titles. Papers of nearly the same text are found by `duplicates`, from title and
    abstract, at `similarity`.
    """
    if len(titles) < 2:
        return [], []
    title, abstract = _counts(titles), _counts(abstracts)
    copied = duplicates(abstracts, NEAR_COPIES, length=0.7, counts=abstract)
    copies = [pair for pair in copied if len(abstracts[pair[0]].split()) >= FEWEST_COPIED]
    titled = duplicates(titles, NEAR_TITLES, length=0.7, counts=title)
    texts = [f"{first}\n{second}" for first, second in zip(titles, abstracts, strict=True)]
    same = duplicates(texts, similarity, counts=title + abstract)
    return sorted({*_of_like_words(titled, abstracts), *copies}), same


def _of_like_words(pairs: list[Pair], abstracts: Sequence[str]) -> list[Pair]:
    """The pairs whose abstracts have similar words, stop words aside.

    The measure is the cosine of the words' counts. Two abstracts by embedded scientists on the same
    question, with independently drawn words, have .63 or more.
    """
    told = [pair for pair in pairs if all(abstracts[at].strip() for at in pair)]
    if not told:
        return []
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    # All words have the same weight, so that the verdict on a pair does not depend on other papers.
    counts = CountVectorizer(stop_words="english", token_pattern=r"\w+", dtype=float)
    row = {
        at: number for number, at in enumerate(dict.fromkeys(at for pair in told for at in pair))
    }
    rows: Any = normalize(
        counts.fit_transform(f"{plain_letters(abstracts[at])} abstract" for at in row)
    )
    return [
        (earlier, later)
        for earlier, later in told
        if float((rows[row[earlier]] @ rows[row[later]].T).sum()) >= NEAR_ABSTRACTS
    ]


def duplicates(
    texts: Sequence[str], similarity: float, length: float = 0.9, counts: Any = None
) -> list[Pair]:
    """Pairs (earlier, later) of texts whose TF-IDF cosine is at least `similarity`.

    Each later text is paired with its earliest duplicate. Terms are words and pairs of words,
    hashed to four million columns; `counts` are their counts if they are known. Only texts that
    share one of their rarest terms are compared, which every similar pair does (`_rarest_terms`),
    so this scales to tens of thousands of texts. The shorter text of a pair has at least the share
    `length` of the longer one's words.
    """
    if len(texts) < 2:
        return []
    from sklearn.feature_extraction.text import TfidfTransformer

    used = _used_columns(_counts(texts) if counts is None else counts)
    if not used.shape[1]:  # No text has a word.
        return []
    rows: Any = TfidfTransformer().fit_transform(used)
    rarest = _rarest_terms(rows, similarity)
    names = np.flatnonzero(np.diff(rarest.indptr))
    rows, rarest = rows[names], rarest[names]
    found: dict[int, int] = {}
    step = max(1, CHUNK_CELLS // max(1, len(names)))
    for start in range(0, len(names), step):
        late, early = (rarest[start : start + step] @ rarest.T).nonzero()
        late += start
        late, early = late[early < late], early[early < late]
        alike = _cosines(rows, late, early) >= similarity
        for later, earlier in zip(names[late[alike]], names[early[alike]], strict=True):
            if _as_long(texts[later], texts[earlier], length):
                found[int(later)] = min(int(earlier), found.get(int(later), int(later)))
    return [(earlier, later) for later, earlier in sorted(found.items())]


def _counts(texts: Sequence[str]) -> Any:
    """Counts of words and pairs of words, shape (texts, hashed terms)."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(
        ngram_range=(1, 2), n_features=2**22, alternate_sign=False, norm=None, dtype=np.float32
    )
    # Letters that look the same count as the same.
    return hashing.transform(map(plain_letters, texts))


def _used_columns(rows: Any) -> Any:
    """The matrix without its empty columns."""
    from scipy.sparse import csr_matrix

    used = np.bincount(rows.indices, minlength=rows.shape[1]) > 0
    column = (np.cumsum(used) - 1)[rows.indices]
    return csr_matrix((rows.data, column, rows.indptr), shape=(rows.shape[0], int(used.sum())))


def _rarest_terms(rows: Any, similarity: float) -> Any:
    """Each text's rarest shared terms, which hold 1 - similarity^2 of its squared length.

    The rest of its vector is shorter than `similarity`, and so is the rest's product with any unit
    vector. So the rarest term that a similar pair shares is among these terms of both texts (prefix
    filtering; Bayardo, Ma and Srikant 2007).
    """
    from scipy.sparse import csr_matrix

    holders = np.bincount(rows.indices, minlength=rows.shape[1])
    text = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    rows.sort_indices()  # Equally rare terms are taken in a fixed order.
    order = np.argsort(text * (holders.max(initial=0) + 1) + holders[rows.indices], kind="stable")
    term, share = rows.indices[order], rows.data[order].astype(np.float64) ** 2
    rarer = np.cumsum(share) - share
    rarer -= np.repeat(rarer[rows.indptr[:-1].clip(max=len(term) - 1)], np.diff(rows.indptr))
    kept = (rarer <= 1 - similarity**2 + 1e-5) & (holders[term] > 1)
    ones = np.ones(int(kept.sum()), np.float32)
    return csr_matrix((ones, (text[kept], term[kept])), rows.shape)


def _cosines(rows: Any, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """The cosine of each pair of unit rows."""
    found = [
        np.asarray(rows[first[at : at + PAIRS]].multiply(rows[second[at : at + PAIRS]]).sum(axis=1))
        for at in range(0, len(first), PAIRS)
    ]
    return np.concatenate([each.ravel() for each in found]) if found else np.zeros(0)


def _as_long(first: str, second: str, length: float) -> bool:
    """Whether the shorter text has that share of the longer's words: a part is not a copy."""
    short, long = sorted((len(first.split()), len(second.split())))
    return short >= length * long
