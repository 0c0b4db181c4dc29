"""Which links lead out is what the kernel would say, and long chains of links are no work."""

# ruff: noqa: PTH118, PTH120, PTH211
# Plain paths: what links say is no path that pathlib keeps as it is.
from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from conference.sandbox.links import all_links, escaping_links

PARTS = st.sampled_from(["..", ".", "", "a", "b", "c", "folder", "usr", "file"])
SAID = st.builds(
    lambda start, parts: (start + "/".join(parts)) or ".",
    st.sampled_from(["", "", "/", "HERE/"]),
    st.lists(PARTS, min_size=1, max_size=5),
)


def leads(links: dict[str, str], path: str) -> str:
    """Where a path leads, one link after the other; raises `RecursionError` in a circle."""
    here = "/"
    for part in path.split("/"):
        if part == "..":
            here = os.path.dirname(here)
        elif part not in ("", "."):
            here = os.path.join(here, part)
            if here in links:
                said = links[here]
                here = leads(links, said if said[0] == "/" else f"{os.path.dirname(here)}/{said}")
    return here


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "folder/a", "folder/b"]), SAID))
def test_links_lead_out_where_the_kernel_would_follow_them_out(said: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        root = os.path.realpath(name)
        (Path(root) / "folder").mkdir()
        for link, text in said.items():
            os.symlink(text.replace("HERE", root), f"{root}/{link}")
        links = {str(link): text for link, text in all_links(Path(root)).items()}
        assert len(links) == len(said)
        found = escaping_links(Path(root))
        for link in links:
            try:
                end = leads(links, link)
            except RecursionError:
                continue  # nobody can follow it
            assert (Path(link) in found) == (end != root and not end.startswith(f"{root}/")), links


def test_a_long_chain_is_followed_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(500):
        os.symlink("d/../" * 20 + f"{number + 1}", tmp_path / f"{number}")
    assert escaping_links(tmp_path) == {}
    os.symlink("/etc", tmp_path / "500")
    assert len(escaping_links(tmp_path)) == 501
