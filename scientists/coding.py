"""Changes of an experiment's code by a language model: checked, run in the sandbox, tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from conference.context import Context
from conference.models import Message, struct_shape
from conference.prompts import defused, render, without_paper
from conference.tasks import TaskFailed
from scientists.ideas import PROMPTS, described, rules
from scientists.laboratory import EXPERIMENT, Laboratory
from scientists.study import Question

TOLD = 1500  # characters of an error that the model is told


class Edit(msgspec.Struct, frozen=True):
    """One change: `find` stands in the file exactly once."""

    find: str
    replace: str


class Edits(msgspec.Struct, frozen=True):
    """A change of the code and why it makes the treatment."""

    explanation: str
    edits: Annotated[list[Edit], msgspec.Meta(max_length=6)]


class Refused(Exception):
    """Edits that cannot or may not be made; `breach` marks those that go for a protected line."""

    def __init__(self, reason: str, breach: bool = False) -> None:
        super().__init__(reason)
        self.breach = breach


class Both(msgspec.Struct, frozen=True):
    """Both arms' results run by run, the treatment's code if it was changed, and why."""

    results: list[dict[str, Any]]
    code: str
    explanation: str
    faults: tuple[tuple[str, str], ...]


def apply(code: str, edits: Sequence[Edit], protected: Sequence[str]) -> str:
    """The code with all edits made.

    Raises:
        Refused: a text to be found is not there just once, a protected line would change, or the
            result is no Python.
    """
    for edit in edits:
        if code.count(edit.find) != 1 or not edit.find.strip():
            raise Refused(f"{edit.find[:80]!r} stands {code.count(edit.find)} times in the file")
        for word in protected:
            if word in edit.find or word in edit.replace:
                raise Refused(
                    f"an edit touches {word!r}: budgets, seeds and limits are the same in both "
                    "arms and stay as they are",
                    breach=True,
                )
        code = code.replace(edit.find, edit.replace)
    try:
        compile(code, EXPERIMENT, "exec")
    except (SyntaxError, ValueError) as error:
        raise Refused(f"the changed file is no Python: {error}") from error
    return code


async def run_both(
    laboratory: Laboratory,
    question: Question,
    runs: Sequence[dict[str, Any]],
    base: str,
    budget: str,
    context: Context,
) -> Both:
    """Baseline with the template's code, treatment with the model's changes of it.

    The model may change the code until it runs, `code_attempts` times; then the treatment is run by
    its knobs alone, and the paper's checks say so.

    Raises:
        TaskFailed: the template's own code does not run on these settings.
    """
    original = (question.template.folder / EXPERIMENT).read_text(encoding="utf-8")
    arms = {
        label: [run for run in runs if run["label"] == label] for label in ("baseline", "treatment")
    }
    async with context.slots:
        left = await asyncio.to_thread(laboratory.run, arms["baseline"], budget)
    code, explanation, right, faults = await _treatment(
        laboratory, question, arms["treatment"], base, original, budget, context
    )
    if right is None:
        async with context.slots:
            right = await asyncio.to_thread(laboratory.run, arms["treatment"], budget)
    rows = {"baseline": iter(left), "treatment": iter(right)}
    results = [next(rows[run["label"]]) for run in runs]
    return Both(results, "" if code == original else code, explanation, faults)


async def _treatment(
    laboratory: Laboratory,
    question: Question,
    runs: Sequence[dict[str, Any]],
    base: str,
    original: str,
    budget: str,
    context: Context,
) -> tuple[str, str, list[dict[str, Any]] | None, tuple[tuple[str, str], ...]]:
    prompt = render(
        PROMPTS, "code", material=base, idea=question.idea,
        treatment=described(question.treatment), baseline=described(question.baseline),
    )  # fmt: skip
    messages, shape = without_paper(prompt), struct_shape(Edits)
    limit, problem = rules().code_attempts, ""
    for attempt in range(1, limit + 1):
        edits = await context.asker.ask(messages, shape, "code", member=attempt)
        try:
            code = apply(original, edits.edits, rules().protected)
            async with context.slots:
                results = await asyncio.to_thread(laboratory.run, runs, budget, code)
            said = edits.explanation if edits.edits else ""
            return code, said, results, ()
        except Refused as error:
            problem = str(error)
            if error.breach:
                laboratory.incident("limit_edit", problem)
        except TaskFailed as error:
            problem = str(error)
        again = render(
            PROMPTS, "code_again", problem=defused(problem[:TOLD]),
            attempt=attempt + 1, attempts=limit,
        )  # fmt: skip
        answer = msgspec.json.encode(edits).decode()
        messages = (*messages[:2], Message("assistant", answer), Message("user", again))
    fault = f"none of {limit} changes of the code ran ({problem[:200]}); the knobs alone were used"
    return original, "", None, (("code", fault),)
