"""Finds symbolic links that a program leaves behind, and those that lead out of a folder."""

# ruff: noqa: PTH115, PTH118, PTH120
# Plain paths for speed: a program can make many links with many parts.
from __future__ import annotations

import contextlib
import os
from pathlib import Path


def all_links(folder: Path) -> dict[Path, str]:
    """The symbolic links below `folder`, with their targets as written."""
    found = {}
    pending = [str(folder)]
    while pending:
        # os.walk would check for each link whether it leads to a folder.
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    found[Path(entry.path)] = os.readlink(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return found


def escaping_links(folder: Path) -> dict[Path, str]:
    """The links below `folder` that lead out of it.

    A ".." goes up from where the links before it lead, not from their names.
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
    """A link being followed: the current place, and the parts still to go (the next one last)."""

    def __init__(self, link: str, said: str) -> None:
        self.link, self.here = link, os.path.dirname(link)
        self.parts = said.split("/")[::-1]
        if said.startswith("/"):
            self.here = "/"


def _ends(links: dict[str, str]) -> dict[str, str]:
    """Where each link finally leads; each is followed once, however many lead through it.

    Links in a cycle end where they meet. Links that are not given are treated as plain names.
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
    """Follow a link to its end and return None, or return a link that must be followed first."""
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
