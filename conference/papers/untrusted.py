"""Reads a paper from outside in a separate process, so that no file can hang or crash a round."""

from __future__ import annotations

import math
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from conference.core.clean import clean, clean_values
from conference.core.errors import UserError
from conference.papers.document import Document
from conference.papers.hidden import HiddenSpan
from conference.papers.pdf import UnreadablePdf, read_with_spans
from conference.papers.sources import SUFFIXES, read_source

MOST_SECONDS = 120.0  # of processor time
PATIENCE = 10  # The wall-clock limit is this many times longer, for loaded machines.
MOST_MEMORY = 6 * 2**30


class Answer(msgspec.Struct, frozen=True):
    """The reading process's answer: a document with its hidden text, or the reason for none."""

    document: Document | None = None
    hidden: tuple[HiddenSpan, ...] = ()
    reason: str = ""


def read_untrusted(
    path: Path, *, seconds: float = MOST_SECONDS
) -> tuple[Document, tuple[HiddenSpan, ...]]:
    """Read a paper and its hidden text within `seconds` of processor time and 6 GiB of memory.

    The file is a PDF or a source that `read_source` reads.

    Raises:
        UnreadablePdf: as `read_pdf` and `read_source`, or a limit was reached, or the reader
            crashed on the file.
    """
    path = Path(path)
    own = [sys.executable, "-m", "conference.papers.untrusted"]
    command = [*own, str(path.resolve()), str(math.ceil(seconds))]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=PATIENCE * seconds,
            env=os.environ | threads,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        reason = f"not read to its end within {PATIENCE * seconds:.0f} s"
        raise _too_long(path, reason, error.stderr or b"") from error
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        reason = f"not read to its end within {seconds:.0f} s of processor time"
        raise _too_long(path, reason, done.stderr)
    try:
        answer = msgspec.convert(clean_values(msgspec.json.decode(done.stdout)), Answer)
    except msgspec.MsgspecError as error:
        raise UnreadablePdf(
            f"{path.name}: damaged (the reader ended with status {done.returncode})."
        ) from error
    if answer.document is None:
        raise UnreadablePdf(answer.reason)
    return answer.document, answer.hidden


def _too_long(path: Path, reason: str, told: bytes) -> UnreadablePdf:
    """The error for a file that takes too long, with the number of pages read so far."""
    pages = re.findall(rb"^(\d+ of \d+ pages)$", told, re.MULTILINE)
    read = f" ({pages[-1].decode()} read)" if pages else ""
    return UnreadablePdf(f"{path.name}: {reason}{read}; hand in a simpler file.")


def main(path: str, seconds: str) -> None:
    """Read one file; write progress to the standard error and the answer as JSON to the output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
    try:
        if Path(path).suffix.lower() in SUFFIXES:
            answer = Answer(*read_source(Path(path)))
        else:
            answer = Answer(*read_with_spans(Path(path), progress=_tell))
    except UserError as error:
        answer = Answer(reason=clean(str(error)))
    except (MemoryError, RecursionError) as error:
        name = clean(Path(path).name)
        answer = Answer(reason=f"{name}: damaged (reading it took too much: {error!r}).")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _tell(done: int, pages: int) -> None:
    print(f"{done} of {pages} pages", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
