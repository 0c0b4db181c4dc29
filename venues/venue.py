"""A venue's rules, read from one TOML file and checked before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from conference.core.errors import UserError
from conference.core.finite import NotFinite, check_finite
from conference.core.forms import Form, check_form
from conference.models.makers import over_default
from conference.models.records import ModelRules
from scientists.templates import template_folder

VENUES = Path(__file__).parent
PHASES = (
    "call",
    "submit",
    "desk_check",
    "bid",
    "assign",
    "calibrate",
    "review",
    "rebut",
    "discuss",
    "meta_review",
    "decide",
    "camera_ready",
)
NEEDED = ("call", "submit")
MAX_TURNS = 5  # of a discussion
WHOLE = ("form", "deadlines", "personas", "chair_personas")  # Of a base, all or nothing.
NEEDS = {
    "submit": ("call",),
    "desk_check": ("submit",),
    "bid": ("submit",),
    "assign": ("bid",),
    "review": ("assign",),
    "rebut": ("review",),
    "discuss": ("review",),
    "calibrate": ("bid",),
    "meta_review": ("review",),
    "decide": ("meta_review",),
    "camera_ready": ("decide",),
}


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of a venue file's tables: an unknown key is an error, not a silent nothing."""


class Topic(Rules, frozen=True, kw_only=True):
    """A topic of the call and the words by which a paper shows it."""

    name: str
    keywords: tuple[str, ...]


class CallRules(Rules, frozen=True, kw_only=True):
    """Deadlines are simulated days after the call."""

    text: str
    topics: tuple[Topic, ...] = ()
    page_limit: int = 9
    anonymous: bool = True
    templates: tuple[str, ...] = ()
    deadlines: dict[str, int] = {}
    papers_per_scientist: int = 1
    budget: Literal["quick", "full"] = "quick"
    seeds: int = 3


class Population(Rules, frozen=True, kw_only=True):
    """How many of each role; 0 reviewers or chairs means as many as the loads ask for.

    `coauthor_rate` is the share of reviewers who have lately written with one of the scientists.
    `profiles` is a table of real reviewers (name, emails, papers), whose expertise and conflicts
    the first simulated reviewers take over.
    """

    scientists: int = 0
    reviewers: int = 0
    chairs: int = 0
    senior_chairs: int = 1
    labs: int = 4
    coauthor_rate: float = 0.25
    profiles: str = ""
    personas: dict[str, float] = msgspec.field(default_factory=lambda: {"neutral": 1.0})
    chair_personas: dict[str, float] = msgspec.field(default_factory=lambda: {"inclusive": 1.0})


class Minds(Rules, frozen=True, kw_only=True):
    """Which mind each role thinks with; a mixed panel is weights: "2 vllm:A, 1 embedded"."""

    scientist: str = "embedded"
    reviewer: str = "embedded"
    chair: str = "embedded"


class DeskRules(Rules, frozen=True, kw_only=True):
    """Which reasons lead to a desk rejection."""

    page_limit: bool = True
    anonymity: bool = True
    duplicates: bool = True
    duplicate_similarity: float = 0.95
    topic: bool = True
    hidden_text: bool = True


class BidRules(Rules, frozen=True, kw_only=True):
    """`offered` papers a reviewer, by affinity; a bid adds `weight` times its value to that."""

    offered: int = 20
    weight: float = 0.1


class AssignRules(Rules, frozen=True, kw_only=True):
    """`candidates` is how many reviewers the affinities keep for each paper.

    With `seats`, the weights of `minds.reviewer` are seats at each paper, in their order, and add
    up to `reviews_per_paper`. Each seat has reviewers of its own, who are the same people whatever
    mind they have.

    `most_probable` limits the probability of each pair of reviewer and paper; below 1 the
    assignment is drawn by lot. Substitutes for reviews that never came are found without a lot.
    """

    reviews_per_paper: int = 3
    max_load: int = 6
    min_load: int = 0
    chair_load: int = 20
    objective: Literal["total", "worst"] = "total"
    candidates: int = 60
    most_probable: float = 1.0
    seats: bool = False


class ReviewRules(Rules, frozen=True, kw_only=True):
    """Shares of reviews that never come or come late; `emergency` looks for replacements.

    Without `texts` reviews are scores and choices alone: the form loses its text fields.
    """

    absent_rate: float = 0.0
    late_rate: float = 0.0
    emergency: bool = True
    texts: bool = True


class DiscussRules(Rules, frozen=True, kw_only=True):
    """Papers whose ratings span `gap` steps of the scale are discussed for `turns` turns."""

    turns: int = 1
    gap: int = 2


class DecideRules(Rules, frozen=True, kw_only=True):
    """Shares are of the papers that have a meta-review. `score` is what papers are ranked by."""

    accept_rate: float
    oral_rate: float = 0.0
    spotlight_rate: float = 0.0
    best_papers: int = 0
    score: Literal["calibrated", "meta_review", "mean_rating"] = "calibrated"


class CalibrateRules(Rules, frozen=True, kw_only=True):
    """Every reviewer rates `papers` human-reviewed papers of `source`."""

    papers: int = 6
    source: str = ""


class PanelRules(Rules, frozen=True, kw_only=True):
    """Which human panel the embedded reviewers are fitted to.

    `world` seeds what all reviewers see in a paper and the model does not: rounds with the same
    world have the same papers, whoever reviews them. 0 draws it anew for each round's seed.
    An `informed` panel is told the human ratings of --papers: the papers' quality is drawn given
    them, and its reviewers are a second, human-like committee on the same papers.
    """

    like: str
    world: int = 0
    informed: bool = False


class AttackRules(Rules, frozen=True, kw_only=True):
    """`rings` rings of `ring` reviewers each, who push each other's papers, for studies.

    `acts` is what its members do for the papers of the others: bid for them, write profiles that
    match them, rate them at the top. Without acts a ring does nothing, and can be compared with.
    """

    ring: int = 0
    rings: int = 1
    acts: tuple[Literal["bids", "profiles", "ratings"], ...] = ()


class SiteRules(Rules, frozen=True, kw_only=True):
    """What the proceedings show of who reviewed what."""

    show_reviewers: bool = False


class Venue(Rules, frozen=True, kw_only=True):
    """One venue-year: what its TOML file says."""

    name: str
    title: str
    year: int
    series: str = ""
    phases: tuple[str, ...] = PHASES
    call: CallRules
    population: Population = Population()
    minds: Minds = Minds()
    models: dict[str, ModelRules] = {}
    form: Form
    desk: DeskRules = DeskRules()
    bids: BidRules = BidRules()
    assignment: AssignRules = AssignRules()
    review: ReviewRules = ReviewRules()
    discussion: DiscussRules = DiscussRules()
    decision: DecideRules
    calibration: CalibrateRules = CalibrateRules()
    panel: PanelRules
    site: SiteRules = SiteRules()
    attack: AttackRules = AttackRules()


def list_venues() -> tuple[str, ...]:
    """The names of the venues that come with the package."""
    return tuple(sorted(path.stem for path in VENUES.glob("*.toml")))


def load_venue(name_or_path: str | Path) -> Venue:
    """The rules of a venue by its name or its file's path.

    A file may name a `base`, another venue or file, and then says only what differs from it.

    Raises:
        UserError: there is no such venue, or its file breaks a rule; the sentence names the field.
    """
    path = _find(name_or_path)
    said = _read(path)
    if isinstance(tables := said.get("models"), dict):
        said["models"] = over_default(tables)
    try:
        venue = msgspec.convert(said, Venue, str_keys=True)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: {_plain(str(error))}; fix that field.") from error
    check_venue(venue, str(path))
    return venue


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = VENUES / f"{name_or_path}.toml"
        if not path.is_file():
            raise UserError(
                f"There is no venue '{name_or_path}'; choose one of {', '.join(list_venues())}, "
                "or give the path of a TOML file."
            )
    return path


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, object]:
    """What a venue file says, over what its base says."""
    if path.resolve() in above:
        raise UserError(f"{path}: base leads back to this file; name another venue.")
    try:
        own: dict[str, object] = msgspec.toml.decode(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: the venue file cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file ({error.reason}); save it as UTF-8.") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: {_plain(str(error))}; fix that field.") from error
    base = own.pop("base", None)
    if base is None:
        return own
    if not isinstance(base, str):
        raise UserError(f"{path}: base is {base!r}; give the name or path of a venue.")
    where = path.parent / base if base.endswith(".toml") else _find(base)
    return _over(_read(where, (*above, path.resolve())), own)


def _over(base: dict[str, object], own: dict[str, object]) -> dict[str, object]:
    """The base with all that is said here in its place; only a table is taken key by key."""
    found = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and key not in WHOLE:
            value = _over(below, value)
        found[key] = value
    return found


def _plain(message: str) -> str:
    """A decoding message with the field in TOML's own terms."""
    return message.replace(" - at `$.", " - at `").replace(" - at `$`", "")


def check_venue(venue: Venue, where: str) -> None:
    """Raise `UserError` for the first rule that cannot hold, naming the field and the fix."""
    try:
        check_finite(venue)
    except NotFinite as error:
        raise UserError(f"{where}: {error}; give a number.") from error
    check_form(venue.form, where)
    _check_phases(venue, where)
    shares = {
        "decision.accept_rate": venue.decision.accept_rate,
        "decision.oral_rate": venue.decision.oral_rate,
        "decision.spotlight_rate": venue.decision.spotlight_rate,
        "population.coauthor_rate": venue.population.coauthor_rate,
        "review.absent_rate": venue.review.absent_rate,
        "review.late_rate": venue.review.late_rate,
        "desk.duplicate_similarity": venue.desk.duplicate_similarity,
    }
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise UserError(f"{where}: {name} is {share:g}; it is a share, so give 0 to 1.")
    decision = venue.decision
    if decision.oral_rate + decision.spotlight_rate > decision.accept_rate:
        raise UserError(
            f"{where}: decision.oral_rate and decision.spotlight_rate together exceed "
            f"decision.accept_rate ({decision.accept_rate:g}); lower them."
        )
    _check_lot(venue.assignment, where)
    _check_attack(venue.attack, where)
    _check_counts(venue, where)
    if not 0 <= venue.discussion.turns <= MAX_TURNS:
        raise UserError(
            f"{where}: discussion.turns is {venue.discussion.turns}; give 0 to {MAX_TURNS}."
        )
    _check_population(venue, where)


def _check_attack(rules: AttackRules, where: str) -> None:
    if rules.ring == 1 or (rules.acts and not rules.ring):
        raise UserError(
            f"{where}: attack.ring is {rules.ring}; a ring has at least 2 members, or is 0 without "
            "attack.acts."
        )


def _check_lot(rules: AssignRules, where: str) -> None:
    most = rules.most_probable
    if not 0 < most <= 1:
        raise UserError(
            f"{where}: assignment.most_probable is {most:g}; it is a probability, so give a number "
            "above 0 and up to 1."
        )
    if most < 1 and rules.objective != "total":
        raise UserError(
            f"{where}: assignment.most_probable below 1 goes with assignment.objective 'total' "
            "alone; set that, or most_probable = 1."
        )


def _check_counts(venue: Venue, where: str) -> None:
    counts = {
        "call.page_limit": (venue.call.page_limit, 1),
        "call.papers_per_scientist": (venue.call.papers_per_scientist, 1),
        "call.seeds": (venue.call.seeds, 2),
        "bids.offered": (venue.bids.offered, 0),
        "assignment.reviews_per_paper": (venue.assignment.reviews_per_paper, 1),
        "assignment.max_load": (venue.assignment.max_load, 1),
        "assignment.min_load": (venue.assignment.min_load, 0),
        "assignment.chair_load": (venue.assignment.chair_load, 1),
        "assignment.candidates": (venue.assignment.candidates, 1),
        "decision.best_papers": (venue.decision.best_papers, 0),
        "calibration.papers": (venue.calibration.papers, 0),
        "attack.ring": (venue.attack.ring, 0),
        "attack.rings": (venue.attack.rings, 1),
    }
    for name, (count, least) in counts.items():
        if count < least:
            why = " (an interval needs two)" if name == "call.seeds" else ""
            raise UserError(f"{where}: {name} is {count}; give at least {least}{why}.")


def _check_phases(venue: Venue, where: str) -> None:
    for phase in venue.phases:
        if phase not in PHASES:
            raise UserError(
                f"{where}: phases names the unknown phase '{phase}'; choose from "
                f"{', '.join(PHASES)}."
            )
        if venue.phases.count(phase) > 1:
            raise UserError(f"{where}: phases names '{phase}' twice; name it once.")
    missing = [phase for phase in NEEDED if phase not in venue.phases]
    if missing:
        raise UserError(f"{where}: phases must include '{missing[0]}'.")
    for at, phase in enumerate(venue.phases):
        for needed in NEEDS.get(phase, ()):
            if needed not in venue.phases[:at]:
                raise UserError(
                    f"{where}: phases has '{phase}' without '{needed}' before it; add it or take "
                    f"'{phase}' out."
                )


def _check_population(venue: Venue, where: str) -> None:
    population = venue.population
    for name in ("scientists", "reviewers", "chairs", "senior_chairs"):
        if getattr(population, name) < 0:
            raise UserError(f"{where}: population.{name} is below 0; give 0 or more.")
    if population.scientists and not venue.call.templates:
        raise UserError(
            f"{where}: call.templates is empty, so the {population.scientists} scientists have "
            "nothing to work on; name a template, or set population.scientists = 0."
        )
    for name in venue.call.templates if population.scientists else ():
        try:
            template_folder(name)
        except UserError as error:
            raise UserError(f"{where}: call.templates: {error}") from error
    if population.labs < 1:
        raise UserError(f"{where}: population.labs is {population.labs}; give at least 1.")
    for name, weights in (
        ("personas", population.personas),
        ("chair_personas", population.chair_personas),
    ):
        if not weights or min(weights.values()) < 0 or sum(weights.values()) <= 0:
            raise UserError(
                f"{where}: population.{name} needs at least one persona with a weight above 0."
            )


def check_capacity(venue: Venue, papers: int, reviewers: int, where: str) -> None:
    """Raise `UserError` when so many reviewers cannot review so many papers.

    The reviewers' load is the one rule that depends on how many papers come in.
    """
    asked = papers * venue.assignment.reviews_per_paper
    able = reviewers * venue.assignment.max_load
    if venue.assignment.seats:  # The smallest seat's reviewers must be able to serve all papers.
        able = (reviewers // venue.assignment.reviews_per_paper) * venue.assignment.max_load
        able *= venue.assignment.reviews_per_paper
    if asked > able:
        raise UserError(
            f"{where}: {papers} papers with {venue.assignment.reviews_per_paper} reviews each are "
            f"{asked} reviews, but {reviewers} reviewers with assignment.max_load "
            f"{venue.assignment.max_load} can write {able}; raise population.reviewers "
            "(--reviewers) or assignment.max_load."
        )
    if reviewers < venue.assignment.reviews_per_paper:
        raise UserError(
            f"{where}: assignment.reviews_per_paper is {venue.assignment.reviews_per_paper} but "
            f"there are only {reviewers} reviewers; raise population.reviewers (--reviewers)."
        )
