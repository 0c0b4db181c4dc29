"""Defines what each kind of reader may see of an exported round."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import msgspec

from conference.core.errors import UserError
from conference.core.records import AdvisoryReview, HumanOutcome, Review, Role
from conference.core.thread import names_of
from venues.state import Round

Reader = Literal["public", "authors", "reviewers", "chairs"]
READERS: tuple[Reader, ...] = get_args(Reader)
ROLE_NAMES: dict[Role, str] = {
    "chair": "Area_Chair", "senior_chair": "Senior_Area_Chair", "program_chair": "Program_Chairs",
    "scientist": "Authors", "venue": "Venue",
}  # fmt: skip


class View(msgspec.Struct, frozen=True):
    """What a reader sees in every format.

    All see papers, reviews (as R1, R2, …), rebuttals, meta-reviews and decisions. Reviewers and
    chairs see the discussion. Chairs alone see who did what, the desk's flags, conflicts, absences,
    incidents, calls, drafts of reviews with their feedback, and chairs' ratings of reviews. The
    venue decides whether an advisory review is for reviewers and chairs or for chairs alone.
    """

    round: Round
    reader: Reader

    @property
    def chairs(self) -> bool:
        return self.reader == "chairs"

    @property
    def discussion(self) -> bool:
        """Whether the reader sees the discussion between reviewers and area chair."""
        return self.reader in ("reviewers", "chairs")

    def advisory(self, paper: str) -> list[AdvisoryReview]:
        """The advisory reviews of a paper that the reader may see."""
        rows = self.round.of(AdvisoryReview, paper) if self.discussion else []
        return [row for row in rows if self.chairs or row.seen_by != "chair"]

    def human(self, paper: str) -> HumanOutcome | None:
        """A real paper's human reviews and decision: public, but not shown to its reviewers or
        authors."""
        shown = self.reader in ("public", "chairs")
        return self.round.one(HumanOutcome, paper) if shown else None

    def reviewer(self, paper: str, agent: str) -> str:
        """A reviewer's name in a paper's thread: its id for chairs, else R1, R2, …"""
        if self.chairs:
            return agent
        return names_of(self.round.of(Review, paper)).get(agent, "a reviewer")

    def speaker(self, paper: str, agent: str, role: Role) -> str:
        """The name under which the reader sees a comment's writer."""
        if role == "reviewer" or self.chairs:
            return self.reviewer(paper, agent)
        return ROLE_NAMES.get(role, role)


# Writes a round, as one reader may see it, into a folder, and returns the files that it wrote.
# Packages register exporters in the group `conference.exporters` under the name for `--to`.
Exporter = Callable[[View, Path], list[Path]]


def view_of(round_: Round, reader: str) -> View:
    """The view of a reader; raises `UserError` for an unknown one."""
    if reader not in READERS:
        raise UserError(f"--for {reader}: choose from {', '.join(READERS)}.")
    return View(round_, reader)
