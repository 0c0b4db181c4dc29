"""Everything that can happen in a round, as typed frozen records.

A round's ledger holds these and nothing else. Papers and agents are named by their ids; the big
things (PDFs, parsed documents, experiment results) are files beside the ledger, named by the
SHA-256 of their content.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from conference.core.finite import check_finite


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """The parent of all records; the class name is the tag in the ledger.

    Records hold no cycles, so Python's collector need not walk the millions of a large round.
    """


# --- who takes part -------------------------------------------------------------------------

Role = Literal["scientist", "reviewer", "chair", "senior_chair", "program_chair", "venue"]
PROGRAM_CHAIR = "program-chair"


class Agent(Record, frozen=True, kw_only=True):
    """An agent's identity. `papers` are titles and abstracts of its own earlier work.

    `traits` are those of its persona where the venue's own file describes it. `ring` are the papers
    that it pushes as a member of a ring, by what `ring_acts` say.
    """

    id: str
    role: Role
    name: str
    lab: str
    topics: tuple[str, ...] = ()
    persona: str = ""
    traits: dict[str, Any] = {}
    mind: str = "embedded"
    papers: tuple[str, ...] = ()
    coauthors: tuple[str, ...] = ()
    own_submissions: tuple[str, ...] = ()
    ring: tuple[str, ...] = ()
    ring_acts: tuple[str, ...] = ()


# --- call and submission --------------------------------------------------------------------


class Call(Record, frozen=True, kw_only=True):
    """The call for papers. `deadlines` are simulated days after the call."""

    title: str
    text: str
    topics: tuple[str, ...]
    deadlines: dict[str, int]
    page_limit: int
    templates: tuple[str, ...] = ()


class PlannedStudy(Record, frozen=True, kw_only=True):
    """The idea of a template from which a scientist starts, chosen before the first experiment.

    No other scientist of the round starts from it while there are ideas left. `title` is the
    idea's.
    """

    paper: str
    agent: str
    template: str
    idea: str
    title: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a study lets the authors of a paper answer to each reviewer. `strength` as in
    `Rebuttal`."""

    text: str
    strength: float = 0.0


class Submission(Record, frozen=True, kw_only=True):
    """A paper as its authors submit it. `pdf` and `document` are file names in `papers/`.

    `pages` is 0 for a submission from a table. `authors` are agent ids, empty when unknown.
    `byline` is the line of authors as readers see it where the venue is not anonymous. `answer` is
    what a study lets its authors answer.
    """

    paper: str
    title: str
    abstract: str
    keywords: tuple[str, ...] = ()
    topic: str = ""
    authors: tuple[str, ...] = ()
    lab: str = ""
    pdf: str = ""
    document: str = ""
    pages: int = 0
    source: Literal["scientist", "pdf", "table"] = "scientist"
    template: str = ""
    version: int = 1
    byline: str = ""
    answer: Answer | None = None


class Unreadable(Record, frozen=True, kw_only=True):
    """A submitted file that could not be read, with the reason."""

    file: str
    reason: str


class HumanOutcome(Record, frozen=True, kw_only=True):
    """The human reviews and decision of a real submission. Roles see it only where the user asks
    for it: `human` reviewers replay it, and an informed panel draws a paper's quality given it.

    `ratings`, `first_ratings` (before the rebuttal), `confidences` and `texts` (by the fields' own
    names) are in the same order of reviewers; all but `ratings` may be empty.
    """

    paper: str
    ratings: tuple[float, ...] = ()
    first_ratings: tuple[float | None, ...] = ()
    confidences: tuple[float | None, ...] = ()
    texts: tuple[dict[str, str], ...] = ()
    accepted: bool | None = None
    decision: str = ""
    topic: str = ""
    when: str = ""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A published work as an index of the literature knows it; `key` is the index's own."""

    title: str
    key: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    abstract: str = ""
    doi: str = ""
    url: str = ""


class Similar(msgspec.Struct, frozen=True):
    """A work that a search for a study's question found, and the text similarity in [0, 1]."""

    work: Work
    similarity: float


class Planted(Record, frozen=True, kw_only=True):
    """What a study planted in a paper, to measure whether reviews name it. Never shown to a role.

    `kind` is such as `flaw:missing_seeds`; `place` and `said` are where it stands and its words. A
    text names it where a sentence matches one of the `signs`, which are regular expressions.
    """

    paper: str
    kind: str
    place: str
    said: str
    signs: tuple[str, ...]


class Experiment(Record, frozen=True, kw_only=True):
    """What a scientist ran for a paper. `files` maps a name to a file in `experiments/`.

    `novelty` is 1 less the text similarity to the nearest earlier paper or published work, which
    `novelty_nearest` names ("" for none); see `conference.literature.novelty`. `similar` are the
    works that a search of the literature found. `trials` is how many versions of the treatment
    were run, on a seed of their own, before the study.
    """

    paper: str
    template: str
    idea: str
    hypothesis: str
    knobs: dict[str, str | float | int | bool]
    baseline: dict[str, str | float | int | bool]
    seeds: tuple[int, ...]
    runs: int
    trials: int = 0
    metric: str
    effect: float
    effect_low: float
    effect_high: float
    conclusion: str
    novelty: float | None = None
    novelty_nearest: str = ""
    similar: tuple[Similar, ...] = ()
    code_sha256: str = ""
    results_sha256: str = ""
    files: dict[str, str] = {}


class Check(Record, frozen=True, kw_only=True):
    """One automatic check of a paper; reviewers see those that failed."""

    paper: str
    name: str
    passed: bool
    detail: str = ""


class Incident(Record, frozen=True, kw_only=True):
    """A breach that the sandbox or a guard stopped."""

    kind: str
    agent: str
    paper: str
    detail: str


class SelfRanking(Record, frozen=True, kw_only=True):
    """An author's papers, best first by its own judgement."""

    author: str
    papers: tuple[str, ...]


# --- desk check, bids, assignment -----------------------------------------------------------


class DeskCheck(Record, frozen=True, kw_only=True):
    """The desk's verdict; a rejected paper has at least one reason.

    `flags` are what its chair should look at; they reject nothing.
    """

    paper: str
    passed: bool
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class HiddenText(Record, frozen=True, kw_only=True):
    """Text in a PDF that a reader would not see; it is stripped before any mind reads the paper.

    Without a text it names a page that could not be checked. `rule` is the rule by which it counts
    against the paper; older ledgers lack it.
    """

    paper: str
    page: int
    technique: str
    text: str
    rule: str = ""


BidLevel = Literal["Very High", "High", "Neutral", "Low", "Very Low"]
BID_VALUES: dict[BidLevel, float] = {
    "Very High": 1.0,
    "High": 0.5,
    "Neutral": 0.0,
    "Low": -0.5,
    "Very Low": -1.0,
}


class Bids(Record, frozen=True, kw_only=True):
    """A reviewer's bids on OpenReview's five levels; papers not named are Neutral."""

    reviewer: str
    levels: dict[str, BidLevel]


class Conflict(Record, frozen=True, kw_only=True):
    """A conflict of interest between an agent and a paper."""

    agent: str
    paper: str
    reason: str


class Affinities(Record, frozen=True, kw_only=True):
    """Where the affinities of all reviewers and papers lie: a sparse matrix in `papers/`.

    Rows are `reviewers`, columns `papers`, in the order of the file's own lists of ids.
    """

    file: str
    method: str
    reviewers: int
    papers: int
    pairs: int


class Assignment(Record, frozen=True, kw_only=True):
    """One reviewer (or area chair) on one paper; `affinity` is the assignment's score.

    `probability` is that of the pair in an assignment by lot, by which outcomes can be weighted.
    """

    paper: str
    agent: str
    role: Role
    affinity: float
    emergency: bool = False
    probability: float = 1.0


class Advice(Record, frozen=True, kw_only=True):
    """An area chair's look at who was assigned to a paper. It changes nothing by itself.

    `fits` says of each reviewer, by id, how well its expertise fits the paper.
    """

    paper: str
    chair: str
    fits: dict[str, Literal["good", "doubtful", "poor"]]
    text: str
    mind: str = "embedded"


class AssignmentReport(Record, frozen=True, kw_only=True):
    """The solver's result: totals, the worst-off paper, and which papers lack reviewers.

    `total` and `worst` are sums of affinities and weighted bids. `unmeasured` counts reviews by
    reviewers outside a paper's best candidates, whose affinity is not known; `untold` are papers
    that share no words with any reviewer's. They add nothing to `total` and are left out of
    `worst`.
    """

    step: str
    objective: str
    papers: int
    reviewers: int
    total: float
    worst: float
    exact: bool
    message: str
    short: dict[str, int] = {}
    unmeasured: int = 0
    untold: tuple[str, ...] = ()


# --- review ---------------------------------------------------------------------------------


SeenBy = Literal["reviewers", "discussion", "chair"]


class AdvisoryReview(Record, frozen=True, kw_only=True):
    """A language model's review of a paper without a score, for those whom `seen_by` names and all
    who come after them."""

    paper: str
    texts: dict[str, str]
    seen_by: SeenBy
    mind: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A review before its writer was given `feedback` on it."""

    rating: float
    scores: dict[str, float]
    texts: dict[str, str]
    feedback: str


class Review(Record, frozen=True, kw_only=True):
    """A filled review form. `rating` repeats the form's overall score on the venue's scale.

    One that was revised before it was posted has its `draft`, and takes the draft's place.
    `soft_rating` is the mean of a language model's own chances of each rating and `soft_spread`
    their standard deviation, where they were asked for.
    """

    paper: str
    reviewer: str
    rating: float
    confidence: float | None
    scores: dict[str, float]
    texts: dict[str, str]
    mind: str
    day: int
    late: bool = False
    emergency: bool = False
    draft: Draft | None = None
    soft_rating: float | None = None
    soft_spread: float | None = None


class ReviewQuality(Record, frozen=True, kw_only=True):
    """How good a review is as a piece of work, from 1 to 5, by a chair who does not know whose it
    is."""

    paper: str
    reviewer: str
    chair: str
    quality: float
    note: str = ""
    mind: str = "embedded"


class Absence(Record, frozen=True, kw_only=True):
    """A reviewer who did not deliver."""

    paper: str
    reviewer: str
    reason: str


class Failure(Record, frozen=True, kw_only=True):
    """A task whose mind gave no valid answer. Never replaced by a default; can be retried."""

    task: str
    agent: str
    paper: str
    reason: str


class Rebuttal(Record, frozen=True, kw_only=True):
    """The authors' answers, one for each reviewer, and what they promise to change.

    `strength` is the share of the points that are answered with data.
    """

    paper: str
    author: str
    replies: dict[str, str]
    promises: tuple[str, ...] = ()
    strength: float = 0.0
    mind: str = "embedded"


class Comment(Record, frozen=True, kw_only=True):
    """One turn of the discussion between reviewers and area chair."""

    paper: str
    agent: str
    role: Role
    turn: int
    text: str
    rating_before: float | None = None
    rating_after: float | None = None
    mind: str = "embedded"


class MetaReview(Record, frozen=True, kw_only=True):
    """An area chair's reading of a paper's thread. `score` is on the venue's rating scale.

    It is `calibrated` where it was computed from ratings less their reviewers' levels, which
    were found on human-reviewed papers. A language model's score is its own judgement.
    """

    paper: str
    chair: str
    score: float
    recommendation: Literal["accept", "reject"]
    text: str
    weights: dict[str, float] = {}
    calibrated: bool = False
    mind: str = "embedded"


class SeniorNote(Record, frozen=True, kw_only=True):
    """A senior area chair's look at one meta-review; `adjustment` is added to its score."""

    paper: str
    senior: str
    adjustment: float
    text: str
    mind: str = "embedded"


class Decision(Record, frozen=True, kw_only=True):
    """The program chair's decision. `score` is what papers were ranked by."""

    paper: str
    accepted: bool
    presentation: Literal["", "poster", "spotlight", "oral"]
    score: float
    rank: int
    reason: str
    award: str = ""


# --- calibration ----------------------------------------------------------------------------


class CalibrationReview(Record, frozen=True, kw_only=True):
    """A reviewer's rating of a human-reviewed paper whose human mean rating is known."""

    reviewer: str
    paper: str
    rating: float
    human_mean: float
    humans: int


class CalibrationMap(Record, frozen=True, kw_only=True):
    """Human-scale score = intercept + slope x rating, fitted for one reviewer on `n` papers."""

    reviewer: str
    intercept: float
    slope: float
    n: int


class CalibrationReport(Record, frozen=True, kw_only=True):
    """Error against human means on the calibration papers, cross-validated, before and after."""

    n_reviews: int
    n_reviewers: int
    mae_before: float
    mae_after: float
    icc_before: float | None
    icc_after: float | None
    source: str
    message: str = ""


# --- camera-ready ---------------------------------------------------------------------------


class CameraReady(Record, frozen=True, kw_only=True):
    """An accepted paper's final version and what changed in answer to the reviews.

    `checks` are its own, and `files` those of all the runs that it rests on.
    """

    paper: str
    pdf: str
    changes: tuple[str, ...]
    pages: int = 0
    checks: tuple[Check, ...] = ()
    files: dict[str, str] = {}


AnyRecord = (
    Agent
    | Call
    | PlannedStudy
    | Submission
    | Unreadable
    | HumanOutcome
    | Planted
    | Experiment
    | Check
    | Incident
    | SelfRanking
    | DeskCheck
    | HiddenText
    | Bids
    | Conflict
    | Affinities
    | Assignment
    | Advice
    | AssignmentReport
    | Review
    | AdvisoryReview
    | ReviewQuality
    | Absence
    | Failure
    | Rebuttal
    | Comment
    | MetaReview
    | SeniorNote
    | Decision
    | CalibrationReview
    | CalibrationMap
    | CalibrationReport
    | CameraReady
)

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(list[AnyRecord])


def encode(records: list[AnyRecord]) -> bytes:
    """Records as canonical JSON: the same records give the same bytes.

    Raises:
        NotFinite: a number is infinite or NaN; JSON has none of these and would say `null`.
    """
    data = _encoder.encode(records)
    if b"null" in data:  # Most have none, and need no second walk.
        for record in records:
            check_finite(record)
    return data


def decode(data: bytes) -> list[AnyRecord]:
    """Records from their JSON. Raises `msgspec.ValidationError` on anything else."""
    return _decoder.decode(data)
