"""The store: what goes in comes out, and what was changed since is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from conference.core.errors import UserError
from conference.data import store
from conference.data.gather import gather
from conference.data.tables import Damage, Dataset, HumanReview, Paper

SCALE = (1.0, 3.0, 5.0, 6.0, 8.0, 10.0)


def paper(name: str, **changes: object) -> Paper:
    given = {"venue": "ICLR", "year": 2022, "title": f"On {name}", "scale": SCALE} | changes
    return Paper(paper_id=name, **given)  # type: ignore[arg-type]


def dataset() -> Dataset:
    papers = [
        paper("b", abstract="Déjà vu — “quotes”", keywords=("a", "b"), status="accepted"),
        paper("a", text="full\ntext", text_version="final", submitted="2021-10-05"),
    ]
    reviews = [
        HumanReview(paper_id="a", reviewer=1, rating=6.0, scores={"soundness": 3.0}),
        HumanReview(paper_id="a", reviewer=0, rating=None, texts={"text": "Fine."}),
        HumanReview(paper_id="b", reviewer=0, rating=8.0, rating_initial=6.0, confidence=4.0),
    ]
    return gather("trial", papers, reviews, source="here", notes=["a note"])


def test_a_dataset_comes_back_as_it_went_in(tmp_path: Path):
    store.save(dataset(), tmp_path)
    assert store.load("trial", tmp_path) == dataset()
    assert store.names(tmp_path) == ["trial"]
    assert store.about("trial", tmp_path).statuses == {"accepted": 1, "unknown": 1}


def test_records_are_ordered_and_orphans_are_named():
    found = gather(
        "trial",
        [paper("b"), paper("a")],
        [HumanReview(paper_id=p, reviewer=0, rating=6) for p in ("b", "a", "nowhere")],
        source="here",
    )
    assert [p.paper_id for p in found.papers] == ["a", "b"]
    assert [r.paper_id for r in found.reviews] == ["a", "b"]
    assert found.damaged == (Damage("review 0 of paper nowhere", "its paper is not in the data"),)


def test_a_paper_listed_twice_is_kept_once_if_the_same_and_left_out_if_not():
    rows = [paper("a"), paper("a"), paper("b"), paper("b", title="Another"), paper("c")]
    found = gather("trial", rows, [], source="here")
    assert [p.paper_id for p in found.papers] == ["a", "c"]
    assert [(f.record, f.reason) for f in found.damaged] == [
        ("paper a", "listed again with the same content"),
        ("paper b", "listed 2 times with different content, left out"),
    ]


def test_a_review_listed_twice_counts_once_if_the_same_and_not_at_all_if_not():
    def review(reviewer: int, rating: float) -> HumanReview:
        return HumanReview(paper_id="a", reviewer=reviewer, rating=rating)

    given = [review(0, 6), review(1, 3), review(0, 6), review(2, 8), review(2, 5), review(3, 5)]
    found = gather("trial", [paper("a")], given, source="here")
    assert [(r.reviewer, r.rating) for r in found.reviews] == [(0, 6), (1, 3), (3, 5)]
    assert [(f.record, f.reason) for f in found.damaged] == [
        ("review 0 of paper a", "listed again with the same content"),
        ("review 2 of paper a", "listed 2 times with different content, left out"),
    ]


def test_mostly_damaged_data_are_refused():
    faults = [Damage(f"review {i} of paper a", "rating 7 is not on its scale") for i in range(5)]
    with pytest.raises(UserError, match=r"5 of 6 reviews are damaged.*check the scale"):
        gather(
            "trial", [paper("a")], [HumanReview(paper_id="a", reviewer=9, rating=6)], faults,
            source="here",
        )  # fmt: skip
    with pytest.raises(UserError, match="no usable paper"):
        gather("trial", [], [], source="here")


def test_saving_again_replaces_the_dataset_whole(tmp_path: Path):
    store.save(dataset(), tmp_path)
    smaller = gather("trial", [paper("z")], [], source="there")
    store.save(smaller, tmp_path)
    assert store.load("trial", tmp_path) == smaller
    assert [path.name for path in tmp_path.iterdir()] == ["trial"]


@pytest.mark.parametrize("file", [store.PAPERS, store.REVIEWS])
def test_a_changed_or_missing_file_is_refused(tmp_path: Path, file: str):
    place = store.save(dataset(), tmp_path) / file
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(UserError, match=f"{file}: missing or changed"):
        store.load("trial", tmp_path)
    place.unlink()
    with pytest.raises(UserError, match=f"{file}: missing or changed"):
        store.load("trial", tmp_path)


def test_an_unknown_dataset_is_named_with_those_that_are_there(tmp_path: Path):
    with pytest.raises(UserError, match=r"no dataset 'other'.*there: none.*data import"):
        store.load("other", tmp_path)
    store.save(dataset(), tmp_path)
    with pytest.raises(UserError, match="there: trial"):
        store.load("other", tmp_path)
    (tmp_path / "trial" / store.ABOUT).write_text("{")
    with pytest.raises(UserError, match=r"dataset.json: cannot be read"):
        store.load("trial", tmp_path)


def test_a_name_that_is_no_folder_name_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="cannot name a dataset"):
        store.save(msgspec.structs.replace(dataset(), name="../x"), tmp_path)


def test_the_fingerprint_follows_the_content(tmp_path: Path):
    store.save(dataset(), tmp_path)
    assert store.fingerprint(store.load("trial", tmp_path)) == store.fingerprint(dataset())
    other = gather("trial", [paper("a")], [], source="here")
    assert store.fingerprint(other) != store.fingerprint(dataset())


def test_where_the_store_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path / "mine"))
    assert store.store_folder() == tmp_path / "mine"
    assert store.store_folder(tmp_path / "given") == tmp_path / "given"
    monkeypatch.delenv(store.ENVIRONMENT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.store_folder() == tmp_path / "conference" / "data"


def test_a_number_too_large_for_its_column_is_one_sentence(tmp_path: Path):
    store.save(dataset(), tmp_path)
    far = HumanReview(paper_id="a", reviewer=2**40, rating=6.0)
    for papers, reviews in (([paper("a", year=40_000)], []), ([paper("a")], [far])):
        broken = gather("trial", papers, reviews, source="here")
        with pytest.raises(UserError, match=r"trial: cannot be stored .*fix it in the source"):
            store.save(broken, tmp_path)
    assert store.load("trial", tmp_path) == dataset()
