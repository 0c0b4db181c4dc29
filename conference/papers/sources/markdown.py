"""Splits a Markdown page into what its rendering shows and what it hides."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

from conference.papers.sources.colours import WHITE, Colour, colour_of, is_unseen
from conference.papers.sources.latex import Print, printed, unprinted
from conference.papers.sources.styles import COLOUR, OPACITY, OUTSIDE, PHANTOM, TINY

FENCE = re.compile(r"^(?P<fence>```+|~~~+)(?P<info>.*)\n(?P<code>(?:.*\n)*?)(?P=fence).*$", re.M)
FRONT = re.compile(r"\A---[ \t]*\n(?P<head>(?:.*\n){0,200}?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
MATH = re.compile(r"\$\$[^$]{1,5000}\$\$|\$[^$\n]{1,2000}\$")
DEFINITION = re.compile(r"^ {0,3}\[(?P<name>[^\]\n]{1,200})\]:(?P<rest>.*)$", re.M)
PICTURE = re.compile(r"!\[(?P<alt>[^\]\n]{0,2000})\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
LINK_TITLE = re.compile(
    r"(?P<link>\]\([^()\s\"']{0,2000})\s+(?P<title>\"[^\"\n]*\"|'[^'\n]*')\s*\)"
)
LENGTH = re.compile(r"(-?[\d.]+)\s*(px|pt|em|rem|in|cm|mm|vw|vh|%)?")
RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
NOT_SHOWN, LEAST_PIXELS, FARTHEST, FAINT = "not shown", 4.0, 999.0, 0.1
UNSEEN_CLASSES = {
    "sr-only",
    "visually-hidden",
    "hidden",
    "d-none",
    "invisible",
    "screen-reader-text",
}
VALUES_SHOWN = {"href", "src", "class", "id", "style", "type", "width", "height", "align", "name"}


class Page(NamedTuple):
    """A Markdown page: what it shows and hides, and the values of its front matter."""

    print: Print
    head: dict[str, str]


def shown_page(source: str) -> Page:
    """The shown and hidden parts of a Markdown page."""
    head: dict[str, str] = {}
    silent: list[tuple[str, str]] = []
    front = FRONT.match(source)
    if front:
        head = _head(front["head"])
        silent += [("head", text) for key, text in head.items() if key not in ("title", "abstract")]
        source = source[front.end() :]
    shown, hidden = [], []
    at = 0
    for found in [*FENCE.finditer(source), None]:
        part = _outside_code(source[at : found.start() if found else None])
        shown.append(part.shown)
        hidden += part.hidden
        silent += part.silent
        if found:
            at = found.end()
            silent.append(("code", " ".join(found["info"].split()[1:])))
            shown.append(found["code"])
    return Page(Print("".join(shown), hidden, [each for each in silent if each[1].strip()]), head)


def _head(text: str) -> dict[str, str]:
    """The values of a front matter, each with its continuation lines."""
    found: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        named = re.match(r"([A-Za-z][\w-]*)\s*:\s*[|>]?(.*)", line)
        if named:
            key = named[1].lower()
        if key:
            value = named[2] if named else line
            found[key] = f"{found.get(key, '')} {value.strip()}".strip().strip("\"'")
    return found


def _outside_code(source: str) -> Print:
    hidden: list[tuple[str, str]] = []
    silent: list[tuple[str, str]] = []

    def math(found: re.Match[str]) -> str:
        part = printed(found[0], comments=False)
        hidden.extend(part.hidden)
        silent.extend(part.silent)
        return part.shown

    def definition(found: re.Match[str]) -> str:
        name = found["name"]
        if name.startswith("^") and source.count(f"[{name}]") > 1:  # a footnote that is shown
            return found["rest"]
        silent.append(("link", found["rest"]))
        return ""

    def picture(found: re.Match[str]) -> str:
        silent.append(("picture", f"{found['alt']} {found[0][len(found['alt']) + 4 :]}"))
        return ""

    def title(found: re.Match[str]) -> str:
        silent.append(("link", found["title"]))
        return f"{found['link']})"

    begun = source.rfind("<!--")
    if begun >= 0 and "-->" not in source[begun:]:
        silent.append(("comment", source[begun + 4 :]))
        source = source[:begun]
    text = MATH.sub(math, source) if "\\" in source else source
    parser = _Html()
    parser.feed(text)
    parser.close()
    text = DEFINITION.sub(definition, "".join(parser.shown))
    text = LINK_TITLE.sub(title, PICTURE.sub(picture, text))
    return Print(text, hidden + parser.hidden, silent + parser.silent)


class _Open(NamedTuple):
    tag: str
    way: str
    ink: Colour
    ground: Colour


class _Html(HTMLParser):
    """Tracks elements and their styles; unknown tags stay as they are written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.shown: list[str] = []
        self.hidden: list[tuple[str, str]] = []
        self.silent: list[tuple[str, str]] = []
        self.open = [_Open("", "", (0, 0, 0), WHITE)]
        self.classes: dict[str, str] = {}
        table = unprinted()["html"]
        self.unseen, self.single = set(table["unseen"]), set(table["without_end"])
        self.known = self.unseen | self.single | set(table["shown"])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.known:
            self._text(self.get_starttag_text() or "")
            return
        given = {name: value or "" for name, value in attrs}
        others = (value for name, value in given.items() if name not in VALUES_SHOWN)
        self.silent += [("attribute", value) for value in others if value.strip()]
        if tag not in self.single:
            self.open.append(self._opened(tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in self.known - self.single:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.known:
            self._text(f"</{tag}>")
        elif any(each.tag == tag for each in self.open):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.open[-1].tag == "style":
            self.classes |= dict(RULE.findall(data))
        self._text(data)

    def handle_entityref(self, name: str) -> None:
        import html

        self._text(html.unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        self.handle_entityref(f"#{name}")

    def handle_comment(self, data: str) -> None:
        self.silent.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.silent.append(("declaration", decl))

    def unknown_decl(self, data: str) -> None:
        self.silent.append(("declaration", data))

    def handle_pi(self, data: str) -> None:
        self.silent.append(("declaration", data))

    def _text(self, text: str) -> None:
        way = self.open[-1].way
        if not way:
            self.shown.append(text)
        elif self.open[-1].tag in ("script", "style"):
            self.silent.append((self.open[-1].tag, text))
        elif self.hidden and self.hidden[-1][0] == way:
            self.hidden[-1] = way, f"{self.hidden[-1][1]}{text}"
        else:
            self.hidden.append((way, text))

    def _opened(self, tag: str, given: dict[str, str]) -> _Open:
        outer = self.open[-1]
        names = given.get("class", "").split()
        style = ";".join([*(self.classes.get(name, "") for name in names), given.get("style", "")])
        rules = {
            key.strip().lower(): value.strip().lower()
            for key, _, value in (each.partition(":") for each in style.split(";"))
        }
        ink = colour_of(rules.get("color", given.get("color", "")), "", {}) or outer.ink
        back = rules.get("background-color", rules.get("background", given.get("bgcolor", "")))
        ground = colour_of(back, "", {}) or outer.ground
        way = outer.way
        if tag in self.unseen or "hidden" in given or UNSEEN_CLASSES & set(names):
            way = way or NOT_SHOWN
        way = way or _way(rules, given) or (COLOUR if is_unseen(ink, ground) else "")
        return _Open(tag, way, ink, ground)


def _way(rules: dict[str, str], given: dict[str, str]) -> str:
    """How an element's style hides its text; "" if it does not."""
    if rules.get("display") == "none" or rules.get("visibility") in ("hidden", "collapse"):
        return NOT_SHOWN
    if "color" in rules and rules["color"] == "transparent":
        return OPACITY
    if (opacity := _number(rules.get("opacity", ""))) is not None and opacity < FAINT:
        return OPACITY
    size = rules.get("font-size", "")
    scale = 16.0 if size.endswith("em") else 0.16 if size.endswith("%") else 1.0
    if (number := _number(size)) is not None and number * scale < LEAST_PIXELS:
        return TINY
    places = ("left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top")
    moves = (_number(rules.get(place, "")) for place in places)
    if any(move is not None and abs(move) > FARTHEST for move in moves):
        return OUTSIDE
    sides = (_number(rules.get(s, "")) for s in ("height", "width", "max-height", "max-width"))
    if any(side is not None and side < LEAST_PIXELS for side in sides):
        return OUTSIDE
    shrunk = re.search(r"scale[xy]?\(\s*0?\.?0", rules.get("transform", ""))
    clipped = re.search(r"inset\(\s*(?:100|[5-9]\d)%", rules.get("clip-path", ""))
    if shrunk or clipped or "clip" in rules:
        return PHANTOM
    return ""


def _number(value: str) -> float | None:
    found = LENGTH.match(value)
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None
