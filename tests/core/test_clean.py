"""What comes in by the one door can be kept in a ledger and does nothing to a terminal."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.core.clean import clean, clean_values, turned_back
from conference.core.ledger import open_ledger
from conference.core.records import Incident, encode
from conference.core.tasks import Done, TaskKey

# Any text that Python can hold: names of files with bytes that are none, halves of pairs, escapes.
TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["\ud83d\ude00", "\udcff\udcfe", "\x1b]52;c;aGk=\x07", "\x9b2J", "\x00", "\ud800", "a\tb\r\nc"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS | st.binary(), min_size=1, max_size=8))
def test_whatever_comes_in_is_kept_by_the_ledger_as_it_is(texts: list[str | bytes]) -> None:
    kept: list[Any] = [
        Incident(kind="tamper", agent="a", paper="p", detail=clean(text)) for text in texts
    ]
    key = TaskKey("submit", "a", "p")
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder))
        ledger.append([Done(key, encode(kept))])
        ledger.close()
        ledger = open_ledger(Path(folder))
        assert ledger.records(key) == kept
        ledger.close()
    for text in texts:
        shown = clean(text)
        assert shown == clean(shown)
        assert all(char.isprintable() or ord(char) > 0x9F or char in "\t\r\n" for char in shown)


@given(VALUES)
def test_values_of_json_are_clean_to_their_last_name(value: Any) -> None:
    try:
        made = clean_values(json.loads(json.dumps(value)))
    except ValueError as error:
        assert "differ in unreadable characters" in str(error)
        return
    json.dumps(made, ensure_ascii=False).encode()


def test_text_that_can_be_read_stays() -> None:
    text = "Größe 模型 😀 \u202eabc\tx\r\n$\\alpha$"
    assert clean(text) == text
    assert clean("\ud83d\ude00") == "😀"
    assert clean(b"caf\xc3\xa9 \xff") == "café \ufffd"
    assert clean("\x1b[31mred") == "\ufffd[31mred"
    with pytest.raises(ValueError, match="two names"):
        clean_values(dict.fromkeys(("\ud800", "\udc00")))


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("plain", ""),
        ("\u202e0.9", "\u202c"),
        ("\u202e0.9\u202c", ""),
        ("\u2066\u202ea", "\u202c\u2069"),
        ("\u202e\u2067a\u202c", "\u2069\u202c"),
        ("\u2068\u202ea\u2069", ""),
        ("\u202c\u2069a", ""),
    ],
)
def test_a_text_closes_the_directions_that_it_opens(text: str, added: str) -> None:
    assert turned_back(text) == text + added
    assert turned_back(turned_back(text)) == turned_back(text)
