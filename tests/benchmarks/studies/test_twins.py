"""Twins of papers: what they change, what they leave, and what a study measures of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from benchmarks.studies.planted import names
from benchmarks.studies.run import round_folder, run_study
from benchmarks.studies.study import Study, load_study
from benchmarks.studies.twins import orders
from benchmarks.studies.twins.apply import open_arms
from benchmarks.studies.twins.flaw import change, kinds
from benchmarks.studies.twins.twin import twin_of
from benchmarks.studies.twins.wording import facts
from conference.core.errors import UserError
from conference.core.files import PAPERS
from conference.core.records import Rebuttal, Review, Submission
from conference.papers import read_document
from conference.papers.anatomy import SIGNS, measure
from venues.papers import TablePaper
from venues.resume import load_round
from venues.venue_file import load_venue

ABSTRACT = (
    "We study the alignment of small networks with subject {at}. Our method reaches 73.4 points "
    "where the best earlier one reaches 70.1, which may help practitioners in the field."
)
TEXT = """Title

Abstract

{abstract}

1 Introduction

Small networks are used everywhere and are hard to align with the wishes of those who use them.
Our method reaches 73.4 points on the benchmark of subject {at}.

2 Method

In order to learn fast, we train for 20 epochs on 4 GPUs with a loss that is convex in its input.

3 Experiments

We compare our method with the baselines of earlier work on three public data sets of moderate size.
Our method improves accuracy by 3.3 points. All results are means over 5 random seeds.
The standard deviation over runs is 0.4, and an ablation of the loss shows that both terms matter.

4 Limitations

Our study has one main limitation, that only small networks were tried on three data sets at all.

5 Conclusion

We have shown that alignment of small networks can be improved by a simple and convex loss function.

References

[1] A. Author. Random seeds and baselines. 2019.
"""


def paper(at: int = 0) -> TablePaper:
    abstract = ABSTRACT.format(at=at)
    text = TEXT.format(abstract=abstract, at=at)
    return TablePaper(f"p{at:02d}", f"Alignment of subject {at}", abstract, (), "", text, None)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight papers with full texts, ratings and decisions, and one without a text."""
    rows = [
        {
            "paper_id": each.paper, "title": each.title, "abstract": each.abstract,
            "text": each.text if at < 8 else None, "ratings": [5, 6, 8 if at % 2 else 3],
            "accepted": bool(at % 2), "year": 2022,
        }
        for at, each in enumerate(map(paper, range(9)))
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("papers") / "papers.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


def study(twin: str, primary: str = "rating", **changed: object) -> Study:
    """A study of one twin at toy size."""
    from benchmarks.studies.study import Arm, DesignTable, OutcomeTable

    given: dict[str, object] = {
        "title": "T", "question": "Q", "venue": "iclr2022", "design": DesignTable(replicates=1),
        "arm": {"control": Arm(set={"desk.duplicates": False}), "changed": Arm(twin=twin)},
        "outcome": OutcomeTable(primary=primary),
    }  # fmt: skip
    return Study(**given | changed)  # type: ignore[arg-type]


def test_every_kind_of_flaw_has_a_place_in_a_usual_paper_and_leaves_the_references() -> None:
    assert len(kinds()) >= 12
    for kind in kinds():
        changed = change(paper(), kind, np.random.default_rng(0))
        assert changed is not None and changed.text != paper().text, kind
        assert changed.text is not None and "Random seeds and baselines. 2019." in changed.text
        (truth,) = changed.planted
        assert truth.kind == f"flaw:{kind}" and truth.place and truth.said and truth.signs


def test_a_cut_subject_is_gone_and_a_swapped_number_is_without_source() -> None:
    for kind, rules in kinds().items():
        changed = change(paper(), kind, np.random.default_rng(0))
        assert changed
        found = measure(changed.title, changed.abstract, changed.text)
        if rules.how == "cut":
            assert SIGNS[rules.sign] and (found.signs or {})[rules.sign] == 0
    swapped = change(paper(), "swapped_number", np.random.default_rng(0))
    assert swapped
    before = measure(paper().title, paper().abstract, paper().text)
    after = measure(swapped.title, swapped.abstract, swapped.text)
    assert len(after.unmatched_numbers or ()) == len(before.unmatched_numbers or ()) + 1


@pytest.mark.parametrize(
    ("kind", "said", "other"),
    [
        ("missing_seeds", "In 120 words no seed or repeated run is named.", "Seeds are named."),
        ("removed_baselines", "No comparison with baselines is made.", "The baselines are strong."),
        ("leaked_test_set", "Selecting on the test set is wrong.", "The test set is large."),
        ("unfair_baseline", "The baselines were not tuned.", "The baselines are recent."),
        ("contradicting_conclusion", "The conclusion contradicts Table 2.", "It ends well."),
        ("inflated_claim", "The claims are overstated.", "The claims are modest."),
    ],
)
def test_a_text_names_a_flaw_by_its_own_words(kind: str, said: str, other: str) -> None:
    assert names(f"It reads well. {said}", kinds()[kind].signs)
    assert not names(other, kinds()[kind].signs)


def test_a_study_of_flaws_keeps_ids_names_the_truth_and_counts_false_alarms(
    table: Path, tmp_path: Path
) -> None:
    asked = study("flaw:missing_seeds", "flaw_found")
    outcomes, result = run_study(asked, out=tmp_path / "s", papers=table, workers=0)
    named = outcomes[outcomes["outcome"] == "flaw_found"].groupby("arm")["value"].mean()
    assert named["changed"] > named["control"] == 0
    assert set(outcomes.loc[outcomes["arm"] == "changed", "unit"].str[:3]) == set(
        outcomes.loc[outcomes["arm"] == "control", "unit"].str[:3]
    )
    truth = json.loads((tmp_path / "s" / "planted.json").read_text())
    assert len(truth) == 8 and truth[0]["planted"]["kind"] == "flaw:missing_seeds"
    notes = " ".join(result.notes)
    assert "1 of 9 papers have no full text" in notes and "flaw:missing_seeds (8 papers)" in notes
    assert "they cannot see flaws of meaning" in notes


def test_two_bylines_differ_in_the_place_alone_and_reach_no_embedded_mind(
    table: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng
    known = twin_of("byline:prestigious")[0].change(paper(), "prestigious", rng(3))
    other = twin_of("byline:unknown")[0].change(paper(), "unknown", rng(3))
    assert known and other and known.byline.split("(")[0] == other.byline.split("(")[0]
    assert known.byline != other.byline
    asked = msgspec.structs.replace(
        study("byline:prestigious"), rests="language model", venue="iclr2022"
    )
    outcomes, result = run_study(asked, out=tmp_path / "b", papers=table, workers=0)
    values = outcomes.pivot_table(index="unit", columns="arm", values="value")
    assert values["changed"].equals(values["control"])
    assert result.study.rests_on == "assumption" and "read no bylines" in " ".join(result.notes)


@pytest.mark.parametrize(
    ("twin", "sentence"),
    [
        ("flaw:nothing", "'flaw' has no 'nothing'; choose from flaw:any"),
        ("flow:any", "did you mean 'flaw'"),
    ],
)
def test_an_unknown_twin_is_one_sentence(twin: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        f'title = "T"\nquestion = "Q"\n[arm.control]\n[arm.changed]\ntwin = "{twin}"\n'
        '[outcome]\nprimary = "rating"\n'
    )
    with pytest.raises(UserError, match=sentence):
        load_study(path)


def test_papers_that_take_no_twin_are_refused_before_anything_runs(
    table: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="give --papers"):
        run_study(study("flaw:any"), out=tmp_path / "x", workers=0)
    bare = tmp_path / "bare.parquet"
    pd.DataFrame({"title": ["a"], "abstract": ["b"], "text": ["no sections"]}).to_parquet(bare)
    with pytest.raises(UserError, match="none of the 1 papers"):
        run_study(study("flaw:best_run"), out=tmp_path / "x", papers=bare, workers=0)
    pd.DataFrame({"title": ["a"], "abstract": ["b"]}).to_parquet(bare)
    with pytest.raises(UserError, match="none of its papers has a full text"):
        run_study(study("flaw:any"), out=tmp_path / "x", papers=bare, workers=0)
    with pytest.raises(UserError, match="'flaw_found' needs planted flaws"):
        run_study(study("", "flaw_found"), out=tmp_path / "x", papers=table, workers=0)
    rows = {"title": "a", "abstract": "We may show it.", "text": "no sections"}
    few = pd.DataFrame([rows, {**rows, "abstract": "b"}, {**rows, "abstract": "c"}])
    few.to_parquet(bare)
    said = r"1 paper is too few.* \(2 of 3 papers do not take hedging:remove and are left out\.\)"
    with pytest.raises(UserError, match=said):
        run_study(study("hedging:remove"), out=tmp_path / "x", papers=bare, workers=0)
    both = {"control": "", "surer": "hedging:remove", "best": "flaw:best_run"}
    said = r"takes all of hedging:remove, flaw:best_run \(the fewest, 0, take flaw:best_run\)"
    with pytest.raises(UserError, match=said):
        open_arms(both, str(bare), load_venue("iclr2022"), 0, 0)
    assert not (tmp_path / "x").exists()


def test_polish_and_hedging_keep_every_number_and_citation() -> None:
    wordy = TEXT.replace("Small networks", "In order to learn [3], a large number of networks", 1)
    given = msgspec.structs.replace(paper(), text=wordy.format(abstract=paper().abstract, at=0))
    for spec in ("polish:rules", "hedging:add", "hedging:remove"):
        twin, detail = twin_of(spec)
        changed = twin.change(given, detail, np.random.default_rng(0))
        assert changed and (changed.text, changed.abstract) != (given.text, given.abstract), spec
        assert facts(changed.text or "") == facts(given.text or "")
        assert (changed.text or "").endswith((given.text or "")[-60:])
    hedges = [
        measure(each.title, each.abstract).hedges
        for detail in ("add", "remove")
        if (each := twin_of("hedging:add")[0].change(given, detail, np.random.default_rng(0)))
    ]
    assert hedges[0] >= measure("", given.abstract).hedges > hedges[1]


def test_an_injection_is_cut_by_the_defence_and_each_paper_has_its_own_canary() -> None:
    injection = twin_of("injection:visible")[0]
    visible = injection.change(paper(), "visible", np.random.default_rng(0))
    stripped = injection.change(paper(), "stripped", np.random.default_rng(0))
    assert visible and stripped and visible.planted == stripped.planted
    (phrase,) = visible.planted[0].signs
    assert phrase in (visible.text or "") and phrase not in (stripped.text or "")
    assert names(f"A review that says {phrase}.", visible.planted[0].signs)
    canary = twin_of("canary:phrase")[0]
    made = [canary.change(paper(at), "phrase", np.random.default_rng(at)) for at in range(5)]
    assert len({each.planted[0].signs for each in made if each}) == 5


def test_length_cuts_the_appendix_or_pads_every_section() -> None:
    twin = twin_of("length:shorter")[0]
    assert twin.change(paper(), "shorter", np.random.default_rng(0)) is None
    text = f"{paper().text}\nA Proofs of the claims\n\nThe proofs are long and are left out here.\n"
    given = msgspec.structs.replace(paper(), text=text)
    shorter = twin.change(given, "shorter", np.random.default_rng(0))
    assert shorter and (shorter.text or "").strip() == (paper().text or "").strip()
    longer = twin.change(given, "longer", np.random.default_rng(0))
    assert longer and (longer.text or "").count("In what follows") >= 5
    assert facts(longer.text or "") == facts(text)


def test_rebuttals_differ_in_the_answer_alone_and_data_moves_ratings_more(
    table: Path, tmp_path: Path
) -> None:
    twin = twin_of("rebuttal:data")[0]
    data = twin.change(paper(), "data", np.random.default_rng(0))
    assert data and data.answer and "3.3 points" in data.answer.text and data.answer.strength == 1
    assert msgspec.structs.replace(data, answer=None) == paper()
    bare = msgspec.structs.replace(paper(), text=None, abstract="We study a subject.")
    assert twin.change(bare, "data", np.random.default_rng(0)) is None
    asked = load_study("rebuttal_probe")
    outcomes, _ = run_study(
        asked, out=tmp_path / "r", papers=table, workers=0, replicates=2,
        settings={"desk.duplicates": False, "desk.topic": False},
    )  # fmt: skip
    values = outcomes.groupby(["outcome", "arm"])["value"].mean()
    first = load_round(round_folder(tmp_path / "r", "data", 0))
    control = load_round(round_folder(tmp_path / "r", "control", 0))
    assert first.all(Rebuttal) and not control.all(Rebuttal)
    # Reviews come before answers, so they are shared between the arms.
    assert first.all(Review) == control.all(Review)
    assert values["rating_raised", "data"] > values["rating_raised", "confident"]


def test_a_dry_run_typesets_nothing_and_a_twin_of_two_arms_is_made_once(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = load_study("hidden_injection").twins
    made: list[str] = []

    def read(title: str, text: str, order: str) -> tuple[str, list[dict[str, Any]]]:
        made.append(title)
        return text, []

    monkeypatch.setattr(orders, "checked", read)
    monkeypatch.setattr(orders, "naive", read)
    given = (twins, str(table), load_venue("iclr2022"), 0, 0)
    dry = open_arms(*given, dry=True)
    assert not made
    real = open_arms(*given)
    assert len(made) == 8 * len(set(twins.values())) < 8 * len(twins)
    for arm, source in real.sources.items():
        outline = dry.sources[arm]
        assert source and outline
        assert [row.paper for row in source.table] == [row.paper for row in outline.table]


def test_hidden_orders_reach_who_reads_all_text_and_the_desk_rejects_them(
    table: Path, tmp_path: Path
) -> None:
    outcomes, _ = run_study(
        load_study("hidden_injection"), out=tmp_path / "h", papers=table, workers=0, replicates=1,
        settings={"desk.duplicates": False, "desk.topic": False},
    )  # fmt: skip
    values = outcomes.groupby(["outcome", "arm"])["value"]
    attacked = outcomes[(outcomes["outcome"] == "attacked_accepted") & (outcomes["arm"] == "desk")]
    names_ = set(attacked["unit"])
    assert 0 < len(names_) < 8, "some papers are attacked and some are not"
    assert values.sum()["desk_rejected", "desk"] == len(names_)
    assert values.sum()["desk_rejected", "unread"] == values.sum()["desk_rejected", "read"] == 0
    assert values.sum()["attacked_accepted", "desk"] == 0
    texts = {}
    for arm in ("control", "unread", "read"):
        folder = round_folder(tmp_path / "h", arm, 0)
        rows = load_round(folder).all(Submission)
        read = {row.paper: read_document(folder / PAPERS / row.document).text for row in rows}
        texts[arm] = {name: "AI reviewer" in " ".join(said.split()) for name, said in read.items()}
    assert {name for name, there in texts["unread"].items() if there} == names_
    assert not any(texts["control"].values()) and not any(texts["read"].values())
