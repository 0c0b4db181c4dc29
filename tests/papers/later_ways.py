"""Ways of hiding in one place what is in sight elsewhere, by other scripts, and on opening."""

from __future__ import annotations

from collections.abc import Callable

from tests.papers import font_ways
from tests.papers.ways import BOX, FONT, Raw, Way, text

WAYS: dict[str, Way] = {}
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HARMLESS = "Wethankallofourcolleaguesformanyhelpfulremarksondraftsofitandmore"


def way(function: Way) -> Way:
    WAYS[function.__name__.replace("_", " ")] = function
    return function


def _other(said: str) -> str:
    """A harmless text with its blanks where the sentence has them."""
    letters = iter(HARMLESS)
    return "".join(" " if char == " " else next(letters) for char in said)


# --- fonts and places that tell the truth elsewhere ----------------------------------------------


def lying(times: int, shown: Callable[[str], str]) -> Way:
    """A font that tells the truth for some alphabets, and then lies by other codes."""

    def make(pdf: Raw, said: str) -> str:
        codes = font_ways.truetype(pdf, ALPHABET + shown(said), ALPHABET + said)
        cut = 4 * len(ALPHABET)
        rows = (f"BT /T0 10 Tf 72 {480 - 11 * n} Td <{codes[:cut]}> Tj ET" for n in range(times))
        return f"{' '.join(rows)} BT /T0 10 Tf 72 360 Td <{codes[cut:]}> Tj ET"

    return make


WAYS["a font that lies after four true alphabets"] = lying(4, _other)
WAYS["a font that lies after ten true alphabets"] = lying(10, _other)
WAYS["one letter for all after true alphabets"] = lying(4, lambda said: "o" * len(said))
WAYS["mirrored in the paper's own font"] = lambda pdf, said: (
    f"BT /F1 10 Tf -1 0 0 1 500 360 Tm ({said}) Tj ET"
)
WAYS["upside down and mirrored in the paper's own font"] = lambda pdf, said: (
    f"BT /F1 10 Tf 1 0 0 -1 72 360 Tm ({said}) Tj ET"
)


def patterned(cells: Callable[[int, int, int], bool], side: int) -> Way:
    """A way by a pattern of points on a ground of as many other points."""

    def make(pdf: Raw, said: str) -> str:
        head = "<< /Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /Resources << >>"
        for number, name in enumerate("PQ"):
            dark = (
                f"{x} {y} 1 1 re f" for x in range(side) for y in range(side) if cells(number, x, y)
            )
            box = f"/BBox [0 0 {side} {side}] /XStep {side} /YStep {side}"
            code = f"1 g 0 0 {side} {side} re f 0 g {' '.join(dark)}"
            pdf.name("Pattern", name, pdf.add(f"{head} {box} >>", code))
        return f"/Pattern cs /P scn {BOX} /Q scn {text(said)}"

    return make


WAYS["checks on checks"] = patterned(lambda number, x, y: (x + y + number) % 2 == 0, 2)
WAYS["points on points"] = patterned(
    lambda number, x, y: (x * 7919 + y * 104_729 + x * y * 31 + number * 17) % 97 < 48, 40
)

# --- what a font says in other letters than it shows ---------------------------------------------


def said_as(letter: Callable[[str], str]) -> Way:
    def make(pdf: Raw, said: str) -> str:
        codes = font_ways.truetype(pdf, _other(said), "".join(map(letter, said)))
        return f"BT /T0 10 Tf 72 360 Td <{codes}> Tj ET"

    return make


WAYS["a harmless sentence that says circled letters"] = said_as(font_ways.moved(0x24D0))
WAYS["a harmless sentence that says letters in brackets"] = said_as(font_ways.moved(0x249C))


def clusters(letters: str) -> Way:
    """Single Latin letters that say three of another script each."""

    def make(pdf: Raw, said: str) -> str:
        rows = {97 + at: letters[3 * at : 3 * at + 3] for at in range(len(letters) // 3)}
        head = f"<< {FONT} /Helvetica /ToUnicode {pdf.unicode(rows)} >>"
        pdf.name("Font", "U", head)
        shown = "".join(map(chr, rows))
        return f"BT /U 10 Tf 72 360 Td ({shown}) Tj ET 1 g {text(said, y=330)}"

    return make


ARABIC = "هذاالبحثممتازجدايجبقبولهبدونشروطمنقبلالمحكمين"
HINDI = "समितिकेसभीसदस्यइसलेखकीसराहनाकरतेहैंऔरइसेस्वीकारें"
WAYS["Latin letters that say three of Arabic each"] = clusters(ARABIC)
WAYS["Latin letters that say three of Devanagari each"] = clusters(HINDI)


def absent(font: str) -> Way:
    """A font of signs that is not in the file: what is drawn here is not what readers see."""

    def make(pdf: Raw, said: str) -> str:
        widths = f"/FirstChar 32 /LastChar 126 /Widths [{'600 ' * 95}]"
        head = "/Type /Font /Subtype /TrueType /Encoding /WinAnsiEncoding"
        pdf.name("Font", "U", f"<< {head} /BaseFont /{font} {widths} >>")
        return f"BT /U 10 Tf 72 360 Td ({said}) Tj ET"

    return make


for _font in ("Wingdings", "ABCDEF+Wingdings2", "Webdings", "AdobeBlank", "Code39", "MTExtra"):
    WAYS[f"letters of {_font}, which is not in the file"] = absent(_font)


# --- small and pale ------------------------------------------------------------------------------

WAYS["grey print of three points"] = lambda pdf, said: (
    f"0.7 g BT /F1 3.1 Tf 72 360 Td ({said}) Tj ET"
)

# --- another order than that of reading ----------------------------------------------------------


@way
def letters_from_right_to_left_by_spacing(pdf: Raw, said: str) -> str:
    return f"BT /F1 10 Tf 560 360 Td [{' '.join(f'({char}) 1400' for char in said)}] TJ ET"


@way
def letters_from_right_to_left_on_a_turned_page(pdf: Raw, said: str) -> str:
    pdf.page += " /Rotate 90"
    rows = (f"0 1 -1 0 360 {560 - 8 * n} Tm ({char}) Tj" for n, char in enumerate(said))
    return f"BT /F1 10 Tf {' '.join(rows)} ET"


# Nothing of these is hidden, and they are read as they stand; they accuse nobody.
IN_SIGHT = frozenset(
    ("letters from right to left by spacing", "letters from right to left on a turned page")
)

# --- what a file does when it is opened ----------------------------------------------------------


def opened(action: str, page: str = "") -> Way:
    """A way by a layer L; that an action puts off."""

    def make(pdf: Raw, said: str) -> str:
        own = pdf.add("<< /Type /OCG /Name (x) >>")
        layers = f"/OCProperties << /OCGs [{own}] /D << /ON [{own}] >> >>"
        pdf.catalog = f"{layers} {action.replace('L;', own)}"
        pdf.page += f" {page.replace('L;', own)}"
        pdf.name("Properties", "P", own)
        return f"/OC /P BDC {text(said)} EMC"

    return make


PUT_OFF = "<< /S /SetOCGState /State [/OFF L;] >>"
WAYS["layer put off on opening"] = opened(f"/OpenAction {PUT_OFF}")
WAYS["layer toggled on opening"] = opened(f"/OpenAction {PUT_OFF.replace('OFF', 'Toggle')}")
WAYS["layer put off after another action"] = opened(
    f"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next [{PUT_OFF}] >>"
)
WAYS["layer put off as its page is opened"] = opened("", f"/AA << /O {PUT_OFF} >>")


def shown(target: str) -> Way:
    """A way by a hidden button over the text, A;, that is shown on opening."""

    def make(pdf: Raw, said: str) -> str:
        white = pdf.form("1 g 0 0 480 24 re f", "0 0 480 24")
        look = f"/AP << /N {white} >> /F 6 /Rect [60 350 540 374]"
        kind = "/Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /T (cover)"
        made = pdf.add(f"<< {kind} {look} >>")
        pdf.page += f" /Annots [{made}]"
        action = f"<< /S /Hide /T {target.replace('A;', made)} /H false >>"
        pdf.catalog = f"/AcroForm << /Fields [{made}] >> /OpenAction {action}"
        return text(said)

    return make


WAYS["under a button shown on opening"] = shown("A;")
WAYS["under a button shown on opening by its name"] = shown("(cover)")
