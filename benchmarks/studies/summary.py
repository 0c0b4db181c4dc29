"""Write STUDIES.md: one section per finished study, with the published figure.

`python -m benchmarks.studies.summary FOLDERS --write benchmarks/STUDIES.md` writes a section for
each folder. A section with the same title is replaced; the file's other sections stay.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.studies.answer import beside, rests_on
from benchmarks.studies.flips import ACCEPTED
from benchmarks.studies.plan import PLAN, Planned
from benchmarks.studies.results import StudyResult, named, read_result
from benchmarks.studies.study import list_studies, load_study
from benchmarks.studies.tables import (
    PAIRS,
    bare_p,
    full,
    number,
    pair_row,
    percents,
)

HEAD = """# Studies: what was found

Written by `python -m benchmarks.studies.summary FOLDERS --write benchmarks/STUDIES.md` from
finished studies (`conference study run NAME --papers DATA`), each with the published figure.
Intervals are 95 %; p is from the clustered t test below ten replicates, from sign flips otherwise.
The A/A floor is the control once more with another committee; for recorded people this changes
which of them sit on a paper's panel, and who is assigned to it. Agreement with the real decisions
favours recorded people, as those who decided saw their ratings. Outcomes with one value per round
are in the studies' own reports, as their intervals ignore the number of papers. 779 of ICLR 2022's
3,188 papers have an abstract, and only these are sampled; ICLR 2023 has no abstracts on record, so
minds see titles and keywords.
"""
EFFECTS = ("outcome", "arm", "papers × replicates", "control", "treatment", "difference",
           "A/A floor", "p adjusted")  # fmt: skip
FLIPS = ("arm", "decisions changed, %", "A/A floor, %", "net of A/A, points", "arbitrary, %",
         "Jaccard of accepted")  # fmt: skip


def section(folder: Path) -> str:
    """One study in Markdown: question, answer, what it rests on, and tables."""
    result = read_result(folder)
    study = result.study
    parts = [
        f"## {study.title}",
        study.question,
        "**{} {}**".format(*result.answer),
        *([too] if (too := beside(result.effects)) else []),
        f"{rests_on(study)} Venue {study.venue}, {study.papers:,} papers × "
        f"{study.replicates} replicate{'s' if study.replicates != 1 else ''}; plan "
        f"`{study.plan_hash[:12]}`.",
        *([f"Command: `{said}`."] if (said := command(folder)) else []),
        *([f"Published: {study.known}"] if study.known else []),
        *([f"Expected beforehand: {study.expects}"] if study.expects else []),
    ]
    if result.flips:
        parts.append(_table(FLIPS, _flip_rows(result)))
    if result.pairs:
        parts.append(_table(PAIRS, [pair_row(each, study) for each in result.pairs]))
    parts.append(_table(EFFECTS, _effect_rows(result)))
    return "\n\n".join(parts) + "\n"


def command(folder: Path) -> str:
    """The command that runs this study again; "" if it is not in the library."""
    planned = msgspec.json.decode((folder / PLAN).read_bytes(), type=Planned)
    study, chosen = planned.study, planned.chosen
    title = study.title.removesuffix(f" ({study.venue})")
    names = [name for name in list_studies() if load_study(name).title == title]
    if not names:
        return ""
    shipped = load_study(names[0])
    said = ["conference study run", names[0], *(["--papers DATA"] if chosen["papers"] else [])]
    if study.title != title:
        said.append(f"--venue {study.venue}")
    if study.treatments != shipped.treatments:
        said.append(f"--arms {','.join(study.treatments)}")
    if study.outcomes != shipped.outcomes:
        said.append(f"--outcomes {','.join(study.outcomes)}")
    said += [f"--sample {chosen['sample']}"] if chosen["sample"] != shipped.sample else []
    if chosen["replicates"] != shipped.design.replicates:
        said.append(f"--replicates {chosen['replicates']}")
    said += [f"--seed {chosen['seed']}"] if chosen["seed"] else []
    said += [f"--{role} '{mind}'" for role, mind in chosen["minds"].items()]
    for rule, value in chosen["settings"].items():
        said.append(f"--set {shlex.quote(f'{rule}={msgspec.json.encode(value).decode()}')}")
    return " ".join(said)


def _flip_rows(result: StudyResult) -> list[Sequence[str]]:
    return [
        (
            result.study.label(each.arm),
            percents(each.flips.inconsistent),
            percents(each.floor.inconsistent),
            percents(each.net, signed=True),
            percents(each.flips.arbitrary),
            full(each.flips.jaccard),
        )
        for each in result.flips
    ]


def _effect_rows(result: StudyResult) -> list[Sequence[str]]:
    return [
        (
            named(each.outcome),
            result.study.label(each.arm),
            f"{each.units:,} × {each.replicates}",
            number(each.control),
            number(each.treatment),
            full(each.difference),
            full(each.floor),
            bare_p(each.p_adjusted),
        )
        for each in result.effects
        if (each.units > 1 or result.design.unit == "round")
        and not (each.outcome == ACCEPTED and result.flips)
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def write_summary(folders: Sequence[Path], path: Path) -> None:
    """Write the sections of these studies into the file, replacing those of the same titles."""
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    kept = {part.partition("\n")[0]: part for part in re.split(r"(?m)^(?=## )", old)[1:]}
    for folder in folders:
        new = section(folder)
        kept[new.partition("\n")[0]] = new
    body = "\n".join(part.strip() + "\n" for part in kept.values())
    path.write_text(f"{HEAD}\n{body}", encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Write finished studies into one Markdown file.")
    parser.add_argument("folders", nargs="+", type=Path, help="folders of finished studies")
    parser.add_argument("--write", type=Path, required=True, help="the file to write them into")
    arguments = parser.parse_args()
    write_summary(arguments.folders, arguments.write)


if __name__ == "__main__":
    main()
