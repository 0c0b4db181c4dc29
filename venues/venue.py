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
    """A topic of the call and the words by which a paper shows it."""

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
    """How many of each role; 0 reviewers or chairs means as many as the loads ask for.

    `coauthor_rate` is the share of reviewers who have lately written with one of the scientists.
    `profiles` is a table of real reviewers (name, emails, papers), whose expertise and conflicts
    the first simulated reviewers take over.
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
    """Which mind each role thinks with; a mixed panel is weights: "2 vllm:A, 1 embedded"."""

    scientist: str = "embedded"
    reviewer: str = "embedded"
    chair: str = "embedded"


class DeskRules(Rules, frozen=True, kw_only=True):
    """What the desk checks. Duplicates are flagged to the area chair; any other check that fails
    is a desk rejection. `duplicate_similarity` is one of texts, from 0 to 1."""

    page_limit: bool = True
    anonymity: bool = True
    duplicates: bool = True
    duplicate_similarity: Share = 0.95
    topic: bool = True
    hidden_text: bool = True


class BidRules(Rules, frozen=True, kw_only=True):
    """`offered` papers a reviewer, by affinity; a bid adds `weight` times its value to that."""

    offered: Count = 20
    weight: float = 0.1


class AssignRules(Rules, frozen=True, kw_only=True):
    """`candidates` is how many reviewers the affinities keep for each paper.

    With `seats`, the weights of `minds.reviewer` are seats at each paper, in their order, and add
    up to `reviews_per_paper`. Each seat has reviewers of its own, who are the same people whatever
    mind they have.

    `most_probable` limits the probability of each pair of reviewer and paper; below 1 the
    assignment is drawn by lot. Substitutes for reviews that never came are found without a lot.
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
    """Shares of reviews that never come or come late; `emergency` looks for replacements.

    Without `texts` reviews are scores and choices alone: the form loses its text fields. With
    `canaries` each reviewer's copy of a paper orders a phrase of its own from language models.
    Those are asked again for required text fields, comments and meta-reviews of fewer than
    `least_words` words.
    """

    absent_rate: Share = 0.0
    late_rate: Share = 0.0
    emergency: bool = True
    texts: bool = True
    canaries: bool = False
    least_words: Count = 0


class DiscussRules(Rules, frozen=True, kw_only=True):
    """Papers whose ratings span `gap` steps of the scale are discussed for `turns` turns."""

    turns: Annotated[int, msgspec.Meta(ge=0, le=MAX_TURNS)] = 1
    gap: int = 2


class DecideRules(Rules, frozen=True, kw_only=True):
    """Shares are of the papers that have a meta-review. `score` is what papers are ranked by:
    with "isotonic" their mean ratings, moved to follow their authors' own rankings (phase "rank").
    """

    accept_rate: Share
    oral_rate: Share = 0.0
    spotlight_rate: Share = 0.0
    best_papers: Count = 0
    score: Literal["calibrated", "meta_review", "mean_rating", "isotonic"] = "calibrated"


class CalibrateRules(Rules, frozen=True, kw_only=True):
    """Every reviewer rates `papers` human-reviewed papers of `source`."""

    papers: Count = 6
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
    match them, rate them at the top. With "abstracts" they put words of the others' earlier work
    into what the assignment reads of their own paper; reviewers read it as it was. Without acts a
    ring does nothing, and can be compared with.
    """

    ring: Count = 0
    rings: Positive = 1
    acts: tuple[Literal["bids", "profiles", "abstracts", "ratings"], ...] = ()


class ResubmissionRules(Rules, frozen=True, kw_only=True):
    """Which of the given papers come to each of several rounds.

    Without `spread` all come to every round. With it each round gets new ones, as many as half of
    the papers allow, and those that were rejected in the last round and came no more than
    `patience` times before. The other half is kept for a `flood`: so many more new papers a round,
    as a share.
    """

    spread: bool = False
    patience: Count = 1
    flood: Share = 0.0


class SiteRules(Rules, frozen=True, kw_only=True):
    """What the proceedings show of who reviewed what."""

    show_reviewers: bool = False


class Venue(Rules, frozen=True, kw_only=True):
    """One venue-year: what its TOML file says.

    `[persona.NAME]` and `[chair_persona.NAME]` describe personas of its own.
    `[phase.NAME]` holds the rules of a phase that another package adds.
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
