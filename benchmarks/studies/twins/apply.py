"""The papers of a study's arms: the same ids in all arms, changed in arms with a twin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from benchmarks.studies.outcome_table import CONTROL
from benchmarks.studies.twins.twin import Change, twin_of
from conference.core.errors import UserError
from conference.core.records import Planted
from conference.core.seeds import generator
from conference.data.reader import sample as draw_sample
from conference.papers import UnreadablePdf
from conference.papers.untrusted import read_untrusted
from venues.papers import PaperSource, TablePaper, open_papers
from venues.venue import Venue

PLANTED = "planted.json"  # in a study's folder: what was planted in which paper of which arm


class ArmPapers(msgspec.Struct, frozen=True):
    """Each arm's papers (None if scientists write them), and sentences (`notes`) about them.

    `left_out` is the note that says why there are fewer papers than were given, or "".
    """

    sources: dict[str, PaperSource | None]
    notes: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def control(self) -> PaperSource | None:
        return self.sources[CONTROL]


def open_arms(
    twins: Mapping[str, str], papers: str, venue: Venue, sample: int, seed: int, dry: bool = False
) -> ArmPapers:
    """The papers of every arm. `twins` has each arm's twin, "" for none.

    A paper to which some arm's twin does not apply is left out of all arms. For a `dry` run twins
    that take long are made in outline.

    Raises:
        UserError: there are twins but no given papers, or no paper to which all twins apply.
    """
    chosen = {spec: twin_of(spec) for spec in twins.values() if spec}
    if not chosen:
        source = open_papers(papers, venue, sample, seed) if papers else None
        return ArmPapers(dict.fromkeys(twins, source), source.notes if source else ())
    if not papers:
        arm = next(arm for arm, spec in twins.items() if spec)
        raise UserError(
            f"arm.{arm}: the twin '{twins[arm]}' changes papers that are given; give --papers, "
            "such as a table with full texts or a folder of PDFs."
        )
    needs_text = any(twin.needs_text for twin, _ in chosen.values())
    source = open_papers(papers, venue, sample, seed, "any" if needs_text else "reviewed")
    notes = source.notes
    if source.kind == "pdf":
        source, unreadable = _as_texts(source)
        notes += unreadable
    changes = {
        spec: (twin.outline if dry and twin.outline else twin.change, detail)
        for spec, (twin, detail) in chosen.items()
    }
    return _twinned(source, twins, changes, seed, notes)


def decided(source: PaperSource, size: int, seed: int) -> PaperSource:
    """The papers that people rated and the real venue decided on. A venue's acceptance rate is a
    share of these; withdrawn papers would take others' places. With a `size`, that many of them
    are drawn with the seed."""
    rows = [row for row in source.table if row.human and row.human.ratings]
    rows = [row for row in rows if row.human and row.human.accepted is not None]
    if not rows:
        raise UserError(f"{source.path}: no paper has human ratings and a decision; give others.")
    taken, drawn = draw_sample(rows, size, seed, lambda row: row.paper)
    notes = list(source.notes)
    if len(rows) < len(source):
        notes.append(
            f"{source.path}: {len(source) - len(rows)} of {len(source)} papers have no rating "
            "or no decision, for example withdrawn ones, and are left out."
        )
    if drawn:
        notes.append(f"{source.path}: taken is {drawn}.")
    return msgspec.structs.replace(_with_rows(source, taken), sample=drawn, notes=tuple(notes))


def _twinned(
    source: PaperSource,
    twins: Mapping[str, str],
    changes: Mapping[str, tuple[Change, str]],
    seed: int,
    notes: tuple[str, ...],
) -> ArmPapers:
    """`changes` has what each twin does, which is done once for all arms that have it."""
    rows: dict[str, list[TablePaper]] = {arm: [] for arm in twins}
    taking = dict.fromkeys(changes, 0)
    for row in source.table:
        changed = {spec: _change(row, spec, *change, seed) for spec, change in changes.items()}
        for spec in taking:
            taking[spec] += changed[spec] is not None
        if all(changed.values()):
            for arm, spec in twins.items():
                rows[arm].append(changed.get(spec) or row)
    kept, given, named = len(rows[CONTROL]), len(source.table), ", ".join(taking)
    if len(taking) > 1:
        rarest = min(taking, key=taking.__getitem__)
        named = f"all of {named} (the fewest, {taking[rarest]}, take {rarest})"
    if not kept:
        raise UserError(
            f"twin: none of the {given} papers of {source.path} takes {named}; choose other papers "
            "or another twin."
        )
    left = f"{given - kept} of {given} papers do not take {named} and are left out."
    left = left if kept < given else ""
    notes += (left,) if left else ()
    _give_truth(rows, [arm for arm, spec in twins.items() if not spec])
    return ArmPapers({arm: _with_rows(source, table) for arm, table in rows.items()}, notes, left)


def _change(
    row: TablePaper, spec: str, change: Change, detail: str, seed: int
) -> TablePaper | None:
    """The changed paper. All details of a twin have the same draws, so only the detail differs."""
    name = spec.partition(":")[0]
    return change(row, detail, generator(seed, "twin", name, row.paper))


def _give_truth(rows: dict[str, list[TablePaper]], plain: list[str]) -> None:
    """Give arms without a twin the signs that the first arm with a twin plants, to measure how
    often their texts seem to name what is not there."""
    planting = next((table for table in rows.values() if any(row.planted for row in table)), None)
    if planting is None:
        return
    truth = {row.paper: row.planted for row in planting}
    for arm in plain:
        rows[arm] = [msgspec.structs.replace(row, planted=truth[row.paper]) for row in rows[arm]]


def _with_rows(source: PaperSource, rows: list[TablePaper]) -> PaperSource:
    digest = hashlib.sha256(msgspec.json.encode((rows, source.earlier), order="sorted"))
    return msgspec.structs.replace(source, table=tuple(rows), fingerprint=digest.hexdigest())


def _as_texts(source: PaperSource) -> tuple[PaperSource, tuple[str, ...]]:
    """A folder of PDFs as a table of their texts, with the same ids, and notes on them."""
    rows, failed = [], []
    for name, path in zip(source.pdf_ids, source.pdfs, strict=True):
        try:
            document, _ = read_untrusted(path)
        except UnreadablePdf as error:
            failed.append(f"{path.name}: {error}")
            continue
        title = document.title or path.stem
        rows.append(TablePaper(name, title, document.abstract, (), "", document.text, None))
    notes = [
        f"{source.path}: the PDFs' texts were read before the twins were made; all arms have these "
        "texts, and the desk checks no pages."
    ]
    if failed:
        notes.append(f"{len(failed)} PDFs cannot be read and are left out, such as {failed[0]}")
    table = msgspec.structs.replace(source, kind="table", pdfs=(), pdf_ids=(), table=tuple(rows))
    return table, tuple(notes)


class Truth(msgspec.Struct, frozen=True):
    """What one arm's twin planted in one paper."""

    arm: str
    planted: Planted


def write_truth(papers: ArmPapers, twins: Mapping[str, str], folder: Path) -> None:
    """Write what was planted, if anything, into the study's folder."""
    found = [
        Truth(arm, planted)
        for arm, source in papers.sources.items()
        if twins[arm] and source
        for row in source.table
        for planted in row.planted
    ]
    if found:
        (folder / PLANTED).write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def read_truth(folder: Path) -> list[Truth]:
    """What `write_truth` wrote; empty if nothing was planted."""
    path = folder / PLANTED
    return msgspec.json.decode(path.read_bytes(), type=list[Truth]) if path.is_file() else []
