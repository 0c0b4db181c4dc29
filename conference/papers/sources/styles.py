"""Tracks how LaTeX sets print: its colour, size, opacity and place, through groups."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from conference.papers.sources.ahead import Ahead
from conference.papers.sources.colours import Colour, colour_of, is_unseen

LEAST_SIZE, FARTHEST = 3.0, 1000.0  # points: least print size; a longer move leaves the page
LEAST_OPACITY = 0.1
POINTS = {
    "pt": 1.0,
    "bp": 1.0,
    "mm": 2.85,
    "cm": 28.5,
    "in": 72.0,
    "em": 10.0,
    "ex": 4.3,
    "px": 1.0,
}
BODY = 10.0
DIMENSION = re.compile(r"\s*=?\s*([+-]?\d*\.?\d+)\s*(?:true\s*)?([a-z]{2})?")
COLOUR, TINY, OPACITY, OUTSIDE, PHANTOM, MODE, LAYER = (
    "the colour of the ground", "tiny print", "zero opacity", "outside the page", "phantom",
    "invisible rendering mode", "layer off",
)  # fmt: skip


class Style(NamedTuple):
    """How print is set: its colour and its ground's, its size in points, and how it is hidden."""

    ink: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    size: float = BODY
    unseen: str = ""

    def way(self) -> str:
        """How print of this style is hidden; "" if it is visible."""
        if self.unseen:
            return self.unseen
        if self.size < LEAST_SIZE:
            return TINY
        return COLOUR if is_unseen(self.ink, self.ground) else ""


def points(text: str, unit: str = "") -> float | None:
    """A length in points; None if it is unknown, such as \\textwidth."""
    found = DIMENSION.match(text)
    if not found or (found[2] or unit) not in POINTS:
        return None
    return float(found[1]) * POINTS[found[2] or unit]


def opacity_change(value: str) -> dict[str, str]:
    found = DIMENSION.match(value)
    return {"unseen": OPACITY} if found and float(found[1]) < LEAST_OPACITY else {}


class Styled(Ahead):
    """The styles of the open groups, the innermost last."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.styles = [Style()]
        self.pending: Style | None = None  # of the next group
        self.colours: dict[str, Colour] = {}

    def set_(self, **changes: Any) -> None:
        self.styles[-1] = self.styles[-1]._replace(**changes)

    def within(self, text: str, **changes: Any) -> None:
        """Read a text in a changed style."""
        self.push("{" + text + "}")
        self.pending = self.styles[-1]._replace(**changes)

    def colour(self) -> Colour | None:
        model = self.option()
        return colour_of(self.argument(), model or "", self.colours)

    def define_colour(self) -> None:
        name, model, value = self.argument(), self.argument(), self.argument()
        found = colour_of(value, model, self.colours)
        if found:
            self.colours[name.strip()] = found

    def let_colour(self) -> None:
        name = self.argument()
        found = self.colour()
        if found:
            self.colours[name.strip()] = found

    def switch_colour(self) -> None:
        found = self.colour()
        self.set_(ink=found or self.styles[-1].ink)

    def in_colour(self) -> None:
        found = self.colour()
        self.within(self.argument(), ink=found or self.styles[-1].ink)

    def page_colour(self) -> None:
        found = self.colour()
        self.styles = [style._replace(ground=found or style.ground) for style in self.styles]

    def on_colour(self) -> None:
        found = self.colour()
        self.within(self.argument(), ground=found or self.styles[-1].ground)

    def framed(self) -> None:
        self.colour()
        self.on_colour()

    def font_size(self) -> None:
        size = points(self.argument(), "pt")
        self.argument()
        self.set_(size=size if size is not None else self.styles[-1].size)

    def scaled(self) -> None:
        found = DIMENSION.match(self.argument())
        self.option()
        scale = abs(float(found[1])) if found else 1.0
        self.within(self.argument(), size=self.styles[-1].size * scale)

    def resized(self) -> None:
        sides = [points(self.argument()), points(self.argument())]
        small = any(side is not None and abs(side) < LEAST_SIZE for side in sides)
        self.within(self.argument(), size=0.0 if small else self.styles[-1].size)

    def move(self, name: str) -> None:
        frame = self.frame()
        if frame and frame[0].startswith("{", frame[1]):
            amount = points(self.argument())
        else:
            found = self.match(DIMENSION)
            amount = points(found[0]) if found else None
        away = amount is not None and abs(amount) > FARTHEST
        if name == "raisebox":
            while self.option() is not None:
                pass
            self.within(self.argument(), **({"unseen": OUTSIDE} if away else {}))
        elif away:
            self.set_(unseen=OUTSIDE)

    def see_through(self) -> None:
        self.set_(**opacity_change(self.argument()))

    def seen_through(self) -> None:
        changes = opacity_change(self.argument())
        self.within(self.argument(), **changes)

    def rendered(self) -> None:
        mode = re.search(r"TextRenderingMode\s*=\s*\{?\s*(?:[37]|Invisible|Clip)", self.argument())
        self.within(self.argument(), **({"unseen": MODE} if mode else {}))

    def literal(self) -> None:
        self.match(re.compile(r"\s*(?:direct|page|shipout)"))
        for found in re.findall(r"(\d)\s+Tr\b", self.argument()):
            self.set_(unseen=MODE if found in "37" else "")

    def adjusted(self) -> None:
        changes = self.changes(self.argument())
        self.within(self.argument(), **changes)

    def changes(self, options: str) -> dict[str, Any]:
        """The changes of style by keys such as text=white, opacity=0 and scale=0.01."""
        changes: dict[str, Any] = {}
        for each in options.split(","):
            key, _, value = (part.strip() for part in each.partition("="))
            if "opacity" in key:
                changes |= opacity_change(value)
            elif key in ("scale", "xscale", "yscale") and (found := DIMENSION.match(value)):
                changes["size"] = self.styles[-1].size * abs(float(found[1]))
            elif key in ("fill",) and (found_ := colour_of(value, "", self.colours)):
                changes["ground"] = found_
            elif key in ("text", "color", "colour") or not value:
                found_ = colour_of(value or key, "", self.colours)
                changes |= {"ink": found_} if found_ else {}
            elif key == "font" and (size := re.search(r"\\fontsize\{([\d.]+)", value)):
                changes["size"] = float(size[1])
        return changes

    def block(self) -> dict[str, Any]:
        """The changes of style by a block of print at an absolute position."""
        self.argument()
        found = self.match(re.compile(r"\s*\(([^,()]*),([^,()]*)\)"))
        away = found and any(abs(points(each) or 0) > FARTHEST for each in found.groups())
        return {"unseen": OUTSIDE} if away else {}
