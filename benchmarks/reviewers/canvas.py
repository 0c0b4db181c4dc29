"""What all plots of a benchmark share: size, colours, legends and names."""

from __future__ import annotations

import base64
import io
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.reviewers.crossfit import Fitted
from conference.statistics.estimate import Floats

COLOURS = ("#2456a6", "#c2571a", "#2e7d4f", "#8a3ea8", "#a3122f", "#007a87", "#6b5b00", "#555555")
STYLES = ("-", "--", ":")
PANELS_IN_A_ROW = 4
MOST_PANELS, MOST_BESIDE = 12, 6  # small panels, and rows side by side
FEWEST_IN_BIN = 10
HUMAN, FAINT = "#1a1a1a", "#9aa0a6"


class Shown(msgspec.Struct, frozen=True):
    """One reviewer as drawn in plots."""

    name: str
    values: Floats
    fitted: Fitted
    kind: str
    on_scale: bool


def lines() -> Iterator[tuple[str, str]]:
    """Colours and line styles for reviewers in order; the style changes when colours repeat."""
    return cycle((colour, style) for style in STYLES for colour in COLOURS)


def figure(width: float = 6.2, height: float = 4.2, columns: int = 1) -> tuple[Any, Any]:
    """A figure and its axes, which are side by side."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    axes = made.subplots(1, columns, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
    return made, axes


def grid(count: int) -> tuple[Any, list[Any]]:
    """A figure of small panels, up to four in a row, and their axes."""
    from matplotlib.figure import Figure

    columns = min(count, PANELS_IN_A_ROW)
    rows = -(-count // columns)
    made = Figure(figsize=(3.0 * columns + 0.4, 2.8 * rows), layout="constrained")
    axes = list(made.subplots(rows, columns, squeeze=False).ravel())
    for axis in axes[count:]:
        axis.set_visible(False)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return made, axes[:count]


def legend(made: Any, axis: Any) -> None:
    """Put the axis' legend below the figure, where it covers nothing."""
    handles, labels = axis.get_legend_handles_labels()
    if handles:
        columns = 1 if max(map(len, labels)) > 30 else 2
        made.legend(
            handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
        )


def save_figure(made: Any, folder: Path, name: str) -> str:
    """Write PNG and SVG; return the SVG as a data URL."""
    folder.mkdir(parents=True, exist_ok=True)
    with _drawing(name):
        made.savefig(folder / f"{name}.png", dpi=160, metadata={"Software": None})
    svg = svg_of(made, name)
    (folder / f"{name}.svg").write_bytes(svg)
    return data_address(svg)


def svg_of(made: Any, name: str) -> bytes:
    """A figure as SVG with text kept as text."""
    buffer = io.BytesIO()
    with _drawing(name):
        made.savefig(buffer, format="svg", metadata={"Date": None}, dpi=150)
    return buffer.getvalue()


def data_address(svg: bytes) -> str:
    """An SVG as a data URL."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


@contextmanager
def _drawing(name: str) -> Iterator[None]:
    import matplotlib

    with (
        matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # The SVG has it as text.
        yield


def short(name: str) -> str:
    """A name for a legend: shortened, and with "$" and a leading "_" made harmless."""
    said = name if len(name) <= 54 else f"{name[:51]}…"
    return ("\u200b" if said.startswith("_") else "") + said.replace("$", r"\$")


def title(name: str) -> str:
    """A name as title of a small panel, wrapped if long."""
    return textwrap.fill(short(name), 32)


def cut(topic: str) -> str:
    """A topic, shortened as label of its row."""
    return topic if len(topic) <= 46 else f"{topic[:43]}…"
