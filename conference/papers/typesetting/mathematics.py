"""Translates Typst markup with mathematics to LaTeX, so that templates need only one source.

It reads the part of Typst's mathematics that templates use: names, functions, strings, sub- and
superscripts, primes, and fractions written with a slash. Signs and names are looked up in
latex.toml.
"""

from __future__ import annotations

import re

from conference.core.errors import UserError
from conference.papers.typesetting.escape import escape
from conference.papers.typesetting.tables import tables

TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"]*\")|(?P<name>[A-Za-z]{2,}(?:\.[a-z]+)*|[A-Za-z])|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>\.\.\.|<-|->|=>|<=|>=|!=|:=|\|\||[^\s]))"
)
MARKS = re.compile(r"\*(\S[^*]*)\*|(?<!\w)_(\S[^_]*)_(?!\w)")
OPEN = {"(": ")", "[": "]"}
TALL = ("\\frac", "\\sum", "\\prod", "\\int", "\\binom")


def markup(text: str) -> list[str]:
    """Typst markup as a list of LaTeX paragraphs; mathematics is between dollars.

    Raises:
        UserError: the mathematics has a name or a sign that latex.toml does not know.
    """
    return [_paragraph(part) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


def _paragraph(text: str) -> str:
    made = []
    for number, part in enumerate(text.replace("\\\n", " ").split("$")):
        if number % 2 == 0:
            made.append(_words(" ".join(part.split()), part))
        elif part[:1].isspace() and part[-1:].isspace():
            body = mathematics(part.strip())
            made.append(f"\n\\begin{{equation}}\n{body}\n\\end{{equation}}\n")
        else:
            made.append(f"${mathematics(part)}$")
    return "".join(made).strip()


def _words(flat: str, part: str) -> str:
    """Text between formulas as LaTeX, with its outer spaces and its bold and emphasised words."""
    if not flat:
        return " " if part else ""
    made, at = [], 0
    for found in MARKS.finditer(flat):
        made.append(escape(flat[at : found.start()]))
        command = "textbf" if found[1] else "emph"
        made.append(f"\\{command}{{{escape(found[1] or found[2])}}}")
        at = found.end()
    made.append(escape(flat[at:]))
    left, right = part[:1].isspace(), part[-1:].isspace()
    return f"{' ' if left else ''}{''.join(made)}{' ' if right else ''}"


def mathematics(source: str) -> str:
    """One formula of Typst as LaTeX."""
    return _Reader(source).sequence(())


class _Reader:
    """Reads tokens from left to right; each method returns LaTeX."""

    def __init__(self, source: str) -> None:
        self._source = source.strip()
        self._tokens = [
            (found.lastgroup or "", found[0].strip(), found[0][:1].isspace())
            for found in TOKEN.finditer(self._source)
        ]
        self._at = 0

    def peek(self) -> str:
        """The next token; "" at the end."""
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def sequence(self, stops: tuple[str, ...]) -> str:
        """Everything up to one of the signs in `stops`."""
        made = []
        while self.peek() and self.peek() not in stops:
            made.append(self._fraction(stops))
        return " ".join(made)

    def _fraction(self, stops: tuple[str, ...]) -> str:
        start = self._at
        left = self._attached()
        if self.peek() != "/" or "/" in stops:
            return left
        while self.peek() == "/":
            top = self._bare(start, left)
            self._at += 1
            begin = self._at
            left = f"\\frac{{{top}}}{{{self._bare(begin, self._attached())}}}"
            start = self._at
        return left

    def _bare(self, start: int, made: str) -> str:
        """`made` without its brackets if it is a single bracketed group."""
        whole = self._tokens[start][1] == "(" if start < len(self._tokens) else False
        if whole and made.endswith(")"):
            return made.removeprefix("\\left")[1:-1].removesuffix("\\right").strip()
        return made

    def _attached(self) -> str:
        """An atom with its primes, subscript and superscript."""
        made = self._atom()
        while self.peek() in ("_", "^", "'"):
            sign = self.peek()
            self._at += 1
            if sign == "'":
                made += "'"
                continue
            start = self._at
            made += f"{sign}{{{self._bare(start, self._atom())}}}"
        return made

    def _atom(self) -> str:
        if self._at >= len(self._tokens):
            raise UserError(f"the formula '{self._source}' breaks off; complete it.")
        kind, token, _ = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            return f"\\mathrm{{{escape(token[1:-1])}}}"
        if kind == "number" or (kind == "name" and len(token) == 1):
            return token
        if kind == "name":
            return self._name(token)
        if token in OPEN:
            inner = self.sequence((OPEN[token],))
            if self.peek() != OPEN[token]:
                raise UserError(f"the formula '{self._source}' lacks a '{OPEN[token]}'; add it.")
            self._at += 1
            tall = any(command in inner for command in TALL)
            left, right = ("\\left", "\\right") if tall else ("", "")
            return f"{left}{token}{inner}{right}{OPEN[token]}"
        return self._sign(token)

    def _name(self, name: str) -> str:
        known = tables()
        if name in known.functions and self.peek() == "(" and not self._tokens[self._at][2]:
            return self._call(name)
        if name in known.symbols:
            return known.symbols[name]
        if name in known.greek.names:
            return f"\\{name}"
        raise UserError(
            f"the formula '{self._source}' has the name '{name}', which "
            "conference/papers/typesetting/latex.toml does not know; add it there, or leave "
            "--format out."
        )

    def _call(self, name: str) -> str:
        self._at += 1
        made, parts = tables().functions[name], []
        while True:
            parts.append(self.sequence((",", ")")))
            stop = self.peek()
            self._at += 1
            if stop != ",":
                break
        if stop != ")" or made.count("%") != len(parts):
            raise UserError(f"the formula '{self._source}' calls '{name}' wrongly; fix it.")
        for number, part in enumerate(parts, 1):
            made = made.replace(f"%{number}", part)
        return made

    def _sign(self, sign: str) -> str:
        if sign in OPEN.values():
            raise UserError(f"the formula '{self._source}' has a '{sign}' too many; fix it.")
        known = tables().symbols.get(sign)
        if known is not None:
            return known
        if sign in "+-=<>,;:!|.&":
            return "" if sign == "&" else sign
        return f"\\text{{{escape(sign)}}}"
