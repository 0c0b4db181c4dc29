"""A reviewer fitted on a local language model: trained, measured, in a round, and refused."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import reviewers.fitted.hidden as hidden
from conference import run_round
from conference.app.site.pages import mind_name
from conference.core.errors import UserError
from conference.core.records import Review
from conference.models import smollm2
from reviewers.fitted.head import load
from reviewers.fitted.hidden import Reader, states_of
from reviewers.quality.model import PaperText
from reviewers.train import language
from tests.benchmarks.made import conference, refused, venue_year
from tests.models.checkpoint import make_checkpoint
from tests.venues.tiny import table, tiny_venue
from venues.venue import Minds

YEARS = (2021, 2024, 2026)
GOOD, BAD = "we prove a sharp bound and measure it", "an idea is sketched without any data"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("model") / "tiny", context=1024)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years in which better papers say better things, one of 2026's being an older one."""
    folder = tmp_path_factory.mktemp("data")
    tables: dict[str, list[pd.DataFrame]] = {"papers": [], "reviews": []}
    for year in YEARS:
        truth = venue_year(folder / str(year), papers=120, year=year, seed=year)
        papers = pd.read_parquet(folder / str(year) / "papers.parquet")
        reviews = pd.read_parquet(folder / str(year) / "reviews.parquet")
        said = [f"{GOOD if value > 0 else BAD} " * 2 for value in truth["quality"]]
        papers["abstract"] = said + papers["abstract"]
        for frame in (papers, reviews):
            frame["paper_id"] = f"{year}-" + frame["paper_id"]
        papers["title"] = papers["paper_id"]
        tables["papers"].append(papers)
        tables["reviews"].append(reviews)
    earlier, tested = tables["papers"][1], tables["papers"][2]
    tested.loc[0, ["title", "abstract"]] = earlier.loc[0, ["title", "abstract"]]
    for name, frames in tables.items():
        pd.concat(frames).to_parquet(folder / f"{name}.parquet")
    for year in YEARS:
        shutil.rmtree(folder / str(year))
    return folder


def train(data: Path, model: Path, out: Path, *more: object) -> Result:
    words = ["--data", data, "--model", model, "--out", out, "--papers", 0, *more]
    return CliRunner().invoke(language, list(map(str, words)), catch_exceptions=True)


def test_a_fit_is_a_reviewer_for_benchmark_and_round(
    data: Path, model: Path, tmp_path: Path
) -> None:
    fit = tmp_path / "fit.npz"
    done = train(data, model, fit)
    assert done.exit_code == 0, done.output
    assert "2024, from the years before it: Spearman" in done.output
    assert "words alone from the same papers" in done.output
    status, out, complaint = conference(
        "benchmark", "--data", f"iclr2026@{data}", "--reviewer", f"fitted:{fit}",
        "--out", tmp_path / "report",
    )  # fmt: skip
    assert status == 0, complaint
    assert "fitted:fit scored 119 of 120 papers (it was trained on 1 of them" in out
    row = next(line for line in out.splitlines() if "fitted:fit" in line and "119" in line)
    assert row
    played = run_round(
        tiny_venue(minds=Minds(reviewer=f"fitted:{fit}", chair="instant")),
        out=tmp_path / "round", hosts=0, papers=table(4),
    ).round  # fmt: skip
    assert mind_name(f"fitted:{fit}") == "statistical mind (fitted:fit)"
    reviews = played.all(Review)
    assert reviews and {review.mind for review in reviews} == {f"fitted:{fit}"}
    assert all(any("[statistical mind]" in t for t in r.texts.values()) for r in reviews)


def test_the_fit_foretells_what_it_was_told(data: Path, model: Path, tmp_path: Path) -> None:
    fit, words = tmp_path / "fit.npz", tmp_path / "words.csv"
    assert train(data, model, fit, "--words", words).exit_code == 0
    beside = pd.read_csv(words)
    assert len(beside) == 120 and beside["score"].std() > 0.1
    good, bad = (PaperText("new", f"{said} " * 4) for said in (GOOD, BAD))
    better, worse = load(fit).predict([good, bad])
    assert better > worse + 0.5
    assert load(fit).trained_on == ("ICLR 2021", "ICLR 2024") and load(fit).cutoff == 2024


def test_states_are_read_once_and_an_interrupted_run_goes_on(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = [PaperText(f"Paper {at}", f"{GOOD} {at} " * 5) for at in range(40)]
    reader = Reader(str(model), 2)

    class Stopped(Exception):
        pass

    def stop(step: str, done: int, total: int) -> None:
        if done >= 32:
            raise Stopped

    with pytest.raises(Stopped):
        states_of(papers, reader, stop)
    seen: list[int] = []
    found = states_of(papers, reader, lambda step, done, total: seen.append(done))
    assert seen[0] == 32 and found.shape == (40, 1, 64)
    monkeypatch.setattr(hidden, "load_model", None)  # All are kept: nothing is read again.
    assert np.array_equal(found, states_of(papers, reader))
    assert np.ptp(found, axis=0).max() > 0


def test_a_missing_or_changed_model_is_one_sentence(
    data: Path, model: Path, tmp_path: Path
) -> None:
    copy, fit = tmp_path / "copy", tmp_path / "fit.npz"
    shutil.copytree(model, copy)
    assert train(data, copy, fit).exit_code == 0
    asked = ("benchmark", "--data", f"iclr2026@{data}", "--reviewer", f"fitted:{fit}",
             "--out", tmp_path / "report")  # fmt: skip
    shutil.rmtree(copy)
    assert "there is no language model" in refused(*asked)
    venue = tiny_venue(minds=Minds(reviewer=f"fitted:{fit}", chair="instant"))
    with pytest.raises(UserError, match="there is no language model"):
        run_round(venue, out=tmp_path / "round", hosts=0, papers=table(4))
    make_checkpoint(copy, context=512)
    assert "not the model that the reviewer was fitted on" in refused(*asked)
    fit.write_text("no arrays")
    load.cache_clear()
    assert "it holds no fitted reviewer" in refused(*asked)


def test_a_fit_that_has_seen_the_tested_year_is_refused(
    data: Path, model: Path, tmp_path: Path
) -> None:
    fit = tmp_path / "late.npz"
    assert train(data, model, fit, "--before", 2027).exit_code == 0
    said = refused("benchmark", "--data", f"iclr2026@{data}", "--reviewer", f"fitted:{fit}",
                   "--out", tmp_path / "report")  # fmt: skip
    assert "has seen years up to 2026, which is no test" in said


def test_bad_input_of_the_training_is_one_sentence(data: Path, model: Path, tmp_path: Path) -> None:
    for words, sentence in (
        ((data, tmp_path / "none", "fit.npz"), "there is no language model"),
        ((data, model, "fit.npz", "--layers", 9), "has 2 layers"),
        ((data, model, "fit.npz", "--before", 2022), "a fit needs 50 rated papers"),
    ):
        done = train(words[0], words[1], tmp_path / str(words[2]), *words[3:])
        assert isinstance(done.exception, UserError) and sentence in str(done.exception)


def test_fine_tuning_goes_on_from_its_checkpoint(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after one pass and run again, it gives what a run in one go gives."""
    import reviewers.fitted.tuning as tuning

    few = ("--finetune", "--passes", 2, "--batch", 60, "--tokens", 48)
    done = train(data, model, tmp_path / "whole.npz", *few)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "whole" / "config.json").is_file()
    step, taken = tuning.Training._step, [0]

    def dying(self: Any, places: Any, part: float) -> None:
        taken[0] += 1
        if taken[0] > 3:
            raise KeyboardInterrupt
        step(self, places, part)

    with monkeypatch.context() as patch:
        patch.setattr(tuning.Training, "_step", dying)
        train(data, model, tmp_path / "part.npz", *few)
    assert taken[0] == 4 and not (tmp_path / "part.npz").exists()
    assert (tmp_path / "part" / "choosing.pt").is_file()
    assert train(data, model, tmp_path / "part.npz", *few).exit_code == 0
    whole, part = load(tmp_path / "whole.npz"), load(tmp_path / "part.npz")
    assert np.allclose(whole.line.coef, part.line.coef, atol=1e-6)
    assert whole.card["predictable"] == pytest.approx(part.card["predictable"], abs=1e-6)
    assert not list((tmp_path / "part").glob("*.pt"))
    papers = [PaperText("new", f"{said} " * 4) for said in (GOOD, BAD)]
    assert np.ptp(part.predict(papers)) > 0


@cache
def real_model() -> Path:
    try:
        return smollm2.fetch()
    except UserError as error:
        pytest.skip(str(error))


def test_a_real_model_frozen_learns_from_a_few_hundred_papers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    folder = real_model()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fit = tmp_path / "real.npz"
    done = train(data, folder, fit, "--layers", 4, "--tokens", 64)
    assert done.exit_code == 0, done.output
    good, bad = (PaperText("new", f"{said} " * 4) for said in (GOOD, BAD))
    better, worse = load(fit).predict([good, bad])
    assert better > worse + 0.5 and load(fit).card["papers"] == 240
