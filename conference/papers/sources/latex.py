"""Splits a LaTeX source into what would be printed, what would be invisible, and the rest.

Commands that the source defines are expanded. Colours, sizes and boxes are tracked through groups
as in TeX. The printed part is still LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from conference.core.errors import UserError
from conference.papers.sources.ahead import DEEPEST, ENDLESS
from conference.papers.sources.macros import Defined
from conference.papers.sources.styles import BODY, LAYER, PHANTOM

HERE = Path(__file__).parent
MOST_STEPS = 2_000_000
SIZES = {
    "tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge",
    "Huge", "normalfont",
}  # fmt: skip
VERBATIM = {"verbatim", "verbatim*", "lstlisting", "minted", "Verbatim", "alltt"}
NO_CONDITIONS = {"iff", "ifrac"}
MOVES = {"hspace", "vspace", "kern", "hskip", "vskip", "raisebox", "raise", "lower", "moveleft",
         "moveright"}  # fmt: skip
TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z@]+)\*?|\\(?P<sign>.)|(?P<open>\{)|(?P<close>\})|(?P<parameter>#\d)"
    r"|(?P<text>[^\\{}#%\[]+)|(?P<other>.)",
    re.DOTALL,
)


class Print(NamedTuple):
    """The source of what is printed; hidden texts as (technique, text); texts that are not typeset
    as (place, text)."""

    shown: str
    hidden: list[tuple[str, str]]
    silent: list[tuple[str, str]]


def printed(source: str, comments: bool = True) -> Print:
    """What a source prints. Without `comments`, as in Markdown, % has no special meaning.

    Raises:
        UserError: its commands expand without end.
    """
    return _Reader(source, comments).read()


@cache
def unprinted() -> dict[str, Any]:
    """The commands, environments and elements that print nothing."""
    data = (HERE / "unprinted.toml").read_bytes()
    return msgspec.toml.decode(data, type=dict[str, dict[str, Any]])


class _Reader(Defined):
    def __init__(self, source: str, comments: bool) -> None:
        source = re.sub(r"\^\^([0-9a-f]{2})", lambda hexed: chr(int(hexed[1], 16)), source)
        super().__init__(source)
        self.signs |= {"%"} if comments else set()
        self.shown: list[str] = []
        self.hidden: list[tuple[str, list[str]]] = []
        self.steps = 0
        self.apart = True  # whether anything was printed since the last hidden text
        self.pictures = 0  # environments of drawings that are open
        self.open_names: list[str] = []
        self.boxed = bool(re.search(r"\\(?:use|un[hv])?(?:box|copy)(?![A-Za-z])", source))

    def read(self) -> Print:
        while (found := self.match(TOKEN)) is not None:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise UserError(ENDLESS)
            kind = found.lastgroup
            if kind == "open":
                self._open()
            elif kind == "close":
                self._close()
            elif kind == "word":
                self._command(self.aliases.get(found["word"], found["word"]), found[0])
            elif found[0] in self.signs:
                line = self.match(re.compile(r"[^\n]*(?:\n[ \t]*)?"))
                self.silent.append(("comment", line[0].strip() if line else ""))
            elif found[0] == "[" and self.pictures:
                self._look(found[0])
            else:
                self._print(found[0])
        hidden = [(way, "".join(parts)) for way, parts in self.hidden]
        return Print("".join(self.shown), hidden, [each for each in self.silent if each[1]])

    def _print(self, text: str) -> None:
        for char in self.signs - {"%"}:  # characters that the source declares as comment signs
            line = re.compile(rf"{re.escape(char)}[^\n]*")
            self.silent += [("comment", each) for each in line.findall(text)]
            text = line.sub("", text)
        way = self.styles[-1].way()
        if not way:
            self.shown.append(text)
        elif self.hidden and self.hidden[-1][0] == way and not self.apart:
            self.hidden[-1][1].append(text)
        else:
            self.hidden.append((way, [text]))
        self.apart = not way and bool(text.strip())

    def _open(self) -> None:
        self._print("{")
        self.styles.append(self.pending or self.styles[-1])
        self.pending = None
        if len(self.styles) > DEEPEST:
            raise UserError("its groups have no end; hand in the printed paper.")

    def _close(self) -> None:
        if len(self.styles) > 1:
            self.styles.pop()
            self._print("}")

    # --- commands --------------------------------------------------------------------------------

    def _command(self, name: str, written: str) -> None:
        if name in self.macros:
            self.expand(self.macros[name])
        elif name.startswith("if") or name in ("else", "fi"):
            if name in NO_CONDITIONS or not self.condition(name):
                self._print(written)
        elif self.set_switch(name):
            pass
        elif known := _COMMANDS.get(name):
            known(self)
        elif name in SIZES:
            self.set_(size=BODY)
            self._print(written)
        elif name in MOVES:
            self.move(name)
        elif name in unprinted()["silent"]:
            self._unprinted(name, unprinted()["silent"][name], "")
        elif name in unprinted()["unseen"]:
            self._unprinted(name, unprinted()["unseen"][name], PHANTOM)
        else:
            self._print(written)
            frame = self.frame()
            if frame and frame[0].startswith("<", frame[1]):
                self._overlay()

    def _overlay(self) -> None:
        """Handle an overlay specification: text for slide 0 is never shown."""
        found = self.match(re.compile(r"<([^<>]{0,40})>"))
        if found and found[1].strip() == "0":
            self.within(self.argument(), unseen=PHANTOM)

    def _unprinted(self, name: str, arguments: int, way: str) -> None:
        if name in ("sbox", "savebox", "setbox") and self.boxed:
            self.match(re.compile(r"\s*(?:\{\\\w+\}|\\\w+|\d+)\s*=?\s*(?:\\[hv]box)?"))
            return
        if name == "setbox":
            self.match(re.compile(r"\s*(?:\\\w+|\d+)\s*=?\s*\\[hv]box"))
        texts = []
        for _ in range(arguments):
            while (option := self.option()) is not None:
                texts.append(option)
            texts.append(self.argument())
        while arguments and (option := self.option()) is not None:
            texts.append(option)
        text = " ".join(texts)
        if way and text.strip():
            self.apart = False
            self.hidden.append((way, [text]))
        elif text.strip():
            self.drop(name, text)

    def _shown_or_silent(self) -> None:
        """Handle a command that prints its first argument; the second replaces it elsewhere."""
        shown = self.argument()
        self.drop("replacement", self.argument())
        self.push("{" + shown + "}")

    def _without_options(self) -> None:
        option = self.option() or ""
        text = self.argument()
        if "disable" in option:
            self.drop("note", text)
        else:
            self.push("{" + text + "}")

    def _captioned(self) -> None:
        self.drop("list of figures", self.option() or "")
        self._print("\\caption")

    def _linked(self) -> None:
        self.drop("link", self.option() or "")

    def _stop(self) -> None:
        for frame in self.frames:
            self.drop("after the document", frame[0][frame[1] :])
        self.frames.clear()

    def _drawing(self) -> None:
        self.pictures = max(1, self.pictures)

    def _look(self, opened: str) -> None:
        """Read the options of a drawing's element, which apply to its next group."""
        frame = self.frame()
        if frame:
            frame[1] -= len(opened)
            changes = self.changes(self.option() or "")
            self.pending = self.styles[-1]._replace(**changes) if changes else self.pending

    # --- environments ----------------------------------------------------------------------------

    def _begin(self) -> None:
        name = self.argument().strip()
        if name.rstrip("*") in unprinted()["environments"]["names"] or name in self.dropped:
            self.drop(name, self.until_end(name))
            return
        if name in VERBATIM:
            self._print(f"\n{_literal(self.until_end(name))}\n")
            return
        style = self.styles[-1]
        if name == "color":
            style = style._replace(ink=self.colour() or style.ink)
        elif name == "ocg":
            state = [self.option(), self.argument(), self.argument(), self.argument()][-1]
            style = style._replace(unseen=LAYER if state in ("0", "off") else style.unseen)
        elif name.startswith("textblock"):
            changes = self.block()
            style = style._replace(**changes)
        elif name in ("adjustbox", "scope", "tikzpicture"):
            options = self.argument() if name == "adjustbox" else self.option() or ""
            style = style._replace(**self.changes(options))
        if name in self.environments:
            self.styles.append(style)
            self.open_names.append(name)
            self.expand(self.environments[name][0])
            return
        self.pictures += name in ("tikzpicture", "pspicture", "picture")
        self.styles.append(style)
        self.open_names.append(name)
        if not self._is_followed(name):
            self._print(f"\\begin{{{name}}}")

    def _is_followed(self, name: str) -> bool:
        """Whether this reader handles an environment completely, so that it is not printed."""
        return name in {"color", "ocg", "adjustbox", *self.environments} or "textblock" in name

    def _end(self) -> None:
        name = self.argument().strip()
        if name == "document":
            self._stop()
        if name in self.environments:
            self.push(self.environments[name][1])
        if name in self.open_names:
            while self.open_names.pop() != name:
                pass
            if len(self.styles) > 1:
                self.styles.pop()
        self.pictures -= name in ("tikzpicture", "pspicture", "picture")
        if not self._is_followed(name):
            self._print(f"\\end{{{name}}}")

    def _verb(self) -> None:
        found = self.match(re.compile(r"\*?([^A-Za-z\s])(.*?)\1"))
        if found:
            self._print(_literal(found[2]))


def _literal(text: str) -> str:
    """LaTeX source that prints the text literally."""
    text = text.replace("\\", "\\textbackslash ")
    return re.sub(
        r"[{}%$&#_]|[~^]", lambda found: f"\\{found[0]}" + "{}" * (found[0] in "~^"), text
    )


_COMMANDS: dict[str, Callable[[_Reader], None]] = {
    "begin": _Reader._begin, "end": _Reader._end, "verb": _Reader._verb,
    "def": _Reader.define_plainly, "gdef": _Reader.define_plainly,
    "edef": _Reader.define_plainly, "xdef": _Reader.define_plainly, "let": _Reader.alias,
    "newcommand": _Reader.define, "renewcommand": _Reader.define,
    "providecommand": _Reader.define, "DeclareRobustCommand": _Reader.define,
    "NewDocumentCommand": _Reader.define_by_kinds, "newif": _Reader.switch,
    "DeclareDocumentCommand": _Reader.define_by_kinds,
    "RenewDocumentCommand": _Reader.define_by_kinds, "hyperref": _Reader._linked,
    "endinput": _Reader._stop,
    "newenvironment": _Reader.define_environment, "renewenvironment": _Reader.define_environment,
    "excludecomment": _Reader.unprinted_environment,
    "csname": _Reader.named, "catcode": _Reader.catcode, "expandafter": lambda reader: None,
    "color": _Reader.switch_colour, "textcolor": _Reader.in_colour,
    "definecolor": _Reader.define_colour, "providecolor": _Reader.define_colour,
    "colorlet": _Reader.let_colour, "pagecolor": _Reader.page_colour,
    "colorbox": _Reader.on_colour, "fcolorbox": _Reader.framed,
    "fontsize": _Reader.font_size, "selectfont": lambda reader: None,
    "scalebox": _Reader.scaled, "resizebox": _Reader.resized, "adjustbox": _Reader.adjusted,
    "transparent": _Reader.see_through, "texttransparent": _Reader.seen_through,
    "textpdfrender": _Reader.rendered, "pdfliteral": _Reader.literal,
    "texorpdfstring": _Reader._shown_or_silent, "pdftooltip": _Reader._shown_or_silent,
    "todo": _Reader._without_options, "caption": _Reader._captioned,
    "tikz": _Reader._drawing,
}  # fmt: skip
