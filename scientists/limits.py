"""What of a script sets budgets, seeds and limits, and whether a change leaves that as it was."""

from __future__ import annotations

import dis
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from types import CodeType

import msgspec


class Protected(msgspec.Struct, frozen=True):
    """`words` mark the lines that a change may not touch, `names` are what it may not bind anew."""

    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def touched(before: str, after: str, protected: Protected) -> str:
    """The first protected word or name that a change of a script touches, "" for none.

    Raises:
        SyntaxError, ValueError, RecursionError or MemoryError: a script is no Python, as `compile`
            says it.
    """
    for word in protected.words:
        # Whole lines are compared: a part of one that has not the word in it may change its sense.
        if _lines_with(word, before) != _lines_with(word, after):
            return word
    # The compiled form tells what is code and what stands in a string, after a `return` or in
    # another function; `ast` is not safe in threads (CPython issue 106905).
    old, new = (compile(text, "changed.py", "exec", dont_inherit=True) for text in (before, after))
    for word in protected.words:
        if _run_with(word, before, old) != _run_with(word, after, new):
            return word
    had, has = (_bound(protected.names, program) for program in (old, new))
    return next((name for name, _ in (has - had) + (had - has)), "")


def _lines_with(word: str, text: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


def _run_with(word: str, text: str, program: CodeType) -> Counter[tuple[str, str]]:
    """The lines with a word that are compiled to instructions, each with its function."""
    lines = dict(enumerate(io.StringIO(text, newline=None), 1))
    return Counter(
        (part.co_qualname, lines[number])
        for part in _parts(program)
        for number in {number for *_, number in part.co_lines()}
        if number in lines and word in lines[number]
    )


def _bound(names: Sequence[str], program: CodeType) -> Counter[tuple[str, str]]:
    """How often each function binds or deletes each of these names."""
    return Counter(
        (name, part.co_qualname)
        for part in _parts(program)
        for step in dis.get_instructions(part)
        for name in _names(step)
        if name in names
    )


def _names(step: dis.Instruction) -> list[str]:
    """The variables that an instruction binds or deletes; later Pythons have some that do two."""
    if step.opname.endswith(("_ATTR", "_SUBSCR", "_SLICE")):
        return []
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    verbs = step.opname.split("_")[::2]
    return [name for verb, name in zip(verbs, names, strict=False) if verb in ("STORE", "DELETE")]


def _parts(code: CodeType) -> Iterator[CodeType]:
    """A program and every function, class and comprehension in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)
