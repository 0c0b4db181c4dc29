"""The symbolic links that a program leaves behind, and which of them lead out."""

# ruff: noqa: PTH115, PTH118, PTH120
# Plain paths: a program can make many links of many parts.
from __future__ import annotations

import contextlib
import os
from pathlib import Path


def all_links(folder: Path) -> dict[Path, str]:
    """Symbolic links below `folder` with what they say."""
    found = {}
    pending = [str(folder)]
    while pending:
        # Not os.walk, which asks of each link whether it leads to a folder.
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    found[Path(entry.path)] = os.readlink(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return found


def escaping_links(folder: Path) -> dict[Path, str]:
    """Those that lead out of it in the end.

    What a ".." leaves is where the links before it lead, and not what they are called.
    """
    root = os.path.realpath(folder)
    links = {str(link): said for link, said in all_links(Path(root)).items()}
    ends = _ends(links)
    return {
        Path(link): said
        for link, said in links.items()
        if not f"{ends[link]}/".startswith(f"{root}/")
    }


class _Walk:
    """The way that a link leads: where it is by now, and the parts still to go, the next last."""

    def __init__(self, link: str, said: str) -> None:
        self.link, self.here = link, os.path.dirname(link)
        self.parts = said.split("/")[::-1]
        if said.startswith("/"):
            self.here = "/"


def _ends(links: dict[str, str]) -> dict[str, str]:
    """Where each link leads in the end; each is walked once, however many lead through it.

    Links in a circle end where they meet. Of links that are not given nothing is known.
    """
    ends: dict[str, str] = {}
    for first in links:
        under_way = {} if first in ends else {first: _Walk(first, links[first])}
        while under_way:
            walk = next(reversed(under_way.values()))
            before = _go(walk, links, ends, under_way)
            if before is None:
                ends[walk.link] = walk.here
                del under_way[walk.link]
            else:
                under_way[before] = _Walk(before, links[before])
    return ends


def _go(
    walk: _Walk, links: dict[str, str], ends: dict[str, str], under_way: dict[str, _Walk]
) -> str | None:
    """Go on to the end, or to a link that must be walked before: that link."""
    while walk.parts:
        part = walk.parts.pop()
        if part in ("", "."):
            continue
        if part == "..":
            walk.here = os.path.dirname(walk.here)
            continue
        ahead = os.path.join(walk.here, part)
        if ahead in links and ahead not in ends and ahead not in under_way:
            walk.parts.append(part)
            return ahead
        walk.here = ends.get(ahead, ahead)
    return None
