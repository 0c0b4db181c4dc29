"""The local store: one folder per dataset, with two Parquet files and dataset.json."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.files import user_cache
from conference.data.tables import Damage, Dataset, HumanReview, Paper

SCHEMA = 1
ENVIRONMENT = "CONFERENCE_STORE"
PAPERS, REVIEWS, ABOUT = "papers.parquet", "reviews.parquet", "dataset.json"


class About(msgspec.Struct, frozen=True):
    """The content of dataset.json: the data's source, counts and fingerprints."""

    name: str
    source: str
    schema: int
    papers: int
    reviews: int
    statuses: dict[str, int]
    venues: dict[str, int]
    damaged: list[Damage]
    notes: list[str]
    sha256: dict[str, str]


def store_folder(given: str | Path | None = None) -> Path:
    """The store: `given`, else $CONFERENCE_STORE, else a folder in the user's cache."""
    if given:
        return Path(given)
    named = os.environ.get(ENVIRONMENT)
    if named:
        return Path(named)
    return user_cache() / "data"


def save(dataset: Dataset, store: Path) -> Path:
    """Write a dataset, replacing any of the same name, and return its folder.

    Raises `UserError` if the folder cannot be written or a number is too large for its column.
    """
    if not re.fullmatch(r"[^\W_][\w.-]*", dataset.name):
        raise UserError(
            f"--name {dataset.name!r} cannot name a dataset; use letters, digits, '-', '_', '.'."
        )
    place = store / dataset.name
    try:
        store.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=store))
        _write_table([_row(paper) for paper in dataset.papers], part / PAPERS, _paper_schema())
        _write_table([_row(review) for review in dataset.reviews], part / REVIEWS, _review_schema())
        about = _about(dataset, part)
        (part / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2))
        if place.exists():
            shutil.rmtree(place)
        part.chmod(0o755)
        part.replace(place)
    except ValueError as error:  # From Arrow, such as a reviewer's number beyond 2^31.
        raise UserError(f"{place}: cannot be stored ({error}); fix it in the source.") from error
    except OSError as error:
        raise UserError(
            f"{place}: cannot be written ({error.strerror}); free disk space or choose another "
            "--store."
        ) from error
    return place


def names(store: Path) -> list[str]:
    """The names of the datasets in the store."""
    if store.exists() and not store.is_dir():
        raise UserError(f"{store}: it is not a folder; name the store's folder with --store.")
    if not store.is_dir():
        return []
    return sorted(path.parent.name for path in store.glob(f"[!.]*/{ABOUT}"))


def about(name: str, store: Path) -> About:
    """A dataset's dataset.json; raises `UserError` if it is missing or damaged."""
    path = store / name / ABOUT
    if not path.is_file():
        known = ", ".join(names(store)) or "none"
        raise UserError(
            f"no dataset '{name}' in {store} (there: {known}); import it with "
            "`conference data import`."
        )
    try:
        return msgspec.json.decode(path.read_bytes(), type=About)
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: cannot be read ({error}); import the dataset again.") from error


def load(name: str, store: Path) -> Dataset:
    """A dataset from the store; raises `UserError` if a file was changed since its import."""
    what = about(name, store)
    for file in (PAPERS, REVIEWS):
        path = store / name / file
        if not path.is_file() or _digest(path) != what.sha256.get(file):
            raise UserError(f"{path}: missing or changed since its import; import it again.")
    return Dataset(
        name=name,
        papers=tuple(msgspec.convert(_read_table(store / name / PAPERS), list[Paper])),
        reviews=tuple(msgspec.convert(_read_table(store / name / REVIEWS), list[HumanReview])),
        damaged=tuple(what.damaged),
        notes=tuple(what.notes),
        source=what.source,
    )


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 of a dataset's content, the same on every machine."""
    digest = hashlib.sha256(msgspec.json.encode(dataset.papers))
    digest.update(msgspec.json.encode(dataset.reviews, order="sorted"))
    return digest.hexdigest()


def _about(dataset: Dataset, folder: Path) -> About:
    statuses: dict[str, int] = {}
    venues: dict[str, int] = {}
    for paper in dataset.papers:
        statuses[paper.status] = statuses.get(paper.status, 0) + 1
        key = f"{paper.venue} {paper.year}"
        venues[key] = venues.get(key, 0) + 1
    return About(
        name=dataset.name,
        source=dataset.source,
        schema=SCHEMA,
        papers=len(dataset.papers),
        reviews=len(dataset.reviews),
        statuses=dict(sorted(statuses.items())),
        venues=dict(sorted(venues.items())),
        damaged=list(dataset.damaged),
        notes=list(dataset.notes),
        sha256={file: _digest(folder / file) for file in (PAPERS, REVIEWS)},
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _row(record: Paper | HumanReview) -> dict[str, Any]:
    row = msgspec.structs.asdict(record)
    for name in ("scores", "texts"):
        if name in row:
            row[name] = json.dumps(row[name], sort_keys=True, ensure_ascii=False)
    return row


def _write_table(rows: list[dict[str, Any]], path: Path, schema: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def _read_table(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    for row in rows:
        for name in ("scores", "texts"):
            if name in row:
                row[name] = json.loads(row[name])
    return rows


def _paper_schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [
            ("paper_id", text), ("venue", text), ("year", pa.int16()), ("title", text),
            ("abstract", text), ("text", text), ("text_version", text),
            ("keywords", pa.list_(text)), ("topic", text), ("decision", text), ("status", text),
            ("presentation", text), ("submitted", text), ("scale", pa.list_(pa.float64())),
            ("rating_stage", text), ("source", text),
        ]
    )  # fmt: skip


def _review_schema() -> Any:
    import pyarrow as pa

    number = pa.float64()
    return pa.schema(
        [
            ("paper_id", pa.string()), ("reviewer", pa.int32()), ("rating", number),
            ("rating_initial", number), ("rating_final", number), ("confidence", number),
            ("scores", pa.string()), ("texts", pa.string()),
        ]
    )  # fmt: skip
