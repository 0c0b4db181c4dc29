"""What models write between the quotes of JSON is read as they mean it."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conference.models.repair import COMMANDS, DOUBTFUL, repaired


def read(written: str, name: str = "summary") -> str:
    """A text as a model wrote it between quotes, read."""
    text, _ = repaired(f'{{"{name}": "{written}"}}', code=("replace",))
    return str(json.loads(text)[name])


TEX = [
    r"\frac{1}{2}", r"\theta", r"\alpha", r"\beta", r"\nu", r"\rho", r"\text{if}", r"\nabla",
    r"\unit", r"\tau", r"\times", r"\tilde", r"\right)", r"\rangle", r"\bar{x}", r"\forall",
    r"\neq", r"\neg", r"\notin", r"\begin{x}", r"\underline{x}", r"\upsilon", r"\tfrac{1}{2}",
    r"\rVert",    r"\textbf{a}", r"\Delta", r"\_", r"\{", r"\}", r"\%",
]  # fmt: skip


@pytest.mark.parametrize("command", TEX)
def test_a_lone_backslash_before_a_command_is_a_backslash(command: str) -> None:
    for frame in ("{}", "rate {} of", "$x {} y$", "is ({})"):
        if command == r"\neg" and "$" not in frame:
            continue  # "eg" at a line's begin is as likely.
        meant = frame.format(command)
        assert read(meant) == meant
        assert read(json.dumps(meant)[1:-1]) == meant, "one that is escaped is read as before"


@pytest.mark.parametrize("letter", string.ascii_letters)
def test_each_letter_after_a_backslash(letter: str) -> None:
    r"""Alone, `\n`, `\r` and `\t` are JSON's; the others begin no escape of use in a text."""
    alone = {"n": "\n", "r": "\r", "t": "\t", "b": "\ufffd", "f": "\ufffd"}
    assert read(f"a \\{letter} b") == f"a {alone.get(letter, chr(92) + letter)} b"
    kept = {"n": "\nxyz", "r": "\rxyz", "t": "\txyz"}
    assert read(f"a\\{letter}xyz") == "a" + kept.get(letter, f"\\{letter}xyz")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"One.\nThe rates\n\nno\tt\r\nend", "One.\nThe rates\n\nno\tt\r\nend"),
        (r"1.\ne.g. this\ni) that\nless of it\tan\tobject", None),
        (r"a \\ b \\\\ c \\nu \\theta", r"a \ b \\ c \nu \theta"),
        (r"$a \nless b$ and\nless", "$a \\nless b$ and\nless"),
        (r"\(n \to \infty\)\to", "\\(n \\to \\infty\\)\to"),
        (r"\u00e9 \u2014 \ud83d\ude00 \/ \"", 'é — \U0001f600 / "'),
        (r"\ud83d \ude00 \u0000 \u001b \u0009", "\ufffd \ufffd \ufffd \ufffd \t"),
        ("a\tb\nc\r\nd\x00e\x7f", "a\tb\nc\r\nd\ufffde\ufffd"),
        (r"it\'s", "it's"),
        (r"C:\users\u12", r"C:\users\u12"),
    ],
)
def test_escapes_stay_what_they_are_where_nothing_else_makes_sense(
    written: str, meant: str | None
) -> None:
    assert read(written) == (json.loads(f'"{written}"') if meant is None else meant)


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\t\\"/$'), max_size=40
)


@given(WORDS)
@example("The end.\nnu")
def test_what_is_written_as_json_asks_is_read_as_it_was(text: str) -> None:
    """But for white space right before what is left of a command, as "abla"."""
    tails = {
        *(tail for each in COMMANDS.values() for tail in each.split()),
        *(tail for each in DOUBTFUL.values() for tail in each.split()),
    }
    after = {"".join(line[: len(tail)]) for line in text.replace("\t", "\n").split("\n")[1:]
             for tail in tails}  # fmt: skip
    if after & tails:
        return
    fixed, changes = repaired(json.dumps({"summary": text, "n": [1, {"x": text}]}))
    assert json.loads(fixed) == {"summary": text, "n": [1, {"x": text}]} and not changes


@example("\\\x00")
@example("\\\n")
@given(st.lists(st.sampled_from([*string.printable, r"\\", r"\u", r"\ud8", "\x00"])).map("".join))
def test_whatever_stands_between_quotes_can_be_read_and_kept(written: str) -> None:
    written = written.replace(chr(34), "")
    ends = len(written) - len(written.rstrip("\\"))
    read(written + "\\" * (ends % 2)).encode()


@pytest.mark.parametrize("line", ["u = 3", "theta = 1", "text = x", "abla", "ho"])
def test_lines_of_code_are_never_latex(line: str) -> None:
    code = f"x = 1\n\t{line}\n{line}\r\n"
    assert read(json.dumps(code)[1:-1], "replace") == code
    assert read(r"re.match('\d \bfoo it\'s', x)", "replace") == r"re.match('\d \bfoo it\'s', x)"


def test_what_was_changed_is_said() -> None:
    _, changes = repaired(r'{"a": "\alpha \ud800 \beta", "b": "fine \\gamma"}')
    assert changes == ("characters replaced by U+FFFD: 1", "lone backslashes kept: 2")
