"""Check that a change of a script does not touch its budgets, seeds and limits."""

from __future__ import annotations

import dis
import io
from collections import Counter
from collections.abc import Iterator, Set
from itertools import takewhile
from types import CodeType

import msgspec

MODULE = "<module>"
KINDS = frozenset({"FAST", "NAME", "GLOBAL", "DEREF"})
VERBS = ("LOAD", "STORE", "DELETE")


class Protected(msgspec.Struct, frozen=True):
    """`words` mark lines that no change may touch. The functions and classes around these lines may
    not be replaced.

    `names` may not be rebound in the module, or in those functions if they have them; `fixed` names
    may not even be used more or less often there.
    """

    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()


def touched(before: str, after: str, protected: Protected) -> str:
    """The first protected word or name that a change of a script touches, "" for none.

    Raises:
        SyntaxError, ValueError, RecursionError or MemoryError: `compile` refuses a script.
    """
    for word in protected.words:
        # Whole lines are compared, as a change elsewhere in a line may change its meaning.
        if _lines_with(word, before) != _lines_with(word, after):
            return word
    # The compiled form separates code from strings, from lines after a `return` and from other
    # functions; `ast` is not safe in threads (CPython issue 106905).
    old, new = (compile(text, "changed.py", "exec", dont_inherit=True) for text in (before, after))
    around: set[str] = set()
    for word in protected.words:
        if (run := _run_with(word, before, old)) != _run_with(word, after, new):
            return word
        around.update(place for place, _ in run)
    around |= {place.partition(".")[0] for place in around}
    held = _held({*protected.names, *(part for p in around for part in p.split("."))}, around, old)
    had = _heads(around, before, old) + _done(held, protected.fixed, old)
    has = _heads(around, after, new) + _done(held, protected.fixed, new)
    return next((name for name, _ in (has - had) + (had - has)), "")


def _lines_with(word: str, text: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


def _run_with(word: str, text: str, program: CodeType) -> Counter[tuple[str, str]]:
    """The lines with a word that compile to instructions, each with its function."""
    lines = dict(enumerate(io.StringIO(text, newline=None), 1))
    return Counter(
        (part.co_qualname, lines[number])
        for part in _parts(program)
        for number in {number for *_, number in part.co_lines()}
        if number in lines and word in lines[number]
    )


def _heads(around: Set[str], text: str, program: CodeType) -> Counter[tuple[str, str]]:
    """The decorators of these functions and classes, as a decorator can replace them."""
    lines = list(io.StringIO(text, newline=None))
    return Counter(
        (part.co_name, line)
        for part in _parts(program)
        if part.co_qualname in around and not part.co_name.startswith("<")
        for line in takewhile(
            lambda line: not line.lstrip().startswith(("def ", "class ")),
            lines[part.co_firstlineno - 1 :],
        )
    )


def _held(names: Set[str], around: Set[str], program: CodeType) -> set[tuple[str, str]]:
    """The names in the module, and in each of the functions `around` that has them."""
    return {(name, MODULE) for name in names} | {
        (name, part.co_qualname)
        for part in _parts(program)
        if part.co_qualname in around
        for name in (*part.co_varnames, *part.co_cellvars, *part.co_names)
        if name in names
    }


def _done(
    held: Set[tuple[str, str]], fixed: tuple[str, ...], program: CodeType
) -> Counter[tuple[str, str]]:
    """How often each held name is bound, deleted or has an attribute set, or a fixed one is
    used."""
    return Counter(
        (name, place)
        for part in _parts(program)
        for verb, name, place in _steps(part)
        if (name, place) in held and (verb != "LOAD" or name in fixed)
    )


def _steps(part: CodeType) -> Iterator[tuple[str, str, str]]:
    """What a function does to variables: the verb, the variable, and its scope."""
    last = ("", "")
    for step in dis.get_instructions(part):
        words = step.opname.split("_")
        names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        # Later Pythons have instructions for two variables.
        verbs = [] if KINDS.isdisjoint(words) else [word for word in words if word in VERBS]
        if step.opname in ("STORE_ATTR", "DELETE_ATTR"):
            yield "STORE", *last
        for verb, name in zip(verbs, names, strict=False):
            if last[0] == "setattr":
                verb = "STORE"
            place = MODULE if "GLOBAL" in words else part.co_qualname
            if name in part.co_freevars:
                place = place.partition(".<locals>")[0]
            yield verb, name, place
            last = (name, place)
        if not verbs and step.opname != "PUSH_NULL":
            last = ("", "")


def _parts(code: CodeType) -> Iterator[CodeType]:
    """A program and every function, class and comprehension in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)
