"""Escapes any text as LaTeX that prints it and does nothing else."""

from __future__ import annotations

import re
import unicodedata

from conference.papers.typesetting.tables import tables

LIGATURES = re.compile(r"([,-])(?=\1)")  # Two of these in a row print as another sign.
# Letters that the T1 encoding has besides ASCII.
LETTERS = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĂăĄąĆćČčĎďĐđĘęĚěĞğĹĺĽľŁłŃńŇňŐőŒœ"
    "ŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž¡¿§£«»"
)


def escape(text: str) -> str:
    """LaTeX that prints `text` on one line of source.

    A character is looked up in latex.toml, or is a printable letter or sign without meaning in
    LaTeX, or is replaced: control characters by a space, accented letters that the font lacks by
    the bare letter, and other scripts by their code points in brackets.
    """
    made = "".join(map(_character, unicodedata.normalize("NFC", text)))
    return LIGATURES.sub(r"\1{}", made)


def _character(character: str) -> str:
    known = tables().text.get(character)
    if known is not None:
        return known
    if character in LETTERS or ("!" <= character <= "~"):
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
        return " "
    bare = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    if bare and all("!" <= c <= "~" for c in bare):
        return "".join(tables().text.get(c, c) for c in bare)
    return f"[U+{ord(character):04X}]"
