"""Runs the Typst compiler in a separate process with limits, because figures may be hostile.

    python -P compiler.py SOURCE ROOT SECONDS BYTES

SECONDS limit the processor time, BYTES the memory. The PDF is written to the standard output, the
first line of an error to the standard error.
"""

from __future__ import annotations

import resource
import sys


def main(source: str, root: str, seconds: str, memory: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    import typst

    try:
        pdf = typst.compile(source, root=root, timestamp=0)
    except RuntimeError as error:  # typst.TypstError is one
        sys.exit(str(error).strip().splitlines()[0])
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main(*sys.argv[1:])
