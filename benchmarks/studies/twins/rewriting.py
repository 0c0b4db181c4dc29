"""Let a language model polish abstracts, and keep them in a file for the twin `polish:FILE`.

The model is asked once per paper, at temperature 0, and studies read its answers from the file, so
that every arm, replicate and rerun has the same words. An answer counts only if it keeps the
abstract's numbers and citations; other facts are not checked. Full texts stay as they are.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from benchmarks.reviewers.probe import Asked
from benchmarks.studies.twins.wording import facts
from conference.core.errors import UserError
from conference.core.files import writing
from conference.core.progress import Progress, no_progress
from conference.core.seeds import seed_of
from conference.core.tasks import TaskKey
from venues.papers import PaperSource, TablePaper

PROMPT = Path(__file__).parent / "polish.md"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"abstract": {"type": "string"}},
    "required": ["abstract"],
}
AT_ONCE = 32  # papers between two writes of the file
SHORTEST, LONGEST = 0.6, 1.5  # times the words of the abstract


class Rewritten(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model's answer for one paper. `of` is the SHA-256 of the abstract it was given; `fault`
    says why the answer is not used, "" if it is."""

    paper: str
    of: str
    model: str
    abstract: str
    fault: str = ""


class Model(Protocol):
    """A model that answers each prompt with an object, or None for no answer."""

    def answers(
        self, asked: list[Asked], schema: dict[str, Any], done: Callable[[int], None]
    ) -> list[Any]: ...


def rewrite(
    source: PaperSource, model: Model, name: str, out: Path, progress: Progress = no_progress
) -> list[Rewritten]:
    """Let a model polish the abstracts that the file `out` lacks; return all papers' answers.

    Some papers are written at a time, and a stopped run goes on with the rest.

    Raises:
        UserError: the file has another model's answers, or the model cannot be reached.
    """
    known = read_rewritten(out) if out.exists() else {}
    other = next((row for row in known.values() if row.model != name), None)
    if other:
        raise UserError(f"{out}: it has answers of {other.model}; choose another --out.")
    papers = [row for row in source.table if row.abstract.strip()]
    todo = [row for row in papers if (row.paper, _digest(row.abstract)) not in known]
    if not papers:
        raise UserError(f"{source.path}: no paper has an abstract to polish; give other papers.")
    ready = len(papers) - len(todo)
    for at in range(0, len(todo), AT_ONCE):
        part = todo[at : at + AT_ONCE]
        show = partial(_show, progress, ready + at, len(papers))
        said = model.answers([_asked(row) for row in part], SCHEMA, show)
        rows = [_judged(row, answer, name) for row, answer in zip(part, said, strict=True)]
        with writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("ab") as file:
                file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    found = read_rewritten(out)
    return [found[row.paper, _digest(row.abstract)] for row in papers]


def summary(rows: list[Rewritten]) -> str:
    """A sentence on how many answers count, and why the others do not."""
    faults = Counter(row.fault for row in rows if row.fault)
    good = len(rows) - faults.total()
    said = ", ".join(f"{number} {fault}" for fault, number in faults.most_common())
    return f"{good} of {len(rows)} abstracts can be used{f'; {said}' if said else ''}."


def polished(paper: TablePaper, file: str) -> TablePaper | None:
    """The paper with its abstract from the file; None if the file has no usable one."""
    path = Path(file)
    if not path.is_file():
        raise UserError(
            f"polish:{file}: no such file; write it with `conference study polish MODEL --out "
            f"{file}`, or use polish:rules."
        )
    row = _read(path, path.stat().st_mtime_ns).get((paper.paper, _digest(paper.abstract)))
    if row is None or row.fault or _fault(paper.abstract, row.abstract):
        return None
    return msgspec.structs.replace(paper, abstract=row.abstract)


def read_rewritten(path: Path) -> dict[tuple[str, str], Rewritten]:
    """A file's answers, by paper and the digest of the abstract."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from error
    found = {}
    for number, line in enumerate(lines, 1):
        try:
            row = msgspec.json.decode(line, type=Rewritten) if line.strip() else None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UserError(
                f"{path}, line {number}: not an answer of `conference study polish` ({error}); "
                "delete that line, and run the command again."
            ) from error
        if row:
            found[row.paper, row.of] = row
    return found


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> dict[tuple[str, str], Rewritten]:
    return read_rewritten(path)


def _show(progress: Progress, before: int, papers: int, done: int) -> None:
    progress("polish", before + done, papers)


def _asked(paper: TablePaper) -> Asked:
    text = _prompt().render(title=paper.title, abstract=paper.abstract)
    return Asked(text, seed_of(0, "polish", paper.paper), TaskKey("polish", "", paper.paper))


@cache
def _prompt() -> Any:
    from jinja2 import Environment, StrictUndefined

    return Environment(undefined=StrictUndefined).from_string(PROMPT.read_text(encoding="utf-8"))


def _judged(paper: TablePaper, answer: Any, model: str) -> Rewritten:
    said = answer.get("abstract") if isinstance(answer, dict) else None
    text = " ".join(said.split()) if isinstance(said, str) else ""
    return Rewritten(
        paper=paper.paper,
        of=_digest(paper.abstract),
        model=model,
        abstract=text,
        fault=_fault(paper.abstract, text) if text else "have no answer",
    )


def _fault(before: str, after: str) -> str:
    """Why an abstract cannot be used, as the end of a sentence; "" if it can."""
    if [sorted(each) for each in facts(before)] != [sorted(each) for each in facts(after)]:
        return "change a number or a citation"
    words, now = len(before.split()), len(after.split())
    if not SHORTEST * words <= now <= LONGEST * words:
        return "are much shorter or longer"
    return "are as they were" if before.split() == after.split() else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
