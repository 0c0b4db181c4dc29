"""Describes exported tables: a dataset card and Croissant metadata."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from conference.app.export.schema import SCHEMA, kind_of
from conference.app.export.view import View
from conference.core.version import __version__

# The @context that Croissant 1.0 prescribes: its own words, and three with types of their own.
CROISSANT_WORDS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject",
    "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
    "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator",
    "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/", "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{word: f"cr:{word}" for word in CROISSANT_WORDS},
}  # fmt: skip


def about(view: View) -> str:
    """What the export is, in three sentences."""
    venue = view.round.venue
    return (
        f"A simulated round of {venue.title}, exported for {view.reader} by Conference "
        f"{__version__}. Minds: reviewers {venue.minds.reviewer}, chairs {venue.minds.chair}. "
        "Texts marked `embedded` or `fitted` were written by a statistical model."
    )


def card(view: View, files: dict[Path, int]) -> str:
    """The dataset card: it describes every table and column, and lists the tables for `datasets`.

    `files` are the tables with their numbers of rows. Empty tables are not listed, because
    `datasets` refuses them.
    """
    configs = "\n".join(
        f"- config_name: {path.stem}\n  data_files: {path.name}"
        for path, rows in files.items()
        if rows
    )
    parts = [f"---\nconfigs:\n{configs}\n---\n\n# {view.round.venue.title}\n\n{about(view)}\n"]
    for path, rows in files.items():
        what, columns = SCHEMA[path.stem]
        lines = ["| column | type | what |", "|---|---|---|"]
        lines += [f"| {name} | {kind_of(name).pandas.lower()} | {said} |"
                  for name, said in columns.items()]  # fmt: skip
        table = "\n".join(lines)
        parts.append(f"## {path.stem}\n\nA row is {what}. Rows: {rows:,}.\n\n{table}\n")
    return "\n".join(parts)


def croissant(view: View, files: dict[Path, int]) -> dict[str, Any]:
    """Croissant 1.0 metadata (mlcommons.org/croissant)."""
    parquet = next(iter(files)).suffix == ".parquet"
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": view.round.venue.name,
        "description": about(view),
        "distribution": [
            {
                "@type": "cr:FileObject", "@id": path.name, "name": path.name,
                "contentUrl": path.name,
                "encodingFormat": "application/x-parquet" if parquet else "text/csv",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in files
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet", "@id": path.stem, "name": path.stem,
                "description": f"a row is {SCHEMA[path.stem][0]}",
                "field": [
                    {
                        "@type": "cr:Field", "@id": f"{path.stem}/{name}", "name": name,
                        "description": said, "dataType": kind_of(name).croissant,
                        "source": {"fileObject": {"@id": path.name}, "extract": {"column": name}},
                    }
                    for name, said in SCHEMA[path.stem][1].items()
                ],
            }
            for path in files
        ],
    }  # fmt: skip
