"""Let a language model change a template's code: check it, run it in the sandbox, try again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Generic, Protocol, TypeVar

import msgspec

from conference.core.tasks import TaskFailed
from conference.models import Message, Shape, own_words
from conference.models.context import Context
from conference.models.prompts import defused, render
from scientists.experiments import Laboratory
from scientists.language.ideas import PROMPTS, rules
from scientists.language.limits import Protected, touched

TOLD = 1500  # characters of an error shown to the model
LIMIT_EDIT = "limit_edit"
UNPROTECTED = Protected()
CODE = ("find", "replace")  # the fields of an edit, which hold code


class Edit(msgspec.Struct, frozen=True):
    """One change; `find` must occur in the file exactly once."""

    find: str
    replace: str


EditList = Annotated[list[Edit], msgspec.Meta(max_length=6)]


class Change(Protocol):
    """A model's answer that may change a file; `done` if it wants no further change."""

    @property
    def edits(self) -> list[Edit]: ...

    @property
    def done(self) -> bool: ...


A = TypeVar("A", bound=Change)
R = TypeVar("R")


class Refused(Exception):
    """Edits that cannot or may not be made; `breach` means that they touch protected code."""

    def __init__(self, reason: str, breach: bool = False) -> None:
        super().__init__(reason)
        self.breach = breach


class Made(msgspec.Struct, Generic[A, R], frozen=True):
    """A model's last answer, with the changed code and its outcome, or the problem."""

    answer: A
    code: str = ""
    outcome: R | None = None
    problem: str = ""


def apply(code: str, edits: Sequence[Edit], protected: Protected) -> str:
    """The code with all edits made.

    Raises:
        Refused: a `find` does not occur exactly once, protected code would change, or the result
            does not compile.
    """
    original = code
    for edit in edits:
        if code.count(edit.find) != 1 or not edit.find.strip():
            raise Refused(f"{edit.find[:80]!r} stands {code.count(edit.find)} times in the file")
        code = code.replace(edit.find, edit.replace)
    try:
        found = touched(original, code, protected)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        problem = str(error) or "it is nested too deep"
        raise Refused(f"the changed file is no Python: {problem}") from error
    if found:
        raise Refused(
            f"an edit touches {found!r}: budgets, seeds and limits are the same in both "
            "arms and stay as they are",
            breach=True,
        )
    return code


async def change(
    laboratory: Laboratory,
    context: Context,
    script: str,
    messages: tuple[Message, ...],
    shape: Shape[A],
    run: Callable[[str], Awaitable[R]],
    protected: Protected = UNPROTECTED,
    purpose: str = "code",
    member: int = 0,
) -> Made[A, R]:
    """Ask for edits of a template's script until the changed script runs, `code_attempts` times.

    The model is told each time what went wrong. Incidents in the sandbox and edits of protected
    lines are kept by the laboratory.

    Args:
        script: the file to change, always starting from the template's version.
        run: runs the changed code; raises `TaskFailed` or `Refused` if it is of no use.
        protected: the code that no edit may touch.
        purpose: the name of these calls in the ledger; with `member` it sets their seeds.
    """
    original = laboratory.source(script)
    limit, said = rules().code_attempts, messages
    for attempt in range(1, limit + 1):
        answer = await context.asker.ask(said, shape, purpose, member=member + attempt)
        if answer.done:
            return Made(answer)
        try:
            code = apply(original, answer.edits, protected)
            return Made(answer, code, await run(code))
        except Refused as error:
            problem = str(error)
            if error.breach:
                laboratory.incident(LIMIT_EDIT, problem)
        except TaskFailed as error:
            problem = str(error)
        again = render(
            PROMPTS, "code_again", problem=defused(problem[:TOLD]),
            attempt=attempt + 1, attempts=limit,
        )  # fmt: skip
        said = (*messages, spoken(answer), Message("user", again))
    why = f"none of {limit} changes of {script} was of use ({problem[:200]})"
    return Made(answer, problem=why)


def spoken(answer: Any) -> Message:
    """A model's answer as its turn in the conversation."""
    return own_words(msgspec.json.encode(answer).decode())
