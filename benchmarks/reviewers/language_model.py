"""The seam for language-model reviewers: `vllm:MODEL`, `openai:MODEL@URL`, `replay:LEDGER`."""

from __future__ import annotations

from benchmarks.reviewers.question import Question
from benchmarks.reviewers.reviewer import Reviewer
from conference.errors import UserError


def language_model(spec: str, question: Question) -> Reviewer:
    """A language model as a reviewer of these papers."""
    raise UserError(f"--reviewer {spec}: this build has no language-model reviewer.")
