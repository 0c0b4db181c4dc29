"""Ways of hiding by what PDFium passes by and other viewers follow, and letter by letter."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.papers.ways import BOX, FONT, Raw, Way, text

WAYS: dict[str, Way] = {}
GROUP = "/Group << /S /Transparency %s >>"


def group(name: str, state: str, cover: str, extra: str = "/K true") -> None:
    """A way by a knockout group, of which a later object takes away the sentence under it."""

    def make(pdf: Raw, said: str) -> str:
        pdf.name("ExtGState", "G", f"<< {state} >>")
        code = f"0 g {text(said)} /G gs {cover} {BOX}"
        pdf.name("XObject", "X", pdf.form(code, extra=GROUP % extra))
        return "/X Do"

    WAYS[name] = make


group("knocked out by a clear box", "/ca 0", "1 g")
group("knocked out by a nearly clear box", "/ca 0.01", "0 g", "/K true /I true")
group("knocked out by white that multiplies", "/BM /Multiply", "1 g")


def burn(pdf: Raw, said: str) -> str:
    pdf.name("ExtGState", "G", "<< /BM /ColorBurn >>")
    return f"0 0.5 0.5 rg {BOX} /G gs 1 g {text(said)}"


WAYS["white that burns on teal"] = burn


def layer(name: str, default: str, usage: str) -> None:
    def make(pdf: Raw, said: str) -> str:
        own = pdf.add(f"<< /Type /OCG /Name (x) /Usage << {usage} >> >>")
        pdf.catalog = f"/OCProperties << /OCGs [{own}] /D << {default.replace('L;', own)} >> >>"
        pdf.name("Properties", "P", own)
        return f"/OC /P BDC {text(said)} EMC"

    WAYS[name] = make


SEEN = "/View << /ViewState /ON >>"
layer("layer off whose use is to be seen", "/OFF [L;]", SEEN)
layer(
    "layer seen at a size only",
    "/AS [<< /Event /View /Category [/View /Zoom] /OCGs [L;] >>]",
    f"{SEEN} /Zoom << /min 8 >>",
)
layer(
    "layer off as it does not print",
    "/AS [<< /Event /View /Category [/Print] /OCGs [L;] >>]",
    "/Print << /PrintState /OFF >>",
)

WHITE = "<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [1] /C1 [1] >>"
DEFAULT = f"/DefaultGray [/Separation /X /DeviceGray {WHITE}]"


def default(code: str) -> Way:
    def make(pdf: Raw, said: str) -> str:
        fonts = f"/Font << /F1 << {FONT} /Helvetica >> >>"
        head = "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792]"
        own = f"{head} /Resources << /ColorSpace << {DEFAULT} >> {fonts} >> >>"
        pdf.name("XObject", "X", pdf.add(own, f"{code} {text(said)}"))
        return "/X Do"

    return make


WAYS["black that is white by default"] = default("0 g")
WAYS["the device's black that is white by default"] = default("/DeviceGray cs 0 scn")


def way(function: Way) -> Way:
    WAYS[function.__name__.replace("_", " ")] = function
    return function


# --- letters between, apart from and beside others -----------------------------------------------


@way
def each_second_letter_white(pdf: Raw, said: str) -> str:
    letters = " ".join(f"{n % 2} g ({letter}) Tj" for n, letter in enumerate(said))
    return f"BT /F1 10 Tf 72 360 Td {letters} ET"


@way
def letters_scattered_over_the_page(pdf: Raw, said: str) -> str:
    places = random.Random(5)
    return "0 g " + " ".join(
        text(letter, places.randrange(60, 540), places.randrange(60, 560))
        for letter in said
        if letter != " "
    )


@way
def each_second_letter_far_below(pdf: Raw, said: str) -> str:
    rows = (
        f"1 0 0 1 {72 + 4 * n} {360 if n % 2 else 100} Tm ({letter}) Tj"
        for n, letter in enumerate(said)
    )
    return f"0 g BT /F1 10 Tf {' '.join(rows)} ET"


def sheared(pdf: Raw, said: str) -> str:
    return f"0 g BT /F1 10 Tf 1 1 1 1 72 360 Tm ({said}) Tj ET"


WAYS["letters sheared to a slanting line"] = sheared

CHEROKEE = dict(zip("ABCDEGHIJKLMNOPRSTVWYZ", "ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷɴϴᏢᎡᏚᎢᏙᎳᎩᏃ", strict=True))


def written(letter: Callable[[str], str], hide: str) -> Way:
    def make(pdf: Raw, said: str) -> str:
        said_as = pdf.unicode({ord(char): letter(char) for char in said})
        pdf.name("Font", "U", f"<< {FONT} /Helvetica /ToUnicode {said_as} >>")
        return f"{hide} BT /U 10 Tf 72 360 Td ({said}) Tj ET"

    return make


WAYS["white letters of the Cherokee"] = written(lambda c: CHEROKEE.get(c.upper(), c), "1 g")
WAYS["white letters each with a private one"] = written(lambda c: c + chr(0xE000 + ord(c)), "1 g")
WAYS["letters each said beside one other"] = written(lambda c: f"o{c}", "0 g")
WAYS["letters said by variation selectors"] = written(
    lambda c: f"o{chr(0xE0100 + ord(c) - 16)}", "0 g"
)


def outlined(width: float) -> Way:
    return lambda pdf, said: f"0 g {width} w BT 2 Tr /F1 10 Tf 72 360 Td ({said}) Tj ET"


WAYS["letters drowned in their outlines"] = outlined(9)
WAYS["letters half drowned in their outlines"] = outlined(3)
