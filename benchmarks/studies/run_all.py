"""Run every study of the library at the size given in sizes.toml, and write the results.

`python -m benchmarks.studies.run_all --papers DATA --write benchmarks/STUDIES.md` takes about 20
minutes on 2 cores. Each study has a folder in `--out`; a finished one is not run again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.studies.report import write_comparison
from benchmarks.studies.results import FILE
from benchmarks.studies.run import run_study
from benchmarks.studies.study import load_study
from benchmarks.studies.summary import write_summary
from conference.core.errors import UserError
from conference.data.reader import holds_data

SIZES = Path(__file__).parent / "sizes.toml"


class Size(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At what size a study is run; "", 0 and () mean the value in its file."""

    study: str = ""
    venue: str = ""
    outcomes: tuple[str, ...] = ()
    sample: int = 0
    replicates: int = 0
    arms: tuple[str, ...] = ()
    set: dict[str, Any] = {}


def sizes() -> dict[str, Size]:
    """The sizes by folder name: each study under its own name, and some for another venue too."""
    return msgspec.toml.decode(SIZES.read_bytes(), type=dict[str, Size])


def run_one(name: str, size: Size, papers: Path, out: Path, workers: int) -> Path:
    """Run or resume one study; return its folder."""
    study = load_study(size.study or name, size.venue or None, size.arms, size.outcomes)
    written = any("scientists" in needs for needs in study.needs)
    run_study(
        study, out=out / name, papers="" if written else papers, sample=size.sample,
        replicates=size.replicates, settings=size.set, workers=workers,
    )  # fmt: skip
    return out / name


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Run every study of the library, at a small size.")
    parser.add_argument("--papers", type=Path, required=True, help="folder of human review data")
    parser.add_argument("--out", type=Path, default=Path("runs/studies"), help="their folders")
    parser.add_argument("--write", type=Path, help="Markdown file for the results")
    parser.add_argument("--workers", type=int, default=2, help="replicates at once on Ray")
    chosen = parser.parse_args()
    if not holds_data(chosen.papers):
        raise SystemExit(f"{chosen.papers}: there is no human review data; give --papers DATA.")
    folders = []
    for name, size in sizes().items():
        start, busy = time.monotonic(), time.process_time()
        try:
            folder = run_one(name, size, chosen.papers, chosen.out, chosen.workers)
        except UserError as error:
            raise SystemExit(f"{name}: {error}") from error
        took, busy = time.monotonic() - start, time.process_time() - busy
        print(
            f"{name}: {took:.0f} s{'' if chosen.workers else f', {busy:.0f} of a CPU'}", flush=True
        )
        folders.append(folder)
    write_comparison([each for each in folders if (each / FILE).is_file()], chosen.out / "all.html")
    if chosen.write:
        write_summary(folders, chosen.write)


if __name__ == "__main__":
    main()
