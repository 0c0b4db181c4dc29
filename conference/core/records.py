"""Everything that can happen in a round, as typed frozen records.

A round's tasks yield only these. Records refer to papers and agents by id. Large data (PDFs, parsed
documents, experiment results) are files beside the ledger, named by the SHA-256 of their content.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from conference.core.finite import check_finite


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """Base class of all records; the class name is the tag in the ledger.

    `gc=False`: records hold no cycles, so Python's collector need not walk millions of them.
    """


# --- who takes part -------------------------------------------------------------------------

Role = Literal["scientist", "reviewer", "chair", "senior_chair", "program_chair", "venue"]
PROGRAM_CHAIR = "program-chair"


class Agent(Record, frozen=True, kw_only=True):
    """An agent's identity. `papers` are titles and abstracts of its own earlier work.

    `traits` are its persona's, if the venue's own file defines that persona. `ring` are the papers
    that it pushes as a member of a collusion ring, in the ways that `ring_acts` name.
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
    """The template's idea that a scientist starts from, chosen before the first experiment.

    Two scientists of a round share an idea only when none is left. `title` is the idea's.
    """

    paper: str
    agent: str
    template: str
    idea: str
    title: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A rebuttal that a study prescribes: the authors send this text to each reviewer.

    `strength` is as in `Rebuttal`.
    """

    text: str
    strength: float = 0.0


class Submission(Record, frozen=True, kw_only=True):
    """A paper as its authors submit it. `pdf` and `document` are file names in `papers/`.

    `pages` is 0 for a submission from a table. `authors` are agent ids, empty when unknown.
    `byline` is the author line that readers see if the venue is not anonymous. `answer` is the
    rebuttal that a study prescribes.
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
    """The human reviews and decision of a real submission.

    Roles see it only if the user asks for it: `human` reviewers replay it, and an informed panel
    draws a paper's quality given it. `ratings`, `first_ratings` (before the rebuttal),
    `confidences` and `texts` (keyed by the data's own field names) list the reviewers in the same
    order; all but `ratings` may be empty.
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
    """A published work as a literature index describes it; `key` is its id in that index."""

    title: str
    key: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    abstract: str = ""
    doi: str = ""
    url: str = ""


class Similar(msgspec.Struct, frozen=True):
    """A work found by searching for a study's question, and their text similarity in [0, 1]."""

    work: Work
    similarity: float


class Planted(Record, frozen=True, kw_only=True):
    """What a study planted in a paper, to measure whether reviews name it. Never shown to a role.

    `kind` is, for example, `flaw:missing_seeds`; `place` says where it is and `said` quotes it. A
    review names it if one of its sentences matches one of the regular expressions in `signs`.
    """

    paper: str
    kind: str
    place: str
    said: str
    signs: tuple[str, ...]


class Experiment(Record, frozen=True, kw_only=True):
    """What a scientist ran for a paper. `files` maps a name to a file in `experiments/`.

    `novelty` is 1 minus the text similarity to the nearest earlier paper or published work, which
    `novelty_nearest` names ("" for none); see `conference.literature.novelty`. `similar` are the
    works that a literature search found. `trials` counts the versions of the treatment that were
    run before the study, on a separate seed.
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
    """A breach that the sandbox or another guard stopped."""

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

    `flags` are things that the paper's chair should look at; they do not reject it.
    """

    paper: str
    passed: bool
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class HiddenText(Record, frozen=True, kw_only=True):
    """Text in a PDF that a reader would not see; it is stripped before any mind reads the paper.

    An empty `text` means that the page could not be checked. `rule` is the rule by which the text
    counts against the paper; older ledgers lack it.
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
    """The file in `papers/` that holds the affinities of reviewers and papers as a sparse matrix.

    It has `reviewers` rows and `papers` columns, in the order of the lists of ids in the file;
    `pairs` is its number of entries.
    """

    file: str
    method: str
    reviewers: int
    papers: int
    pairs: int


class Assignment(Record, frozen=True, kw_only=True):
    """One reviewer (or area chair) on one paper; `affinity` is the assignment's score.

    `probability` is the pair's probability in a randomized assignment, for inverse weighting.
    """

    paper: str
    agent: str
    role: Role
    affinity: float
    emergency: bool = False
    probability: float = 1.0


class Advice(Record, frozen=True, kw_only=True):
    """An area chair's opinion of a paper's assigned reviewers. It changes no assignment.

    `fits` says for each reviewer's id how well its expertise fits the paper.
    """

    paper: str
    chair: str
    fits: dict[str, Literal["good", "doubtful", "poor"]]
    text: str
    mind: str = "embedded"


class AssignmentReport(Record, frozen=True, kw_only=True):
    """The solver's result: totals, the worst-off paper, and which papers lack reviewers.

    `total` and `worst` are sums of affinities and weighted bids. `unmeasured` counts assigned
    reviewers outside a paper's best candidates, whose affinity is unknown; `untold` are papers
    that share no words with any reviewer's papers. Both add nothing to `total` and are left out
    of `worst`.
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
    """A language model's review without a score, shown to `seen_by` and all later readers."""

    paper: str
    texts: dict[str, str]
    seen_by: SeenBy
    mind: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it was before its writer read the `feedback` on it."""

    rating: float
    scores: dict[str, float]
    texts: dict[str, str]
    feedback: str


class Review(Record, frozen=True, kw_only=True):
    """A filled review form. `rating` repeats the form's overall score on the venue's scale.

    `draft` is the earlier version if the review was revised before it was posted. `soft_rating`
    and `soft_spread` are the mean and standard deviation of a language model's probabilities of
    the ratings, if they were asked for.
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
    """A chair's blind rating of a review's quality, from 1 to 5."""

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
    """A task whose mind gave no valid answer. No default replaces it; it can be retried."""

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
    """An area chair's meta-review of a paper. `score` is on the venue's rating scale.

    `calibrated` means that the score was computed from ratings corrected for each reviewer's
    level, which was measured on human-reviewed papers. A language model's score is its own.
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
    """A senior area chair's note on a meta-review; `adjustment` is added to its score."""

    paper: str
    senior: str
    adjustment: float
    text: str
    mind: str = "embedded"


class Decision(Record, frozen=True, kw_only=True):
    """The program chair's decision. Papers were ranked by `score`."""

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
    """Score on the human scale = intercept + slope x rating, fitted to `n` papers of a reviewer."""

    reviewer: str
    intercept: float
    slope: float
    n: int


class CalibrationReport(Record, frozen=True, kw_only=True):
    """Cross-validated error against human means before and after calibration."""

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

    `checks` are those of the final version, `files` those of all runs that it rests on.
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
        NotFinite: a number is infinite or NaN, which JSON would turn into `null`.
    """
    data = _encoder.encode(records)
    if b"null" in data:  # Without a null no number was lost: skip the walk.
        for record in records:
            check_finite(record)
    return data


def decode(data: bytes) -> list[AnyRecord]:
    """Records from their JSON. Raises `msgspec.ValidationError` on anything else."""
    return _decoder.decode(data)
