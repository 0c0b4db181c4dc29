"""Every family of models that was tried for the reviewers' quality, year by year.

Each year is predicted from the years before it. A family takes the training papers and the tested
papers and gives a score for each tested paper; only title and abstract are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np

from conference.statistics.agreement import leave_one_out, leave_one_out_statistic
from conference.statistics.bootstrap import difference, estimate
from conference.statistics.estimate import Estimate
from reviewers.quality.fitting import fit
from reviewers.quality.model import (
    FEWEST_LETTERS,
    PARTS,
    Floats,
    PaperText,
    QualityModel,
    joined,
    load,
    make_vectorizer,
    measured_of,
)
from reviewers.quality.training_papers import texts_of

MIN_DF, ALPHA = 4, 20.0
LSA = 200
HUMAN, SHIPPED = "one human", "shipped: words + style + letters + writing"
CEILING, FOLDS = "shipped, told other ratings of the same year", 5
TREES = {"max_iter": 250, "learning_rate": 0.03, "max_leaf_nodes": 8, "min_samples_leaf": 40}

Family = Callable[[Any, Any], Floats]


class Tested(msgspec.Struct, frozen=True):
    """A family on one year, by Spearman with the mean of the other humans. `gap` is what the
    shipped model has more than one human."""

    family: str
    year: int
    figure: Estimate
    gap: Estimate | None = None


def compare(
    papers: Any,
    years: tuple[int, ...],
    *,
    resamples: int,
    tested: Any = None,
    ceiling: bool = False,
    shipped: bool = False,
) -> Iterator[Tested]:
    """All families and the human on papers with an abstract, trained on earlier years.

    Tested are decided papers; of a year without decisions on record, all that were not withdrawn.

    Args:
        papers: the frame of `reviewers.quality.training_papers.read_papers`.
        tested: the same with other ratings to test against; `papers` when left out.
        ceiling: also tell the shipped model the ratings of the other papers of the tested year,
            in five folds: no forecast, but what the passing of the years takes from one.
        shipped: only the shipped model and its parts.
    """
    tested = papers if tested is None else tested
    tested = tested[
        (tested["abstract"].str.len() >= FEWEST_LETTERS) & (tested["status"] != "withdrawn")
    ]
    for year in years:
        train = papers[papers["year"] < year]
        test = tested[(tested["year"] == year) & (tested["ratings"].map(len) > 1)]
        if test["accepted"].notna().any():
            test = test[test["accepted"].notna()]
        table = leave_one_out([np.asarray(row, np.float64) for row in test["ratings"]])
        human = leave_one_out_statistic(table)
        count = len(test)
        yield Tested(HUMAN, year, estimate(human, count, resamples=resamples))
        everything = _told_of_the_year(train, test) if ceiling else _all(train, test, shipped)
        for name, scores in everything:
            own = leave_one_out_statistic(table, scores)
            gap = (
                difference(own, human, count, resamples=resamples)
                if name in (SHIPPED, CEILING)
                else None
            )
            yield Tested(name, year, estimate(own, count, resamples=resamples), gap)


def _all(train: Any, test: Any, shipped: bool) -> Iterator[tuple[str, Floats]]:
    texts = texts_of(test)
    later = test["year"].min() > load().cutoff
    model = load() if later else fit(train, texts)
    parts = model.scores(texts, PARTS)
    yield SHIPPED, model.predict(texts)
    for part, scores in parts.items():
        yield f"part: {part}", scores
    yield "title and keywords alone", _titles(model, texts)
    if shipped:
        return
    told = train[(train["abstract"].str.len() >= FEWEST_LETTERS) & train["z"].notna()]
    for name, family in FAMILIES.items():
        yield name, family(told, test)


def _told_of_the_year(train: Any, test: Any) -> Iterator[tuple[str, Floats]]:
    import pandas

    scores, fold = np.empty(len(test)), np.arange(len(test)) % FOLDS
    for number in range(FOLDS):
        model = fit(pandas.concat([train, test[fold != number]], ignore_index=True))
        scores[fold == number] = model.predict(texts_of(test[fold == number]))
    yield CEILING, scores


def _titles(model: QualityModel, texts: list[PaperText]) -> Floats:
    return model.scores(texts, ("names",))["names"]


def _rows(train: Any, test: Any, **given: Any) -> tuple[Any, Any]:
    vectorizer = make_vectorizer("words", **({"min_df": MIN_DF} | given))
    rows = vectorizer.fit_transform([joined(paper) for paper in texts_of(train)])
    return rows, vectorizer.transform([joined(paper) for paper in texts_of(test)])


def _truth(train: Any) -> tuple[Floats, Floats]:
    weight = np.sqrt(train["ratings"].map(len).to_numpy(dtype=np.float64))
    return train["z"].to_numpy(dtype=np.float64), weight / weight.mean()


def _length(train: Any, test: Any) -> Floats:
    return np.asarray(test["abstract"].str.split().str.len(), dtype=np.float64)


def _words(train: Any, test: Any) -> Floats:
    from sklearn.linear_model import Ridge

    (rows, asked), (z, weight) = _rows(train, test), _truth(train)
    return np.asarray(Ridge(ALPHA).fit(rows, z, sample_weight=weight).predict(asked))


def _recent(train: Any, test: Any) -> Floats:
    from sklearn.linear_model import Ridge

    (rows, asked), (z, weight) = _rows(train, test), _truth(train)
    age = train["year"].max() - train["year"].to_numpy()
    model = Ridge(ALPHA).fit(rows, z, sample_weight=weight * 0.5 ** (age / 3))
    return np.asarray(model.predict(asked))


def _letters(train: Any, test: Any) -> Floats:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    vectorizer = TfidfVectorizer(
        analyzer="char_wb", sublinear_tf=True, min_df=20, ngram_range=(3, 5), max_features=150_000
    )
    z, weight = _truth(train)
    rows = vectorizer.fit_transform([joined(paper) for paper in texts_of(train)])
    model = Ridge(ALPHA).fit(rows, z, sample_weight=weight)
    return np.asarray(model.predict(vectorizer.transform([joined(p) for p in texts_of(test)])))


def _decisions(train: Any, test: Any) -> Floats:
    from sklearn.linear_model import LogisticRegression

    decided = train[train["accepted"].notna()]
    rows, asked = _rows(decided, test)
    model = LogisticRegression(C=0.5, class_weight="balanced", max_iter=300)
    model.fit(rows, decided["accepted"].astype(int))
    return np.asarray(model.decision_function(asked))


def _halves(train: Any, test: Any) -> Floats:
    """Above or below the year's mean, each paper weighing its distance from it."""
    from sklearn.linear_model import LogisticRegression

    (rows, asked), (z, _) = _rows(train, test), _truth(train)
    model = LogisticRegression(C=0.5, max_iter=300).fit(rows, z > 0, sample_weight=np.abs(z))
    return np.asarray(model.decision_function(asked))


def _lsa(rows: Any, asked: Any) -> tuple[Floats, Floats]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    lsa = TruncatedSVD(LSA, n_iter=3, random_state=0).fit(rows)
    return normalize(lsa.transform(rows)), normalize(lsa.transform(asked))


def _kernel(train: Any, test: Any) -> Floats:
    from sklearn.svm import SVR

    (known, asked), (z, weight) = _lsa(*_rows(train, test)), _truth(train)
    model = SVR(C=1.0, gamma=1.0, epsilon=0.3).fit(known, z, sample_weight=weight)
    return np.asarray(model.predict(asked))


def _trees(train: Any, test: Any) -> Floats:
    from sklearn.ensemble import HistGradientBoostingRegressor

    (known, asked), (z, weight) = _lsa(*_rows(train, test)), _truth(train)
    known = np.hstack([known[:, :60], measured_of(texts_of(train))])
    asked = np.hstack([asked[:, :60], measured_of(texts_of(test))])
    model = HistGradientBoostingRegressor(**TREES, l2_regularization=10.0, random_state=0)
    return np.asarray(model.fit(known, z, sample_weight=weight).predict(asked))


FAMILIES: dict[str, Family] = {
    "length of the abstract": _length,
    "words, ridge": _words,
    "words, ridge, years halved every 3": _recent,
    "letters 3-5, ridge": _letters,
    "words, logistic on decisions": _decisions,
    "words, logistic on halves": _halves,
    "LSA 200, support vectors": _kernel,
    "LSA 60 + writing, boosted trees": _trees,
}
