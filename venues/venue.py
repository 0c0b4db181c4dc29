"""A venue's rules: what its TOML file may say (`venue_file.py` reads and checks it)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from conference.core.errors import UserError
from conference.core.forms import Form
from conference.models.records import ModelRules

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
MAX_TURNS = 5  # of a discussion

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of a venue file's tables: an unknown key is an error, not a silent nothing."""


class Topic(Rules, frozen=True, kw_only=True):
    """A topic of the call, and the keywords that mark a paper as on it."""

    name: str
    keywords: tuple[str, ...]


class CallRules(Rules, frozen=True, kw_only=True):
    """Deadlines are simulated days after the call."""

    text: str
    topics: tuple[Topic, ...] = ()
    page_limit: Positive = 9
    anonymous: bool = True
    templates: tuple[str, ...] = ()
    deadlines: dict[str, Count] = {}
    papers_per_scientist: Positive = 1
    budget: Literal["quick", "full"] = "quick"
    seeds: Annotated[int, msgspec.Meta(ge=2)] = 3  # An interval needs two.


class Population(Rules, frozen=True, kw_only=True):
    """How many people each role has; 0 reviewers or chairs means as many as the loads need.

    `coauthor_rate` is the share of reviewers who recently wrote a paper with one of the scientists.
    `profiles` is a table of real reviewers (name, emails, papers); the first simulated reviewers
    get their expertise and conflicts of interest.
    """

    scientists: Count = 0
    reviewers: Count = 0
    chairs: Count = 0
    senior_chairs: Count = 1
    labs: Positive = 4
    coauthor_rate: Share = 0.25
    profiles: str = ""
    personas: dict[str, float] = msgspec.field(default_factory=lambda: {"neutral": 1.0})
    chair_personas: dict[str, float] = msgspec.field(default_factory=lambda: {"inclusive": 1.0})


class Minds(Rules, frozen=True, kw_only=True):
    """The mind of each role; a mixed panel gives weights: "2 vllm:A, 1 embedded"."""

    scientist: str = "embedded"
    reviewer: str = "embedded"
    chair: str = "embedded"


class DeskRules(Rules, frozen=True, kw_only=True):
    """What the desk checks. Duplicates are flagged to the area chair; failing any other check is a
    desk rejection. Texts of at least `duplicate_similarity` (0 to 1) are duplicates."""

    page_limit: bool = True
    anonymity: bool = True
    duplicates: bool = True
    duplicate_similarity: Share = 0.95
    topic: bool = True
    hidden_text: bool = True


class BidRules(Rules, frozen=True, kw_only=True):
    """Each reviewer may bid on the `offered` papers of highest affinity; a bid adds `weight` times
    its value to the affinity."""

    offered: Count = 20
    weight: float = 0.1


class AssignRules(Rules, frozen=True, kw_only=True):
    """`candidates` is how many reviewers of highest affinity are kept for each paper.

    With `seats`, the weights of `minds.reviewer` are seats at each paper and add up to
    `reviews_per_paper`. Each seat has its own reviewers, who stay the same people when a seat's
    mind changes.

    `most_probable` limits the probability of each reviewer-paper pair; below 1 the assignment is
    randomised. Emergency reviewers are always assigned without randomisation.
    """

    reviews_per_paper: Positive = 3
    max_load: Positive = 6
    min_load: Count = 0
    chair_load: Positive = 20
    objective: Literal["total", "worst"] = "total"
    candidates: Positive = 60
    most_probable: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    seats: bool = False


class ReviewRules(Rules, frozen=True, kw_only=True):
    """`absent_rate` and `late_rate` are shares of reviews; `emergency` replaces absent ones.

    Without `texts` the form loses its text fields. With `canaries` each reviewer's copy of a paper
    tells language models to write a phrase that is unique to this copy. A language model is asked
    again when a required text field, comment or meta-review has fewer than `least_words` words.
    """

    absent_rate: Share = 0.0
    late_rate: Share = 0.0
    emergency: bool = True
    texts: bool = True
    canaries: bool = False
    least_words: Count = 0


class DiscussRules(Rules, frozen=True, kw_only=True):
    """`turns` is how long discussions are. A paper is discussed if its ratings span `gap` steps of
    the scale, its authors answered, or a recorded reviewer changed its rating."""

    turns: Annotated[int, msgspec.Meta(ge=0, le=MAX_TURNS)] = 1
    gap: int = 2


class DecideRules(Rules, frozen=True, kw_only=True):
    """Rates are shares of the papers with a meta-review. `score` is what papers are ranked by:
    "isotonic" means mean ratings adjusted to the authors' own rankings (phase "rank").
    """

    accept_rate: Share
    oral_rate: Share = 0.0
    spotlight_rate: Share = 0.0
    best_papers: Count = 0
    score: Literal["calibrated", "meta_review", "mean_rating", "isotonic"] = "calibrated"


class CalibrateRules(Rules, frozen=True, kw_only=True):
    """Every reviewer rates `papers` human-reviewed papers of `source`; without a source they come
    from the figures in the package, which have no texts."""

    papers: Count = 6
    source: str = ""


class PanelRules(Rules, frozen=True, kw_only=True):
    """Which human panel the embedded reviewers are fitted to.

    `world` seeds the part of a paper's quality that all reviewers see and the model cannot predict:
    rounds with the same world have the same papers, whoever reviews them. With 0 the round's seed
    is used. For an `informed` panel, quality is drawn given the human ratings of --papers: its
    reviewers are a second, human-like committee on the same papers.
    """

    like: str
    world: int = 0
    informed: bool = False


class AttackRules(Rules, frozen=True, kw_only=True):
    """For studies: `rings` rings of `ring` reviewers each, who push each other's papers.

    `acts` is what members do for each other's papers: bid on them, write profiles that match them,
    give them the top rating. With "abstracts" they add words of the others' earlier work to the
    abstract that the assignment reads; reviewers read the original. A ring without acts does
    nothing and serves as control.
    """

    ring: Count = 0
    rings: Positive = 1
    acts: tuple[Literal["bids", "profiles", "abstracts", "ratings"], ...] = ()


class ResubmissionRules(Rules, frozen=True, kw_only=True):
    """Which of the given papers come to each of several rounds.

    Without `spread` all come to every round. With it, half of the papers are divided over the
    rounds as new ones, and a rejected paper comes back up to `patience` times. The other half is
    kept for a `flood`: that share of additional new papers in each round.
    """

    spread: bool = False
    patience: Count = 1
    flood: Share = 0.0


class SiteRules(Rules, frozen=True, kw_only=True):
    """What the proceedings show of who reviewed what."""

    show_reviewers: bool = False


class Venue(Rules, frozen=True, kw_only=True):
    """One venue-year, as its TOML file describes it.

    `[persona.NAME]` and `[chair_persona.NAME]` describe the venue's own personas.
    `[phase.NAME]` holds a phase's own rules (`Phase.own`).
    """

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
    persona: dict[str, dict[str, Any]] = {}
    chair_persona: dict[str, dict[str, Any]] = {}
    resubmission: ResubmissionRules = ResubmissionRules()
    phase: dict[str, dict[str, Any]] = {}


def check_capacity(venue: Venue, papers: int, reviewers: int, where: str) -> None:
    """Raise `UserError` when this many reviewers cannot review this many papers."""
    asked = papers * venue.assignment.reviews_per_paper
    able = reviewers * venue.assignment.max_load
    if venue.assignment.seats:  # Each seat's own reviewers must serve all papers.
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
