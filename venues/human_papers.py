"""Human-reviewed papers for calibration, from a table or from figures in the package."""

from __future__ import annotations

from pathlib import Path

import msgspec

from venues.papers import PaperSource, open_papers
from venues.venue import Venue

_OPENED: dict[bytes, PaperSource] = {}  # the last table, by its path, files and venue


class HumanPaper(msgspec.Struct, frozen=True):
    """A paper with known human ratings. `quality` is our model's out-of-sample prediction."""

    paper: str
    title: str
    abstract: str
    quality: float | None
    ratings: tuple[float, ...]

    @property
    def mean(self) -> float:
        return sum(self.ratings) / len(self.ratings)


def calibration_table(venue: Venue, table: str) -> PaperSource | None:
    """The table that a round calibrates on: the user's, else the venue's, else none."""
    chosen = table or venue.calibration.source
    if not chosen:
        return None
    path = Path(chosen)
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    stamps = [(each.name, each.stat().st_mtime_ns) for each in inside if each.exists()]
    read_as = msgspec.json.encode(
        (chosen, stamps, venue.name, venue.series, venue.year, venue.form)
    )
    if read_as not in _OPENED:  # Every round of a study reads the same table several times.
        _OPENED.clear()
        _OPENED[read_as] = open_papers(path, venue)
    return _OPENED[read_as]


def human_papers(
    venue: Venue, source: PaperSource | None, table: str
) -> tuple[list[HumanPaper], str]:
    """The papers for calibration, and a sentence on where they come from.

    They come from the user's table (`--calibration`), else the venue's (`calibration.source`), else
    from figures in the package, which hold ratings and model predictions but no texts for a
    language model to read.
    """
    given = calibration_table(venue, table)
    if given is not None:
        reviewed = {paper.paper for paper in source.table} if source else set()
        papers = [
            HumanPaper(
                row.paper,
                row.title,
                row.abstract,
                None,
                row.human.ratings,
            )
            for row in given.table
            if row.human and len(row.human.ratings) >= 2 and row.paper not in reviewed
        ]
        return papers, f"{len(papers)} human-reviewed papers of {given.path}"
    from reviewers.calibration import calibration_papers

    known = calibration_papers(venue.panel.like)
    papers = [HumanPaper(row.paper_id, "", "", row.quality, row.ratings) for row in known]
    return papers, f"{len(papers)} human-reviewed papers that come with the package (figures only)"
