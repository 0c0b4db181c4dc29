"""Reads a PDF from outside in a process of its own, so that no file can hang or crash a round."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import msgspec

from conference.papers.document import Document, whole_characters
from conference.papers.hidden import HiddenSpan
from conference.papers.pdf import UnreadablePdf, read_with_spans

MOST_SECONDS = 120.0
MOST_MEMORY = 6 * 2**30


class Answer(msgspec.Struct, frozen=True):
    """What the reading process says: a document with its hidden text, or why there is none."""

    document: Document | None = None
    hidden: tuple[HiddenSpan, ...] = ()
    reason: str = ""


def read_untrusted(
    path: Path, *, seconds: float = MOST_SECONDS
) -> tuple[Document, tuple[HiddenSpan, ...]]:
    """A paper and its hidden text; at most `seconds` and 6 GiB are spent on it.

    Raises:
        UnreadablePdf: as `read_pdf`, or the limits were met, or the reader broke on the file.
    """
    path = Path(path)
    command = [sys.executable, "-m", "conference.papers.untrusted", str(path.resolve())]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=seconds, env=os.environ | threads, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadablePdf(
            f"{path.name}: not read to its end within {seconds:.0f} s; hand in a simpler file."
        ) from error
    try:
        answer = msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.MsgspecError as error:
        raise UnreadablePdf(
            f"{path.name}: damaged (the reader ended with status {done.returncode})."
        ) from error
    if answer.document is None:
        raise UnreadablePdf(answer.reason)
    return answer.document, answer.hidden


def main(path: str) -> None:
    """Read one file and write the answer as JSON to the standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = Answer(*read_with_spans(Path(path)))
    except UnreadablePdf as error:
        answer = Answer(reason=whole_characters(str(error)))
    except (MemoryError, RecursionError) as error:
        name = whole_characters(Path(path).name)
        answer = Answer(reason=f"{name}: damaged (reading it took too much: {error!r}).")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main(sys.argv[1])
