"""The schema of exported tables: what rows and columns mean, and the columns' types."""

from __future__ import annotations

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """A column's type, as pandas and as Croissant name it; each allows a missing value."""

    pandas: str
    croissant: str


TEXT = Kind("string", "sc:Text")
COUNT, NUMBER = Kind("Int64", "sc:Integer"), Kind("Float64", "sc:Float")
FLAG = Kind("boolean", "sc:Boolean")
# Columns that are not listed here are text.
KINDS = (
    dict.fromkeys(("pages", "day", "turn", "rank", "runs", "tokens_in", "tokens_out"), COUNT)
    | dict.fromkeys(("desk_rejected", "human_accepted", "late", "emergency", "accepted"), FLAG)
    | dict.fromkeys(
        ("rating_first", "rating_last", "rating_before", "rating_after", "soft_rating",
         "soft_spread", "confidence", "score", "rating", "quality", "effect", "effect_low",
         "effect_high", "affinity", "seconds", "cost"),
        NUMBER,
    )
)  # fmt: skip
# For each table: what a row is, and what each column holds.
SCHEMA: dict[str, tuple[str, dict[str, str]]] = {
    "papers": ("a submission", {
        "paper": "the paper's id in this round", "title": "its title", "abstract": "its abstract",
        "keywords": "keywords, separated by semicolons", "topic": "its topic in the call",
        "pages": "pages of the PDF; 0 for a paper from a table",
        "source": "scientist, pdf or table", "desk_rejected": "whether the desk rejected it",
        "desk_reasons": "why, separated by semicolons",
        "desk_flags": "what the desk told the chair, separated by semicolons; for chairs alone",
        "human_ratings": "its human ratings, as JSON; empty if unknown, and in exports for "
                         "authors and reviewers",
        "human_accepted": "whether it was really accepted; empty like human_ratings",
    }),
    "reviews": ("a review", {
        "paper": "the paper's id", "reviewer": "the reviewer: its id for chairs, else R1, R2, …",
        "mind": "what wrote it", "rating_first": "its rating as handed in",
        "rating_last": "its rating after the discussion",
        "soft_rating": "mean of the model's probabilities of the ratings, if asked for",
        "soft_spread": "their standard deviation", "confidence": "its confidence",
        "scores": "all scores of the form, as JSON", "texts": "all text fields, as JSON",
        "day": "the simulated day of its arrival", "late": "whether it came late",
        "emergency": "whether it replaces a review that never came",
        "marks": "automatic marks of what looks wrong with it, separated by semicolons",
    }),
    "comments": ("a turn of the discussion, for reviewers and chairs", {
        "paper": "the paper's id", "speaker": "who wrote it", "turn": "the turn",
        "text": "the text",
        "rating_before": "the speaker's rating before", "rating_after": "and after it",
        "mind": "what wrote it",
    }),
    "advisory_reviews": ("a language model's review without a score, for reviewers and chairs", {
        "paper": "the paper's id", "texts": "all text fields, as JSON",
        "seen_by": "who saw it first: reviewers, discussion (reviewers from the discussion on) or "
                   "chair (chairs alone)",
        "mind": "what wrote it",
    }),
    "rebuttals": ("the authors' answer to one reviewer", {
        "paper": "the paper's id", "to": "the reviewer answered", "text": "the answer",
        "mind": "what wrote it",
    }),
    "meta_reviews": ("an area chair's meta-review", {
        "paper": "the paper's id", "chair": "the chair's id, for chairs alone",
        "score": "its score",
        "recommendation": "accept or reject", "text": "the text", "mind": "what wrote it",
    }),
    "decisions": ("a decision", {
        "paper": "the paper's id", "accepted": "whether it was accepted",
        "presentation": "poster, spotlight or oral", "score": "the score it was ranked by",
        "rank": "its rank, 1 for the best", "reason": "why", "award": "its award, if any",
    }),
    "experiments": ("what a scientist ran for a paper", {
        "paper": "the paper's id", "template": "the research template",
        "hypothesis": "the hypothesis",
        "metric": "what was measured", "effect": "treatment − baseline",
        "effect_low": "lower end of its 95 % interval",
        "effect_high": "upper end of its 95 % interval", "conclusion": "what was concluded",
        "runs": "number of runs",
    }),
    "people": ("an agent, for chairs alone", {
        "agent": "the agent's id", "role": "its role", "lab": "its lab", "persona": "its persona",
        "mind": "its mind", "topics": "its topics, separated by semicolons",
    }),
    "assignments": ("an assignment, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "role": "reviewer or chair",
        "affinity": "affinity and weighted bid", "emergency": "whether it was made late",
    }),
    "drafts": ("a review before its writer was given feedback on it, for chairs alone", {
        "paper": "the paper's id", "reviewer": "the reviewer's id", "rating": "the draft's rating",
        "scores": "all scores of the form, as JSON", "texts": "all text fields, as JSON",
        "feedback": "what the reviewer was told",
    }),
    "review_quality": ("a chair's blind rating of a review's quality, for chairs alone", {
        "paper": "the paper's id", "reviewer": "the reviewer's id",
        "chair": "the chair who rated it, not the paper's own, and not told who wrote it",
        "quality": "from 1 to 5", "note": "why", "mind": "what judged it",
    }),
    "conflicts": ("a conflict of interest, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "reason": "why it counts",
    }),
    "absences": ("a review or task that never came, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "reason": "why",
    }),
    "incidents": ("a breach that was stopped, for chairs alone", {
        "paper": "the paper's id", "agent": "the agent's id", "kind": "what kind", "detail": "what",
    }),
    "calls": ("a call of a language model, for chairs alone", {
        "step": "the round's step", "agent": "the agent's id", "paper": "the paper's id",
        "purpose": "what it was for", "model": "the model", "revision": "its revision",
        "tokens_in": "tokens of the prompt", "tokens_out": "tokens of the answer",
        "seconds": "seconds", "cost": "cost", "problem": "why the answer was not used",
    }),
}  # fmt: skip
CHAIRS_ONLY = (
    "people", "assignments", "drafts", "review_quality", "conflicts", "absences", "incidents",
    "calls",
)  # fmt: skip


def kind_of(column: str) -> Kind:
    """The type of a column, which is the same in every table."""
    return KINDS.get(column, TEXT)
