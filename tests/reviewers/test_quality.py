"""The quality model learns what tells good papers from bad, and reads only what it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, spearmanr
from sklearn.feature_extraction.text import CountVectorizer

from conference.core.seeds import generator
from reviewers.quality import letters, style
from reviewers.quality.fitting import fit
from reviewers.quality.model import (
    FILE,
    PARTS,
    PaperText,
    QualityModel,
    load,
    make_vectorizer,
    normal,
    unpacked,
    write,
)
from reviewers.quality.training_papers import read_papers, texts_of

DATA = Path(
    os.environ.get("CONFERENCE_DATA")
    or Path(__file__).parents[2].parent / "shared" / "data" / "public"
)
FILLER = str.split(
    "we study networks with data and train models on tasks where results depend on many choices "
    "of noise scale depth width loss step size batch order seed layer weight norm rate"
)
TOPICS = ("graphs", "robots", "speech", "proteins")


def made_up(count: int, year: int) -> Any:
    """Papers whose rating rises with the word 'theorem' and falls with 'straightforwardly'."""
    rng = generator(year, "test-quality")
    rows = []
    for number in range(count):
        merit = int(rng.integers(0, 3))
        words = [*rng.choice(FILLER, 60), *(["theorem"] * merit)]
        words += ["straightforwardly"] * (2 - merit)
        abstract = " ".join(rng.permutation(words)) + ". It works."
        ratings = tuple(float(r) for r in np.clip(rng.normal(3 + merit, 1, 3).round(), 1, 10))
        title = f"On {rng.choice(TOPICS)} {'and proofs' if merit == 2 else 'and tables'} {number}"
        rows.append(("Made", year, title, abstract, ("learning",), ratings))
    frame = pandas.DataFrame(
        rows, columns=["venue", "year", "title", "abstract", "keywords", "ratings"]
    )
    means = frame["ratings"].map(np.mean)
    return frame.assign(mean=means, z=(means - means.mean()) / means.std())


@pytest.fixture(scope="module")
def trained() -> QualityModel:
    return fit(made_up(400, 2001))


def test_it_predicts_papers_that_it_has_not_seen(trained: QualityModel) -> None:
    later = made_up(300, 2002)
    expected = trained.predict(texts_of(later))
    assert spearmanr(expected, later["mean"]).statistic > 0.45
    # In the unit that it claims: SD of the year's means, so that the slope to the truth is near 1.
    assert np.polyfit(expected, later["z"], 1)[0] == pytest.approx(1, abs=0.3)
    assert trained.standard(texts_of(later)).std() == pytest.approx(1, abs=0.3)


def test_each_part_alone_predicts(trained: QualityModel) -> None:
    later = made_up(300, 2002)
    for part, scores in trained.scores(texts_of(later), PARTS).items():
        assert spearmanr(scores, later["mean"]).statistic > 0.2, part


def test_known_fates_teach_where_there_are_no_ratings() -> None:
    rated, later = made_up(30, 2001), made_up(300, 2003)
    rated = rated.assign(status=np.where(rated["mean"] > 4, "accepted", "rejected"))
    told = made_up(600, 2002)
    told["status"] = np.where(told["mean"] > 4, "accepted", "rejected")
    told["ratings"], told["mean"], told["z"] = [()] * len(told), np.nan, np.nan
    both = fit(pandas.concat([rated, told], ignore_index=True))
    assert both.card["papers"] == 630 and both.card["unrated"] == 600

    def agreement(model: QualityModel) -> float:
        return float(spearmanr(model.predict(texts_of(later)), later["mean"]).statistic)

    assert agreement(both) > agreement(fit(rated)) + 0.05


@pytest.mark.filterwarnings("error")
def test_titles_that_hardly_differ_say_nothing_and_break_nothing() -> None:
    same = made_up(200, 2001).assign(title="A study of learning", keywords=[()] * 200)
    model = fit(same)
    later = texts_of(made_up(50, 2002))
    assert np.isfinite(model.predict(later)).all()
    bare = [PaperText(paper.title, "") for paper in later]
    assert np.isfinite(model.predict(bare)).all() and np.ptp(model.predict(bare)) < 1e-6


def test_measures_that_moved_since_are_not_used() -> None:
    train, same = made_up(400, 2001), texts_of(made_up(100, 2002))
    moved = [PaperText(p.title, p.abstract.replace(" ", " extraordinarily ")) for p in same]
    letters = style.names().index("letters")
    assert fit(train, same).arrays["steady"][letters]
    model = fit(train, moved)
    assert not model.arrays["steady"][letters]
    assert model.arrays["steady"][style.names().index("title_words")]
    assert np.isfinite(model.predict(moved)).all()


def test_a_paper_without_abstract_is_scored_by_its_title(trained: QualityModel) -> None:
    good, bad = PaperText("On graphs and proofs", ""), PaperText("On graphs and tables", "")
    high, low = trained.predict([good, bad])
    assert high > low


def test_a_paper_s_score_does_not_hang_on_its_company(trained: QualityModel) -> None:
    papers = [*texts_of(made_up(20, 2003)), PaperText("On graphs and proofs", "")]
    together = trained.predict(papers)
    alone = [trained.predict([paper])[0] for paper in papers]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(trained.predict(papers[::-1]), together[::-1])
    assert trained.predict([]).shape == (0,)


def test_its_card_names_what_it_was_trained_on(trained: QualityModel) -> None:
    assert trained.trained_on == ("Made 2001",)
    assert trained.cutoff == 2001
    assert trained.card["papers"] == trained.card["abstracts"] == 400


def test_it_knows_its_papers_again_by_title_or_abstract(trained: QualityModel) -> None:
    papers = texts_of(made_up(400, 2001))
    assert trained.overlap(papers).all()
    assert trained.overlap([PaperText(p.title.upper() + ".", "") for p in papers]).all()
    assert trained.overlap(
        [PaperText("Another title", f"{p.abstract} More.") for p in papers]
    ).all()
    assert not trained.overlap([PaperText("Another title", p.abstract[1:]) for p in papers]).any()
    later = [PaperText(f"New: {p.title}", p.abstract) for p in texts_of(made_up(400, 2002))]
    assert not trained.overlap([*later, PaperText("", "")]).any()


def test_the_committed_model_knows_its_papers_again() -> None:
    if not (DATA / "papers.parquet").exists():
        pytest.skip(f"no human reviews under {DATA}")
    papers, last = read_papers(DATA), load().cutoff
    trained_on = texts_of(papers[(papers["year"] <= last) & (papers["title"] != "")])
    assert trained_on and load().overlap(trained_on).all()
    later = papers[papers["year"] > last]
    assert not len(later) or load().overlap(texts_of(later)).mean() < 0.05


def test_a_written_model_comes_back_the_same(trained: QualityModel, tmp_path: Path) -> None:
    write(trained, tmp_path / "model.npz")
    again, papers = load(tmp_path / "model.npz"), texts_of(made_up(30, 2004))
    assert again.card == trained.card
    np.testing.assert_array_equal(again.predict(papers), trained.predict(papers))


def test_fitting_twice_gives_the_same_model(trained: QualityModel) -> None:
    again = fit(made_up(400, 2001))
    for name, array in trained.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name], err_msg=name)


def test_full_text_changes_nothing() -> None:
    paper = texts_of(made_up(1, 2005))[0]
    longer = PaperText(paper.title, paper.abstract, "Introduction. " * 5000, ("other", "words"))
    np.testing.assert_array_equal(load().predict([paper]), load().predict([longer]))


def test_the_committed_model_forecasts_only_from_the_past() -> None:
    model = load()
    assert model.cutoff == max(int(name.split()[-1]) for name in model.trained_on)
    assert model.cutoff < 2026
    assert FILE.stat().st_size < 6e6


def test_the_committed_model_forecasts_a_later_year() -> None:
    if not (DATA / "papers.parquet").exists():
        pytest.skip(f"no human reviews under {DATA}")
    papers = read_papers(DATA)
    later = papers[papers["year"] > load().cutoff]
    later = later[later["abstract"].str.len() >= 100]
    if len(later) < 1000:
        pytest.skip("too few papers with an abstract after the model's last year")
    chosen = later.iloc[:: max(len(later) // 1000, 1)]
    expected = load().predict(texts_of(chosen))
    assert spearmanr(expected, chosen["mean"]).statistic > 0.05


def test_where_the_code_is_to_be_had_is_not_read() -> None:
    plain = "We prove a bound. It is tight."
    for leak in (
        "Code is available at https://github.com/a/b.",
        "Our code will be publicly released.",
        "See www.example.org for more.",
        "We release the code and all checkpoints.",
        "We will open-source everything upon acceptance.",
        "This work was published as a conference paper at ICLR 2025.",
        "An early version was accepted at a NeurIPS workshop.",
    ):
        assert style.cleaned(f"{plain} {leak}") == plain


@settings(max_examples=30)
@given(st.lists(st.text("abcé -.,", max_size=40), min_size=1, max_size=4))
def test_runs_of_letters_are_those_of_scikit_learn(texts: list[str]) -> None:
    library = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), vocabulary=None)
    found = letters.counted(texts)
    if not "".join(texts).split():
        assert found.nnz == 0
        return
    rows = library.fit_transform(texts)
    terms = library.get_feature_names_out()
    buckets = np.array([crc32(term.encode()) % letters.BUCKETS for term in terms])
    expected = np.zeros((len(texts), letters.BUCKETS))
    np.add.at(expected.T, buckets, rows.toarray().T)
    np.testing.assert_array_equal(found.toarray(), expected)


def test_a_text_of_weightless_runs_is_nought_and_no_nan() -> None:
    """As a withdrawn paper titled "NA", whose runs no other title has."""
    counts = letters.counted(["a common title", "NA", ""])
    idf = np.ones(letters.BUCKETS)
    idf[letters.runs_of("na")] = 0
    rows = letters.weighted(counts, idf).toarray()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 0])


def test_masking_hides_topics_and_keeps_style() -> None:
    kept = {"we", "of", "propose"}
    hidden = style.masked("We propose normalization of 3 dogs.", kept)
    assert hidden == "we propose _ion of 3 _ ."
    first = style.masked("We propose classification of cats.", kept)
    assert first == style.masked("We propose translation of text.", kept)


def test_common_words_are_counted_once_a_text() -> None:
    texts = ["a a a b", "a c", "a b", "d"]
    assert style.common_words(texts, 0.5) == ["a", "b"]
    assert style.common_words(texts, 0.7) == ["a"]


def test_word_groups_and_phrases_are_counted() -> None:
    found = style.measures(
        "Why: A TEST?", "We prove a theorem. However, it is 12% better, e.g. 2x."
    )
    words = 11
    assert found["of_theory"] == pytest.approx(2 / words**0.5)
    assert found["of_percent"] == pytest.approx(1 / words**0.5)
    assert found["of_contrast"] == pytest.approx(1 / words**0.5)
    assert found["first_we"] == 0
    assert found["first_known"] == style.NEVER
    assert found["title_question"] and found["title_colon"]
    assert found["sentences"] == pytest.approx(np.log(3))


@settings(max_examples=60)
@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_can_be_measured_and_scored(abstract: str, title: str) -> None:
    values = np.array(list(style.measures(title, style.cleaned(abstract)).values()))
    assert len(values) == len(style.names())
    assert np.isfinite(values).all()
    assert np.isfinite(load().predict([PaperText(title, abstract)])).all()


@settings(max_examples=40)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_normal_scores_keep_the_order(values: list[float]) -> None:
    column = np.array(sorted(values))[:, None]
    marks = np.quantile(column, np.linspace(0, 1, 11), axis=0)
    scores = normal(column, marks)[:, 0]
    assert (np.diff(scores) >= -1e-9).all()
    assert np.abs(scores).max() <= 2.5


def test_normal_scores_are_normal() -> None:
    sample = generator(1, "test-normal").exponential(size=4001)[:, None]
    marks = np.quantile(sample, np.linspace(0, 1, 101), axis=0)
    scores = normal(np.quantile(sample, [[0.1], [0.5], [0.9]]), marks)[:, 0]
    np.testing.assert_allclose(scores, norm.ppf([0.1, 0.5, 0.9]), atol=0.02)


@pytest.mark.parametrize("block", ["words", "style", "names"])
def test_terms_are_weighed_as_the_vectorizer_that_fitted_them_does(block: str) -> None:
    model = load()
    texts = [
        "We study Diffusion models on graphs: a model of models. diffusion models on graphs!",
        "the # # , the # of a # .",
        "",
        "zzzyyx qqq",
        "Learning rate schedules for language models; the state of the art, at 3.5 x",
    ]
    vectorizer = make_vectorizer(block, vocabulary=unpacked(model.arrays[f"{block}_terms"]))
    vectorizer.idf_ = model.arrays[f"{block}_idf"].astype(float)
    expected = vectorizer.transform(texts) @ model.arrays[f"{block}_coef"].astype(float)
    found = model._terms(block, texts)
    assert np.allclose(found, expected, rtol=0, atol=1e-12) and np.abs(expected).max() > 0.01
