"""Ways of hiding a sentence in fonts, in other letters, in replacements and between words."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.papers.ways import FONT, Raw, Way, text

WAYS: dict[str, Way] = {}
# Cut, and what is left of them accuses nobody yet; or nothing of them is read at all.
UNREAD = frozenset(("font of a tiny matrix",))


def way(function: Way) -> Way:
    WAYS[function.__name__.replace("_", " ")] = function
    return function


def add(name: str, code: str) -> None:
    WAYS[name] = lambda pdf, said: code.replace("SAID", said)


# --- fonts ---------------------------------------------------------------------------------------


@cache
def _letters() -> Any:
    from fontTools.ttLib import TTFont
    from matplotlib import get_data_path

    return TTFont(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def truetype(
    pdf: Raw, shown: str, said: str, scale: float = 1.0, move: float = 0.0, widths: int = 600
) -> str:
    """A font /T0 that shows one text and says another; the codes that do so, as a string.

    Its outlines may be scaled, or moved sideways, within their cells.
    """
    from fontTools.subset import Options, Subsetter

    font = _copy(_letters())
    options = Options(glyph_names=True, hinting=False, notdef_outline=False, layout_features=[])
    names = [font.getBestCmap().get(ord(char), "space") for char in shown]
    subsetter = Subsetter(options)
    subsetter.populate(glyphs=names)
    subsetter.subset(font)
    for glyph in set(names) if scale != 1 or move else ():
        outline = font["glyf"][glyph]
        if outline.numberOfContours > 0:
            outline.coordinates.scale((scale, scale))
            outline.coordinates.translate((move, 0))
            outline.coordinates.toInt()
            outline.recalcBounds(font["glyf"])
    data = io.BytesIO()
    font.save(data)
    file = pdf.add("<< >>", data.getvalue().decode("latin-1"))
    ids = "".join(chr(number >> 8) + chr(number & 255) for number in map(font.getGlyphID, names))
    to_glyphs = pdf.add("<< >>", "\0\0" + ids)
    rows = "\n".join(
        f"<{code:04x}> <{char.encode('utf-16-be').hex()}>" for code, char in enumerate(said, 1)
    )
    unicode = pdf.add(
        "<< >>",
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(said)} beginbfchar\n{rows}"
        "\nendbfchar\nendcmap end end",
    )
    looks = pdf.add(
        "<< /Type /FontDescriptor /FontName /AAAAAA+Own /Flags 4 /FontBBox [0 -300 1000 1000] "
        f"/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 /FontFile2 {file} >>"
    )
    below = pdf.add(
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Own /DW "
        f"{widths} /CIDToGIDMap {to_glyphs} /FontDescriptor {looks} "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
    )
    pdf.name(
        "Font",
        "T0",
        "<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Own /Encoding /Identity-H "
        f"/DescendantFonts [{below}] /ToUnicode {unicode} >>",
    )
    return "".join(f"{code:04x}" for code in range(1, len(said) + 1))


def _copy(font: Any) -> Any:
    from fontTools.ttLib import TTFont

    data = io.BytesIO()
    font.save(data)
    data.seek(0)
    return TTFont(data)


def own(name: str, shown: Callable[[str], str], size: float = 10, **how: Any) -> None:
    """A way by an embedded font; `shown` is what it shows of the sentence, letter by letter."""

    def make(pdf: Raw, said: str) -> str:
        codes = truetype(pdf, shown(said), said, **how)
        return f"BT /T0 {size} Tf 72 360 Td <{codes}> Tj ET"

    WAYS[name] = make


def _other(said: str) -> str:
    """Each letter as the one thirteen further on."""
    return "".join(
        chr((ord(char.lower()) - 97 + 13) % 26 + 97) if char.isalpha() else char for char in said
    )


def _pangram(said: str) -> str:
    """A harmless sentence, as long as the hidden one."""
    return ("We thank all of our colleagues for many helpful remarks on drafts of it " * 2)[
        : len(said)
    ]


own("glyphs that are empty", lambda said: " " * len(said))
own("glyphs of full stops", lambda said: "." * len(said))
own("glyphs of one letter", lambda said: "o" * len(said))
own("glyphs of one wide letter", lambda said: "M" * len(said))
own("glyphs of dashes", lambda said: "-" * len(said))
own("glyphs of digits", lambda said: "".join(str(n % 10) for n in range(len(said))))
own("glyphs of a harmless sentence", _pangram)
own("glyphs of letters further on", _other)
own("glyphs upside down", lambda said: said[::-1])
own("glyphs made small", str, scale=0.12)
own("glyphs moved away", str, size=50, move=30000, widths=120)
own("glyphs of a large font made small", str, size=40, scale=0.05, widths=150)
own("glyphs without a width", str, widths=0)


@way
def a_font_for_each_letter(pdf: Raw, said: str) -> str:
    """No font has enough letters to be judged by."""
    shown, parts = _pangram(said), []
    for at in range(0, len(said), 3):
        codes = truetype(pdf, shown[at : at + 3], said[at : at + 3])
        pdf.name("Font", f"W{at}", pdf.kinds["Font"].pop("T0"))
        parts.append(f"/W{at} 10 Tf <{codes}> Tj")
    return f"BT 72 360 Td {' '.join(parts)} ET"


@way
def a_font_that_tells_the_truth_elsewhere(pdf: Raw, said: str) -> str:
    honest = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = truetype(pdf, honest + _pangram(said), honest + said)
    cut = 4 * len(honest)
    return (
        f"BT /T0 6 Tf 72 400 Td <{codes[:cut]}> Tj ET BT /T0 10 Tf 72 360 Td <{codes[cut:]}> Tj ET"
    )


@way
def standard_font_without_the_glyphs(pdf: Raw, said: str) -> str:
    names = " ".join(f"{ord(char)} /none{ord(char)}" for char in dict.fromkeys(said))
    said_as = pdf.unicode({ord(char): char for char in said})
    coding = f"<< /Type /Encoding /Differences [{names}] >>"
    head = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica"
    pdf.name("Font", "U", f"<< {head} /Encoding {coding} /ToUnicode {said_as} >>")
    return f"BT /U 10 Tf 72 360 Td ({said}) Tj ET"


@way
def standard_font_with_other_names(pdf: Raw, said: str) -> str:
    """The codes' names are those of other letters, and nothing says so."""
    other = dict(zip(said, _pangram(said), strict=True))
    names = " ".join(f"{ord(a)} /{b if b.isalpha() else 'space'}" for a, b in other.items())
    said_as = pdf.unicode({ord(char): char for char in said})
    coding = f"<< /Type /Encoding /Differences [{names}] >>"
    head = "/Type /Font /Subtype /Type1 /BaseFont /Times-Roman"
    pdf.name("Font", "U", f"<< {head} /Encoding {coding} /ToUnicode {said_as} >>")
    return f"BT /U 10 Tf 72 360 Td ({said}) Tj ET"


def dingbats(font: str) -> Way:
    def make(pdf: Raw, said: str) -> str:
        said_as = pdf.unicode({ord(char): char for char in said})
        head = f"/Type /Font /Subtype /Type1 /BaseFont /{font}"
        pdf.name("Font", "U", f"<< {head} /ToUnicode {said_as} >>")
        return f"BT /U 10 Tf 72 360 Td ({said}) Tj ET"

    return make


WAYS["ornaments that say letters"] = dingbats("ZapfDingbats")
WAYS["symbols that say letters"] = dingbats("Symbol")


def drawn(
    name: str, procedure: str, size: float = 10, matrix: str = "", at: str = "72 360"
) -> None:
    """A way by a font that draws the same for each letter."""

    def make(pdf: Raw, said: str) -> str:
        pdf.type3(procedure, said)
        if matrix:
            font = pdf.kinds["Font"]["T3"].replace("[0.001 0 0 0.001 0 0]", f"[{matrix}]")
            pdf.name("Font", "T3", font)
        return f"BT /T3 {size} Tf {at} Td ({said}) Tj ET"

    WAYS[name] = make


drawn("font that draws a hair", "500 0 d0 0 0 400 8 re f")
drawn("font that draws off-white", "500 0 d0 0.96 g 0 0 400 700 re f")
drawn("font that draws stripes", "500 0 d0 0 0 60 700 re 200 0 60 700 re 400 0 60 700 re f")
drawn(
    "font that draws a ring",
    "500 0 d0 60 w 50 350 m 50 700 450 700 450 350 c 450 0 50 0 50 350 c S",
)
drawn("font that draws far away", "500 0 d0 90000 0 400 700 re f")
drawn("font of a tiny matrix", "500 0 d0 0 0 400 700 re f", matrix="0.00002 0 0 0.00002 0 0")
drawn(
    "font that draws a picture",
    "500 0 d0 q 400 0 0 700 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q",
)
drawn("font that draws a letter", "500 0 d0 0 0 90 700 re 0 0 400 90 re f")
drawn("font that draws corners under a line", "500 0 d0 0 0 9 9 re 491 691 9 9 re f", at="72 735")
drawn("rules in the place of a line's own", "500 0 d0 0 0 500 30 re f", at="72 738")

# --- letters -------------------------------------------------------------------------------------

LATIN = "abcdefghijklmnopqrstuvwxyz"


def written(name: str, letter: Callable[[str], str], hide: str = "1 g") -> None:
    """A way by other characters: what each letter of the sentence is said to be, in white."""

    def make(pdf: Raw, said: str) -> str:
        said_as = pdf.unicode({ord(char): letter(char) for char in said})
        pdf.name("Font", "U", f"<< {FONT} /Helvetica /ToUnicode {said_as} >>")
        return f"{hide} BT /U 10 Tf 72 360 Td ({said}) Tj ET"

    WAYS[name] = make


def moved(start: int, digits: int = 0) -> Callable[[str], str]:
    """Letters, and digits, by where their twins begin."""

    def letter(char: str) -> str:
        if char.lower() in LATIN and char != " ":
            return chr(start + LATIN.index(char.lower()))
        return chr(digits + int(char)) if digits and char.isdigit() else char

    return letter


def of(table: str) -> Callable[[str], str]:
    return lambda char: dict(zip(LATIN, table, strict=True)).get(char.lower(), char)


for _name, _start, _digits in (
    ("full-width letters", 0xFF41, 0xFF10), ("mathematical bold", 0x1D41A, 0x1D7CE),
    ("mathematical script", 0x1D4EA, 0), ("double-struck letters", 0x1D552, 0x1D7D8),
    ("circled letters", 0x24D0, 0), ("letters in brackets", 0x249C, 0),
    ("squared letters", 0x1F130, 0), ("letters of flags", 0x1F1E6, 0),
    ("black squares of letters", 0x1F170, 0), ("monospaced letters", 0x1D68A, 0x1D7F6),
):  # fmt: skip
    written(f"white {_name}", moved(_start, _digits))
written("white Braille", of("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"))
written("white raised letters", of("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖqʳˢᵗᵘᵛʷˣʸᶻ"))
written("white small capitals", of("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ"))
written("white look-alikes", of("аЬсԁеfɡһіјκӏмпорqгѕтцѵωхуz"))
written("white letters upside down", of("ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz"))
for _name, _sign in {
    "joiners": "\u200d", "Hangul fillers": "\u3164", "soft hyphens": "\u00ad",
    "accents": "\u0301\u0323", "variation selectors": "\ufe0f", "bidi marks": "\u202e",
    "tags": "\U000e0041", "word joiners": "\u2060", "Mongolian separators": "\u180e",
}.items():  # fmt: skip
    written(f"white letters with {_name} between", lambda char, sign=_sign: char + sign)  # type: ignore[misc]
written("letters behind blanks of fillers", lambda char: "\u3164" + char, "3 Tr")
written("glyphs that say their letter and more", lambda char: char * 3, "0 g")
written("glyphs that say a blank and a letter", lambda char: f" {char}", "1 g")
WAYS["white and backwards"] = lambda pdf, said: f"1 g {text(said[::-1])}"


# --- text that stands for other text -------------------------------------------------------------

add("replacement of a blank", f"/Span << /ActualText (SAID) >> BDC {text(' ')} EMC")
add(
    "replacement within a replacement",
    f"/Span << /ActualText (a) >> BDC /Span << /ActualText (SAID) >> BDC {text('width')} EMC EMC",
)
add(
    "replacement of one letter each",
    " ".join(
        f"/Span << /ActualText (SAID) >> BDC {text(c, x=72 + 9 * n)} EMC"
        for n, c in enumerate("loss")
    ),
)


@way
def replacement_in_utf_16(pdf: Raw, said: str) -> str:
    code = ("\ufeff" + said).encode("utf-16-be").hex()
    return f"/Span << /ActualText <{code}> >> BDC {text('width')} EMC"


@way
def replacement_within_a_form(pdf: Raw, said: str) -> str:
    pdf.name("XObject", "X", pdf.form(f"/Span << /ActualText ({said}) >> BDC {text('width')} EMC"))
    return "/X Do"


# --- between words -------------------------------------------------------------------------------


@way
def tiny_word_by_word_between_words(pdf: Raw, said: str) -> str:
    rows = [
        f"/F1 10 Tf (Here we say) Tj /F1 1 Tf ( {word} ) Tj /F1 10 Tf (and go on.) Tj 0 -14 Td"
        for word in said.split()
    ]
    return f"BT 72 500 Td {' '.join(rows)} ET"


@way
def invisible_word_by_word_on_words(pdf: Raw, said: str) -> str:
    rows = [
        f"0 Tr (Here we say that we go on.) Tj 3 Tr 0 0 Td ( {word} ) Tj 0 -14 Td"
        for word in said.split()
    ]
    return f"BT /F1 10 Tf 72 500 Td {' '.join(rows)} ET"


@way
def white_at_the_ends_of_lines(pdf: Raw, said: str) -> str:
    rows = [
        f"0 g (A line that ends before the margin.) Tj 1 g ( {word}) Tj 0 -14 Td"
        for word in said.split()
    ]
    return f"BT /F1 10 Tf 72 500 Td {' '.join(rows)} ET"


@way
def white_word_by_word_over_the_page(pdf: Raw, said: str) -> str:
    return "1 g " + " ".join(
        text(word, 72 + 140 * (n % 3), 500 - 40 * n) for n, word in enumerate(said.split())
    )


@way
def white_up_the_margin(pdf: Raw, said: str) -> str:
    return f"1 g BT /F1 10 Tf 0 1 -1 0 40 200 Tm ({said}) Tj ET"


@way
def white_askew(pdf: Raw, said: str) -> str:
    return f"1 g BT /F1 10 Tf 0.71 0.71 -0.71 0.71 100 100 Tm ({said}) Tj ET"
