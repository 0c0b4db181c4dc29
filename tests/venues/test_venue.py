"""Venue files: those that come with us load, and broken ones say what to fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.core.errors import UserError
from conference.data.scales import scale_of
from venues.venue import check_capacity
from venues.venue_file import VENUES, list_venues, load_venue

SCALES = {
    "workshop": (0, 2, 4, 6, 8, 10),
    "small_model": (0, 2, 4, 6, 8, 10),
    **{f"iclr{year}": tuple(range(1, 11)) for year in (2017, 2018, 2019, 2021)},
    "iclr2020": (1, 3, 6, 8),
    "iclr2022": (1, 3, 5, 6, 8, 10),
    "iclr2023": (1, 3, 5, 6, 8, 10),
    "iclr2024": (1, 3, 5, 6, 8, 10),
    "iclr2025": (1, 3, 5, 6, 8, 10),
    "iclr2026": (0, 2, 4, 6, 8, 10),
    "neurips2024": tuple(range(1, 11)),
    "neurips2025": tuple(range(1, 7)),
    "icml2025": tuple(range(1, 6)),
    "neurips2022": tuple(range(1, 11)),
    "agentreview": tuple(range(1, 11)),
}


def test_every_promised_venue_is_there() -> None:
    assert set(SCALES) <= set(list_venues())


@pytest.mark.parametrize("name", list_venues())
def test_a_venue_has_its_scale_and_names_its_source(name: str) -> None:
    venue = load_venue(name)
    assert venue.form[venue.form.rating].values == SCALES[name]
    if name == f"{venue.series.lower()}{venue.year}":
        assert scale_of(venue.series, venue.year)[0] == SCALES[name]
    assert venue.form.source
    assert venue.form.verified or venue.form.not_verified


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (VENUES / "workshop.toml").read_text()
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    return path


BROKEN = [
    ("accept_rate = 0.5", "accept_rate = 1.5", "decision.accept_rate"),
    ("accept_rate = 0.5", 'accept_rate = "half"', "decision.accept_rate"),
    ("accept_rate = 0.5", "acceptrate = 0.5", "acceptrate"),
    ("oral_rate = 0.17", "oral_rate = 0.9", "decision.oral_rate"),
    ("values = [0, 2, 4, 6, 8, 10]", "values = [0, 4, 2, 6, 8, 10]", "rating"),
    ("values = [0, 2, 4, 6, 8, 10]", "values = [0]", "rating"),
    ("values = [0, 2, 4, 6, 8, 10]", "values = [1, 3, 4, 6, 8, 10]", "rating"),
    ('rating = "rating"', 'rating = "overall"', "form.rating"),
    ('"desk_check", ', '"desk_chek", ', "desk_chek"),
    ('"assign", ', "", "assign"),
    ("reviews_per_paper = 3", "reviews_per_paper = 0", "assignment.reviews_per_paper"),
    ("labs = 5", "labs = 0", "population.labs"),
    ("scientists = 6", "scientists = -1", "population.scientists"),
    ('objective = "worst"', 'objective = "best"', "objective"),
    ("[decision]", "[decision", "mine.toml"),
    ('"assign", ', '"assign", "assign", ', "twice"),
    ('"call", ', "", "call"),
    ("turns = ", "turns = 9 # ", "discussion.turns"),
    ("[calibration]\npapers = 6", "[calibration]\npapers = -1", "calibration.papers"),
    ("best_papers = 1", "best_papers = -1", "decision.best_papers"),
    ("seeds = 3", "seeds = 1", "call.seeds is 1; give at least 2"),
    ("[desk]", "[bids]\nweight = inf\n[desk]", "bids.weight is inf"),
    ("[desk]", "[models.default]\nprice_in = inf\n[desk]", "price_in is inf"),
    ("neutral = 3.0", "neutral = nan", "population.personas.neutral is nan"),
    ("scientists = 6", f"scientists = {10**20}", "give at most 1,000,000"),
    ("min_load = 1", "min_load = 90", "assignment.min_load is 90"),
    ("reviews = 21", "reviews = -1", "call.deadlines"),
    ("templates = [", "templates = []\n# ", "call.templates is empty, so the 6 scientists"),
    ("templates = [", 'templates = ["alchemy", ', "call.templates: There is no template 'alchemy'"),
]


@pytest.mark.parametrize(("old", "new", "field"), BROKEN)
def test_a_broken_file_is_one_sentence_with_the_field(
    old: str, new: str, field: str, tmp_path: Path
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(UserError) as caught:
        load_venue(path)
    assert field in str(caught.value) and "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_with_a_base_says_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "iclr2025"\nname = "mine"\n[decision]\naccept_rate = 0.5\n'
        "[population.personas]\nharsh = 1.0\n"
    )
    ours, theirs = load_venue(path), load_venue("iclr2025")
    assert (ours.name, ours.decision.accept_rate, ours.year) == ("mine", 0.5, 2025)
    assert ours.decision.oral_rate == theirs.decision.oral_rate
    assert ours.population.personas == {"harsh": 1.0}
    assert ours.form == theirs.form and ours.call == theirs.call
    again = tmp_path / "again.toml"
    again.write_text('base = "mine.toml"\nname = "again"\n')
    assert load_venue(again).decision == ours.decision


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('base = "nowhere"', "no venue 'nowhere'"),
        ("base = 3", "base is 3"),
        ('base = "mine.toml"', "base leads back"),
        ('base = "iclr2025"\n[decision]\naccept_rate = 2', "decision.accept_rate"),
        ('base = "iclr2025"\n[decision]\nacceptrate = 1', "acceptrate"),
        ('base = "iclr2025"\ndecision = 1', "decision"),
    ],
)
def test_a_broken_base_is_one_sentence(text: str, field: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=field) as caught:
        load_venue(path)
    assert "\n" not in str(caught.value)


def test_an_unknown_venue_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="workshop"):
        load_venue("nowhere")


def test_a_load_that_cannot_be_met_says_so() -> None:
    venue = load_venue("workshop")
    check_capacity(venue, 16, 12, "here")
    with pytest.raises(UserError, match="max_load"):
        check_capacity(venue, 17, 12, "here")
    with pytest.raises(UserError, match="reviews_per_paper"):
        check_capacity(venue, 1, 2, "here")


FOUR, FIVE = (1, 2, 3, 4), (1, 2, 3, 4, 5)
ICLR = {"soundness": FOUR, "presentation": FOUR, "contribution": FOUR, "confidence": FIVE}
NOVELTY = {
    "correctness": FOUR,
    "technical_novelty_and_significance": FOUR,
    "empirical_novelty_and_significance": FOUR,
    "rating": SCALES["iclr2022"],
    "confidence": FIVE,
}
FORMS = {
    "workshop": {**ICLR, "rating": SCALES["workshop"]},
    "small_model": {**ICLR, "rating": SCALES["small_model"]},
    "iclr2022": NOVELTY,
    "iclr2023": NOVELTY,
    **{
        f"iclr{year}": {"rating": SCALES[f"iclr{year}"], "confidence": FIVE}
        for year in (2017, 2018, 2019, 2021)
    },
    "iclr2020": {"rating": SCALES["iclr2020"]},
    "iclr2024": {**ICLR, "rating": SCALES["iclr2024"]},
    "iclr2025": {**ICLR, "rating": SCALES["iclr2025"]},
    "iclr2026": {**ICLR, "rating": SCALES["iclr2026"]},
    "neurips2024": {**ICLR, "rating": SCALES["neurips2024"]},
    "neurips2025": {
        **dict.fromkeys(("quality", "clarity", "significance", "originality"), FOUR),
        "overall": SCALES["neurips2025"],
        "confidence": FIVE,
    },
    "icml2025": {"overall_recommendation": FIVE},
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_its_score_fields_with_their_allowed_values(name: str) -> None:
    form = load_venue(name).form
    assert {field.name: field.values for field in form.scores} == FORMS[name]
    assert form.confidence == ("" if name in ("icml2025", "iclr2020") else "confidence")
    assert all(set(field.anchors) <= {f"{v:g}" for v in field.values} for field in form.scores)


@pytest.mark.parametrize("name", FORMS)
def test_a_venue_file_names_its_source_at_its_head(name: str) -> None:
    lines = (VENUES / f"{name}.toml").read_text().splitlines()
    assert lines[0].startswith("# ")
    form = load_venue(name).form
    assert name in ("workshop", "small_model") or (
        not form.verified and len(form.not_verified) > 10
    )
