"""The input of a LaTeX reader: the source, and on top of it the expansions of commands."""

from __future__ import annotations

import re
from typing import Any

from conference.core.errors import UserError

MOST_LETTERS, DEEPEST = 40 * 2**20, 10_000
ENDLESS = "its commands expand without an end; hand in the printed paper."
IF = re.compile(r"\\(if(?!f(?![A-Za-z@]))[A-Za-z@]*(?![A-Za-z@]|\s*\{)|else|fi)(?![A-Za-z@])")
BRACES = re.compile(r"\\.|[{}\[\]]", re.DOTALL)


class Ahead:
    """A stack of texts still to read, each from a position; the last one is read first."""

    def __init__(self, source: str) -> None:
        self.frames: list[list[Any]] = [[source, 0]]
        self.letters = 0

    def frame(self) -> list[Any] | None:
        while self.frames and self.frames[-1][1] >= len(self.frames[-1][0]):
            self.frames.pop()
        return self.frames[-1] if self.frames else None

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        frame = self.frame()
        found = pattern.match(frame[0], frame[1]) if frame else None
        if found and frame:
            frame[1] = found.end()
        return found

    def push(self, text: str) -> None:
        self.letters += len(text)
        if len(self.frames) > DEEPEST or self.letters > MOST_LETTERS:
            raise UserError(ENDLESS)
        if text:
            self.frames.append([text, 0])

    def balanced(self, opened: str = "{", closed: str = "}") -> str | None:
        """The text inside the next group or option; None if there is none."""
        self.match(re.compile(r"\s*"))
        frame = self.frame()
        if not frame or not frame[0].startswith(opened, frame[1]):
            return None
        text, start = frame
        depth = 0
        for found in BRACES.finditer(text, start):
            sign = found[0]
            if sign in "{" + opened:
                depth += 1
            elif sign in "}" + closed:
                depth -= 1
                if depth <= 0:
                    frame[1] = found.end()
                    return str(text[start + 1 : found.start()])
        frame[1] = len(text)
        return str(text[start + 1 :])

    def option(self) -> str | None:
        return self.balanced("[", "]")

    def argument(self) -> str:
        """The next argument: a group, or one token."""
        found = self.balanced()
        if found is not None:
            return found
        token = self.match(re.compile(r"\\[A-Za-z@]+|\\.|[^\s{}]", re.DOTALL))
        return token[0] if token else ""

    def ends(self) -> bool:
        """Whether the rest of the current text has an \\fi."""
        frame = self.frame()
        return bool(frame and re.compile(r"\\fi(?![A-Za-z@])").search(frame[0], frame[1]))

    def branches(self) -> tuple[str, str]:
        """The texts up to \\else, and from there to \\fi."""
        frame = self.frame()
        if not frame:
            return "", ""
        text, start = frame
        depth, other = 0, None
        for found in IF.finditer(text, start):
            word = found[1]
            if word == "fi" and depth == 0:
                frame[1] = found.end()
                end = found.start()
                middle = other or (end, end)
                return text[start : middle[0]], text[middle[1] : end]
            if word == "else" and depth == 0:
                other = found.span()
            depth += word.startswith("if") - (word == "fi")
        frame[1] = len(text)
        middle = other or (len(text), len(text))
        return text[start : middle[0]], text[middle[1] :]

    def until_end(self, name: str) -> str:
        frame = self.frame()
        if not frame:
            return ""
        end = frame[0].find(f"\\end{{{name}}}", frame[1])
        text = frame[0][frame[1] : end if end >= 0 else None]
        frame[1] = end + len(f"\\end{{{name}}}") if end >= 0 else len(frame[0])
        return str(text)
