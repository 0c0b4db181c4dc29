r"""Repairs models' JSON: unescaped LaTeX backslashes, control characters, lone surrogates.

In `"\frac{1}{2} \theta \alpha"` JSON sees a form feed, a tab and an error; the model meant LaTeX. A
lone backslash that begins a TeX command is therefore read as a backslash. JSON's own escapes keep
their meaning where only they make sense: `\n` before "The" ends a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from conference.core.clean import UNCLEAN

# A JSON string, and the colon that makes it a key. An unterminated string takes the rest of the
# text, so that an answer that was cut off is scanned only once.
STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)(?:"(\s*+:)?|\\?\Z)', re.DOTALL)
PART = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u(?P<code>[0-9a-fA-F]{4})"
    r"|\\(?P<letter>.)"
    r"|(?P<raw>[\x00-\x1f\x7f-\x9f])",
    re.DOTALL,
)
# The same without raw characters: each match begins with a backslash, which is fast on long texts.
ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u(?P<code>[0-9a-fA-F]{4})|.)",
    re.DOTALL,
)
RAW = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
LOST = r"\ufffd"  # the replacement character
REPLACED, LONE = "characters replaced by U+FFFD", "lone backslashes kept"
LETTERS = re.compile(r"[A-Za-z]+")
# TeX commands that begin like an escape for white space (n, r, t), without that first letter.
COMMANDS = {
    "n": "abla atural cong earrow eq ewcommand ewline geq gtr icefrac leftarrow leq oindent "
    "olimits onumber orm ormalsize ot otin prec rightarrow subseteq succ um vdash warrow",
    "r": "aisebox angle brace brack ceil ef enewcommand floor ho ight ightarrow ightharpoonup "
    "ightleftharpoons m ule vert Vert",
    "t": "anh au binom ext extbf extit extnormal extrm extsc extsf extstyle exttt extup frac "
    "hanks herefore heta ilde imes iny itle oday oprule riangle riangleq riangleleft "
    "riangleright woheadrightarrow",
}
# Doubtful ones, whose rest is itself a word or a name in code: `\nless` may be a line end and
# "less".
DOUBTFUL = {"n": "e eg exists i less mid parallel sim subset u", "r": "", "t": "ag an o op"}
# What follows a command only in TeX, and (for `\nu`) what precedes one but ends no line.
TEX_AFTER = re.compile(r"[_^{}]|[ ]?\\(?![nrt\"\\/])")
BEFORE_TEX = re.compile(r"(?:^|[ (\[{$^_=+*/|~-])$")
DOLLAR = re.compile(r"(?<!\\)\$")


def repaired(text: str, code: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
    r"""The answer with its strings made valid JSON, and a description of the changes.

    Control characters other than tabs and line ends, and lone surrogates, become U+FFFD. Raw tabs
    and line ends are escaped. In the fields named in `code`, `\n`, `\r` and `\t` are always JSON's.
    """
    changes: Counter[str] = Counter()
    name = ""

    def string(found: re.Match[str]) -> str:
        nonlocal name
        if found.end(1) == len(text) or text[found.end(1)] != '"':
            return found[0]
        body, colon = found[1], found[2] or ""
        verbatim = name in code and not colon
        if colon:
            name = body
        return f'"{_repaired(body, verbatim, changes)}"{colon}'

    return STRING.sub(string, text), _in_words(changes)


def whole_escapes(text: str) -> tuple[str, tuple[str, ...]]:
    """JSON with U+FFFD for each lone surrogate, which strict parsers reject, and the changes."""
    changes: Counter[str] = Counter()

    def part(found: re.Match[str]) -> str:
        if found["code"] and 0xD800 <= int(found["code"], 16) < 0xE000:
            changes[REPLACED] += 1
            return LOST
        return found[0]

    return ESCAPE.sub(part, text), _in_words(changes)


def _in_words(changes: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{what}: {count}" for what, count in sorted(changes.items()))


def _repaired(body: str, code: bool, changes: Counter[str]) -> str:
    def part(found: re.Match[str]) -> str:
        if found["pair"]:
            return found[0]
        if found["letter"]:
            fixed = _escape(body, found, code)
        elif found["code"]:
            fixed = LOST if _is_lost(int(found["code"], 16)) else found[0]
        else:
            fixed = RAW.get(found["raw"], LOST)
        if fixed == LOST and found[0] != LOST:
            changes[REPLACED] += 1
        elif found["letter"] and fixed != found[0]:
            changes[LONE] += 1
        return fixed

    return PART.sub(part, body)


def _is_lost(code: int) -> bool:
    """Whether a character is a control character (not a tab or line end) or a surrogate."""
    return UNCLEAN.match(chr(code)) is not None


def _escape(body: str, found: re.Match[str], code: bool) -> str:
    """Correct JSON for what a backslash and one character mean."""
    letter, rest = found["letter"], body[found.end() :]
    if letter in '"\\/':
        return found[0]
    if letter == "'" and not code:
        return "'"  # as other languages write it
    if letter in "bf" and not re.match(r"[A-Za-z{\\]", rest):
        return LOST
    if letter in "nrt" and (code or not _is_command(letter, body[: found.start()], rest)):
        return found[0]
    clean = RAW.get(letter, LOST) if UNCLEAN.match(letter) or letter in RAW else letter
    return "\\\\" + clean


def _is_command(letter: str, before: str, after: str) -> bool:
    r"""Whether `\n`, `\r` or `\t` between these texts begins a TeX command."""
    letters = LETTERS.match(after)
    tail = letters[0] if letters else ""
    if tail in COMMANDS[letter].split():
        return True
    if tail not in DOUBTFUL[letter].split():
        return False
    rest = after[len(tail) :]
    if TEX_AFTER.match(rest) or (tail == "u" and BEFORE_TEX.search(before)):
        return True
    dollars = len(DOLLAR.findall(before)) % 2 == 1 and "$" in rest
    return dollars or before.rfind(r"\(") > before.rfind(r"\)")
