"""A local language model's hidden states of papers, averaged over each paper's tokens.

The model reads title and abstract, and the text if given, as plain text without a chat template.
Only its first layers are run, and the mean of every fourth one is kept: middle layers predict
ratings as well as the last ones, at half the cost. States are kept in the user's cache as they
come, so an interrupted run goes on.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.core.errors import UserError
from conference.core.files import user_cache, writing
from conference.core.progress import Progress, no_progress
from reviewers.quality.model import PaperText, joined

BATCH = 16
EVERY = 4  # layers from one kept layer to the next
READING = "reading papers with the model"
Floats = NDArray[np.float32]


class Reader(msgspec.Struct, frozen=True):
    """How a model reads: its folder, how many of its layers run, the tokens it reads of a paper at
    most, and whether it is given the paper's text beside title and abstract."""

    folder: str
    layers: int
    tokens: int = 512
    text: bool = False

    @property
    def kept(self) -> tuple[int, ...]:
        """The layers whose states are kept, the last that runs among them."""
        return tuple(range(self.layers, 0, -EVERY))[::-1]


def check_model(folder: str) -> None:
    """Raise `UserError` where the folder holds no model in Hugging Face format."""
    if not (Path(folder) / "config.json").is_file():
        raise UserError(
            f"{folder}: there is no language model (no config.json); put the model's folder back "
            "there, or fit the reviewer again with --model FOLDER."
        )


def digest_of(folder: str) -> str:
    """A digest of a model's files: name, size, first and last megabyte of each."""
    check_model(folder)
    return _digest(folder, (Path(folder) / "config.json").stat().st_mtime_ns)


@cache
def _digest(folder: str, changed: int) -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(folder).iterdir()):
        if path.suffix not in (".json", ".jinja", ".safetensors", ".bin", ".txt", ".model"):
            continue
        size = path.stat().st_size
        with path.open("rb") as file:
            digest.update(f"{path.name} {size}".encode() + file.read(2**20))
            file.seek(max(0, size - 2**20))
            digest.update(file.read())
    return digest.hexdigest()[:16]


def layers_in(folder: str) -> int:
    """The number of layers of a model."""
    from transformers import AutoConfig

    check_model(folder)
    return int(AutoConfig.from_pretrained(folder).num_hidden_layers)


def said_of(paper: PaperText, text: bool) -> str:
    """A paper as the model reads it, without signs of a final version."""
    return f"{joined(paper)}\n\n{paper.text}" if text and paper.text else joined(paper)


def states_of(
    papers: Sequence[PaperText], reader: Reader, progress: Progress = no_progress
) -> Floats:
    """The mean hidden states of papers, (papers, kept layers, width).

    Raises:
        UserError: the folder has no model, or an unreadable one.
    """
    said = [said_of(paper, reader.text) for paper in papers]
    keys = [hashlib.sha256(text.encode()).digest() for text in said]
    with closing(_open(reader)) as kept:
        todo = {key: text for key, text in zip(keys, said, strict=True) if not _has(kept, key)}
        done = len(papers) - len(todo)
        if todo:
            progress(READING, done, len(papers))
            for batch, states in _read(todo, reader):
                rows = zip(batch, (row.astype(np.float16).tobytes() for row in states), strict=True)
                with kept:
                    kept.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", rows)
                done += len(batch)
                progress(READING, done, len(papers))
        find = "SELECT state FROM state WHERE paper = ?"
        rows_ = [np.frombuffer(kept.execute(find, (k,)).fetchone()[0], np.float16) for k in keys]
    shape = (len(papers), len(reader.kept), -1)
    return np.stack(rows_).astype(np.float32).reshape(shape) if rows_ else np.zeros((0, 1, 1), "f4")


def _open(reader: Reader) -> sqlite3.Connection:
    """The cache of hidden states, one file per model and way of reading."""
    how = f"{reader.layers} {reader.tokens} {EVERY}"
    name = hashlib.sha256(f"{digest_of(reader.folder)} {how}".encode()).hexdigest()[:16]
    path = user_cache() / "states" / f"{name}.sqlite"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    found = sqlite3.connect(path, timeout=60)
    found.execute("CREATE TABLE IF NOT EXISTS state (paper BLOB PRIMARY KEY, state BLOB)")
    return found


def _has(kept: sqlite3.Connection, key: bytes) -> bool:
    return bool(kept.execute("SELECT 1 FROM state WHERE paper = ?", (key,)).fetchone())


def _read(todo: dict[bytes, str], reader: Reader) -> Iterator[tuple[list[bytes], Floats]]:
    """Batches of papers of similar length, with their states, (batch, kept layers, width)."""
    import torch

    tokenizer, model = load_model(reader)
    keys = sorted(todo, key=lambda key: len(todo[key]))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        words = tokens_of(tokenizer, [todo[key] for key in batch], reader, model.device)
        with torch.inference_mode():
            layers = model(**words, output_hidden_states=True).hidden_states
        means = [pooled(layers[at], words["attention_mask"]) for at in reader.kept]
        yield batch, torch.stack(means, dim=1).cpu().numpy()


def load_model(reader: Reader) -> tuple[Any, Any]:
    """The tokenizer and the model's first layers, on a GPU if there is one."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer
    from transformers.utils import logging

    quieter: Any = logging

    check_model(reader.folder)
    quieter.set_verbosity_error()
    quieter.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(reader.folder)
        if reader.layers > config.num_hidden_layers:
            raise UserError(
                f"--layers {reader.layers}: {reader.folder} has {config.num_hidden_layers} layers."
            )
        config.num_hidden_layers = reader.layers
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[: reader.layers]
        tokenizer = AutoTokenizer.from_pretrained(reader.folder)
        # Most CPUs are many times slower in half than in single precision.
        dtype = "auto" if torch.cuda.is_available() else torch.float32
        model = AutoModel.from_pretrained(reader.folder, config=config, dtype=dtype)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{reader.folder}: the model cannot be read ({reason}).") from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    return tokenizer, model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def tokens_of(tokenizer: Any, texts: list[str], reader: Reader, device: Any) -> Any:
    """Texts as tokens, cut at the reader's length and padded on the right."""
    return tokenizer(
        texts, truncation=True, max_length=reader.tokens, padding=True, return_tensors="pt"
    ).to(device)


def pooled(states: Any, mask: Any) -> Any:
    """The mean state over a text's own tokens, (batch, width), in single precision."""
    weight = mask.unsqueeze(-1).float()
    return (states.float() * weight).sum(dim=1) / weight.sum(dim=1)
