"""More ways of painting over, out or away: variants that an attacker may think of next."""

from __future__ import annotations

from collections.abc import Callable

from tests.papers.ways import BOX, Raw, Way, text

WAYS: dict[str, Way] = {}

# Of these nothing is read, or letters piled up that tell nobody anything: they accuse nobody.
UNREAD = frozenset((
    "no width at all", "letter upon letter", "letters at one place by spacing",
))  # fmt: skip


def add(name: str, code: str, prepare: Callable[[Raw], object] = lambda pdf: None) -> None:
    """A way by operators, SAID or T; in them for the sentence, and by what `prepare` adds."""

    def make(pdf: Raw, said: str) -> str:
        prepare(pdf)
        return code.replace("T;", text(said)).replace("SAID", said)

    WAYS[name] = make


def naming(kind: str, name: str, body: str) -> Callable[[Raw], object]:
    return lambda pdf: pdf.name(kind, name, body)


def state(name: str, entries: str, code: str = "/G gs T;") -> None:
    add(name, code, naming("ExtGState", "G", f"<< {entries} >>"))


# --- colours -------------------------------------------------------------------------------------

TINT = "<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [0 0 0 0] /C1 [0 0 0 1] >>"
TWO = "<< /FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1 0 1] >>"
POINT = "/WhitePoint [0.95 1 1.09]"
for _name, _space, _code in (
    ("all colours at zero", f"[/Separation /All /DeviceCMYK {TINT}]", "0 scn"),
    ("a spot colour at 3 in 100", f"[/Separation /Ink /DeviceCMYK {TINT}]", "0.03 scn"),
    ("device N of None", f"[/DeviceN [/None] /DeviceCMYK {TINT}]", "1 scn"),
    ("device N of None twice", f"[/DeviceN [/None /None] /DeviceCMYK {TWO}]", "1 1 scn"),
    ("off-white of Lab", f"[/Lab << {POINT} /Range [-9 9 -9 9] >>]", "96 0 2 scn"),
    ("calibrated by its gamma", f"[/CalRGB << {POINT} /Gamma [0.1 0.1 0.1] >>]", "0.6 0.6 0.6 scn"),
    ("calibrated grey by its gamma", f"[/CalGray << {POINT} /Gamma 0.05 >>]", "0.4 scn"),
    ("indexed off-white", "[/Indexed /DeviceRGB 1 <000000F8F8F4>]", "1 scn"),
):  # fmt: skip
    add(_name, f"/C cs {_code} T;", naming("ColorSpace", "C", _space))


def profiled(pdf: Raw) -> None:
    profile = pdf.add("<< /N 3 /Alternate /DeviceRGB >>", "no profile")
    pdf.name("ColorSpace", "C", f"[/ICCBased {profile}]")


def inks(pdf: Raw) -> None:
    tint = pdf.add("<< /FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1 0 1] >>", "{ 0 0 }")
    pdf.name("ColorSpace", "C", f"[/DeviceN [/Red /Blue] /DeviceCMYK {tint}]")


add("white of a profile", "/C cs 1 1 1 scn T;", profiled)
add("two inks at zero", "/C cs 0 0 scn T;", inks)
for _name, _code in {
    "pale green": "0.82 1 0.82 rg",
    "pale cyan": "0.15 0 0 0 k",
    "cream": "1 0.99 0.88 rg",
    "grey of four fifths": "0.83 g",
}.items():
    add(_name, f"{_code} T;")
add("white in large print", "1 g BT /F1 17 Tf 40 360 Td (SAID) Tj ET")
add("off-white in large print", "0.97 g BT /F1 17 Tf 40 360 Td (SAID) Tj ET")
add(
    "black on a black image",
    "q 480 0 0 24 60 350 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q 0 g T;",
)
for _mode in ("Overlay", "SoftLight", "ColorBurn", "Saturation", "Luminosity"):
    state(f"blend {_mode}", f"/BM /{_mode}", f"/G gs {int(_mode == 'Luminosity')} g T;")
state("blend of a list", "/BM [/Unknown /Screen]", "/G gs 0 g T;")
state("blend of a list of burns", "/BM [/ColorBurn /Normal]", "/G gs 0 g T;")
state("blend by another spelling", "/B#4d /Color#42urn", "/G gs 0 g T;")
state("white by hard light", "/BM /HardLight", "/G gs 1 g T;")
state("nothing by overprint", "/OP true /op true /OPM 1", "/G gs 0 0 0 0 k T;")
state(
    "white by a transfer function",
    f"/TR {TINT.replace('[0 0 0 0]', '[1]').replace('[0 0 0 1]', '[1]')}",
)
state("opacity of 5 in 100 in large print", "/ca 0.05", "/G gs BT /F1 17 Tf 40 360 Td (SAID) Tj ET")
state("opaque but not its outline", "/ca 0 /CA 1", "/G gs T;")
add("thin white outline on white fill", "1 g 1 G 0.1 w BT 2 Tr /F1 10 Tf 72 360 Td (SAID) Tj ET")
add("outline without a width", "0.98 G 0 w BT 1 Tr /F1 10 Tf 72 360 Td (SAID) Tj ET")


def tiling(code: str, paint: int = 1) -> Callable[[Raw], object]:
    head = f"<< /Type /Pattern /PatternType 1 /PaintType {paint} /TilingType 1 /BBox [0 0 9 9]"

    def prepare(pdf: Raw) -> None:
        pdf.name("Pattern", "P", pdf.add(f"{head} /XStep 9 /YStep 9 /Resources << >> >>", code))
        pdf.name("ColorSpace", "U", "[/Pattern /DeviceGray]")

    return prepare


def shading(kind: int, coords: str, colours: str) -> Callable[[Raw], object]:
    function = f"<< /FunctionType 2 /Domain [0 1] /N 1 {colours} >>"
    made = (
        f"<< /ShadingType {kind} /ColorSpace /DeviceRGB /Coords [{coords}] /Function {function} >>"
    )

    def prepare(pdf: Raw) -> None:
        pdf.name("Pattern", "P", f"<< /PatternType 2 /Shading {made} >>")
        pdf.name("Shading", "S", made)

    return prepare


PALE = "/C0 [1 1 1] /C1 [0.96 0.96 0.96]"
add("pattern of nothing", "/Pattern cs /P scn T;", tiling(""))
add("pattern of white by its colour", "/U cs 1 /P scn T;", tiling("0 0 9 9 re f", 2))
add("pattern of specks", "/Pattern cs /P scn T;", tiling("0 g 0 0 0.3 0.3 re f"))
add(
    "pattern beyond its ends",
    "/Pattern cs /P scn T;",
    shading(2, "0 0 9 0", "/C0 [0 0 0] /C1 [0 0 0]"),
)
add("pale circles", "/Pattern cs /P scn T;", shading(3, "300 360 0 300 360 600", PALE))
add("under a pattern", f"T; /Pattern cs /P scn {BOX}", tiling("1 g 0 0 9 9 re f"))
add("under a pattern by its colour", f"T; /U cs 0.9 /P scn {BOX}", tiling("0 0 9 9 re f", 2))
add(
    "under circles",
    f"T; {BOX.replace(' f', ' W n')} /S sh",
    shading(3, "300 360 0 300 360 600", PALE),
)

# --- soft masks ----------------------------------------------------------------------------------

GROUP = "/Group << /S /Transparency /CS /DeviceGray >>"


def mask(name: str, kind: str, code: str, extra: str = "", use: str = "/G gs T;") -> None:
    def prepare(pdf: Raw) -> None:
        form = pdf.form(code, extra=GROUP)
        pdf.name("ExtGState", "G", f"<< /SMask << /S /{kind} /G {form} {extra} >> >>")

    add(name, use, prepare)


INVERSE = "<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [1] /C1 [0] >>"
ALL = "0 0 612 792 re f"
mask("mask of a dark grey", "Luminosity", f"0.03 g {ALL}")
mask("mask with a black ground", "Luminosity", "", "/BC [0]")
mask("mask turned round", "Luminosity", f"1 g {ALL}", f"/TR {INVERSE}")
mask("alpha mask turned round", "Alpha", f"0 g {ALL}", f"/TR {INVERSE}")
mask("alpha mask elsewhere", "Alpha", "0 g 0 0 72 300 re f")
mask("mask with a hole", "Luminosity", f"1 g {ALL} 0 g {BOX}")
mask(
    "mask of stripes",
    "Luminosity",
    "1 g " + " ".join(f"{60 + 9 * n} 350 0.5 24 re f" for n in range(54)),
)
mask(
    "mask in large print",
    "Luminosity",
    f"0 g {ALL}",
    "",
    "/G gs BT /F1 17 Tf 40 360 Td (SAID) Tj ET",
)
mask("mask of a form", "Luminosity", f"0 g {ALL}", "", "/G gs q T; Q")
mask(
    "mask just under a line", "Luminosity", f"0 g {ALL}", "",
    "/G gs BT /F1 10 Tf 72 735 Td (SAID) Tj ET",
)  # fmt: skip


def way(function: Way) -> Way:
    WAYS[function.__name__.replace("_", " ")] = function
    return function


@way
def form_under_a_mask(pdf: Raw, said: str) -> str:
    group = pdf.form(f"0 g {ALL}", extra=GROUP)
    pdf.name("XObject", "X", pdf.form(text(said), extra="/Group << /S /Transparency >>"))
    pdf.name("ExtGState", "G", f"<< /SMask << /S /Luminosity /G {group} >> >>")
    return "/G gs /X Do"


def picture(
    name: str, entries: str, data: str, code: str = "T; q 480 0 0 24 60 350 cm /I Do Q"
) -> None:
    """A way by an image of 2 x 2 pixels, MASK in its entries for one as its mask."""

    def prepare(pdf: Raw) -> None:
        head = "<< /Type /XObject /Subtype /Image /Width 2 /Height 2"
        own = pdf.add(f"{head} /BitsPerComponent 8 /ColorSpace /DeviceGray >>", "\xf8" * 4)
        pdf.name("XObject", "I", pdf.add(f"{head} {entries.replace('MASK', own)} >>", data))

    add(name, code, prepare)


EIGHT = "/BitsPerComponent 8 /ColorSpace /DeviceGray"
picture("under a picture with opacity", f"{EIGHT} /SMask MASK", "\xff" * 4)
picture(
    "under a stencil",
    "/BitsPerComponent 1 /ImageMask true",
    "\x00\x00",
    "T; 1 g q 480 0 0 24 60 350 cm /I Do Q",
)
picture("under a picture with a colour key", f"{EIGHT} /Mask [0 9]", "\xff" * 4)
picture("under a picture turned", EIGHT, "\xff" * 4, "T; q -480 0 0 -24 540 374 cm /I Do Q")
picture("under half a picture each", EIGHT, "\xff" * 4,
        "T; q 240 0 0 24 60 350 cm /I Do Q q 240 0 0 24 300 350 cm /I Do Q")  # fmt: skip
add("under an inline stencil", "T; 1 g q 480 0 0 24 60 350 cm BI /W 1 /H 1 /IM true ID \x00 EI Q")

# --- clips and covers ----------------------------------------------------------------------------

COMB = " ".join(f"{60 + 6 * n} 350 0.4 24 re" for n in range(80))
HATCH = " ".join(f"60 {350 + n / 2} m 540 {350 + n / 2} l S" for n in range(48))
STROKES = " ".join(f"{60 + 2 * n} 350 m {60 + 2 * n} 374 l S" for n in range(240))
LINES = " ".join(f"60 {350 + 3 * n} 480 0.15 re" for n in range(8))
for _name, _code in {
    "hole by its direction": (
        "0 0 m 612 0 l 612 792 l 0 792 l h 60 350 m 60 374 l 540 374 l 540 350 l h W n T;"
    ),
    "clip of a triangle away": "0 0 m 50 0 l 0 50 l h W n T;",
    "clip of curves away": "0 0 m 0 90 90 90 90 0 c h W n T;",
    "clip without a path": "72 360 m W n T;",
    "clip of a line": "72 360 m 540 360 l W n T;",
    "clip to a comb": f"{COMB} W n T;",
    "clip to hair lines": f"{LINES} W n T;",
    "clip within a clip": "60 350 480 24 re W n q 60 400 480 24 re W n T; Q",
    "clip to other letters": (
        "q BT 7 Tr /F1 10 Tf 72 500 Td (elsewhere) Tj ET q 0 0 1 1 re W n "
        "BT 0 Tr /F1 10 Tf 72 360 Td (SAID) Tj ET Q Q"
    ),
    "clip to the feet": "60 350 480 11 re W n T;",
    "clip to the heads": "60 366.3 480 11 re W n T;",
    "under a turned box": "T; 1 g q 0.999 0.035 -0.035 0.999 60 335 cm 0 0 500 40 re f Q",
    "under a box twice": f"T; 0.5 g {BOX} 1 g {BOX}",
    "under a box with an outline": f"T; 1 g 0 G {BOX.replace(' f', ' B')}",
    "under a white hatch": f"T; 1 G 0.8 w {HATCH}",
    "under upright strokes": f"T; 1 G 3 w {STROKES}",
    "under large letters": (
        "T; 1 g BT /F1 80 Tf 40 340 Td -40 Tc (MMMMMMMMMMMMMMMMMMMMMMMM) Tj ET"
    ),
    "under squares of a font": (
        "T; 1 g BT /Z 30 Tf 60 350 Td -2 Tc (nnnnnnnnnnnnnnnnnnnnnnnn) Tj ET"
    ),
    "white twin over it": "0 g T; 1 g T;",
    "white twin a hair beside": "0 g T; 1 g 1 G 1 w BT 2 Tr /F1 10 Tf 72.2 360.1 Td (SAID) Tj ET",
    "under its own white outline": "0 g 1 G 3 w BT 2 Tr /F1 10 Tf 72 360 Td (SAID) Tj ET",
    "feet under a box": "T; 1 g 60 357 480 6 re f",
    "but the feet under a box": "T; 1 g 60 361.5 480 12 re f",
}.items():  # fmt: skip
    add(
        _name,
        _code,
        naming("Font", "Z", "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"),
    )


@way
def under_a_knockout_group(pdf: Raw, said: str) -> str:
    code = f"{text(said)} 1 g {BOX}"
    pdf.name("XObject", "X", pdf.form(code, extra="/Group << /S /Transparency /K true >>"))
    return "/X Do"


@way
def in_an_isolated_group_blended(pdf: Raw, said: str) -> str:
    code = f"1 g {ALL} 0.98 g {text(said)}"
    pdf.name("XObject", "X", pdf.form(code, extra="/Group << /S /Transparency /I true >>"))
    pdf.name("ExtGState", "G", "<< /BM /Multiply >>")
    return "/G gs /X Do"


@way
def forms_clipped_by_an_outer_one(pdf: Raw, said: str) -> str:
    pdf.name("XObject", "X", pdf.form(text(said)))
    pdf.name("XObject", "Y", pdf.form("/X Do", "0 0 60 792"))
    return "/Y Do"


@way
def form_flattened(pdf: Raw, said: str) -> str:
    pdf.name("XObject", "X", pdf.form(text(said), extra="/Matrix [1 0 0 0.02 0 350]"))
    return "/X Do"


@way
def form_turned_out_of_the_page(pdf: Raw, said: str) -> str:
    pdf.name("XObject", "X", pdf.form(text(said), extra="/Matrix [0 1 -1 0 -50 0]"))
    return "/X Do"


@way
def under_a_white_type_3_glyph(pdf: Raw, said: str) -> str:
    pdf.type3("500 0 d0 1 g 0 0 500 700 re f", "x")
    return f"{text(said)} BT /T3 40 Tf 60 350 Td ({'x' * 24}) Tj ET"


# --- layers --------------------------------------------------------------------------------------


def layer(name: str, default: str, member: str = "", usage: str = "", code: str = "") -> None:
    """A way by the layer L; and its twin M; which is on, of a page's content or of a form's."""

    def make(pdf: Raw, said: str) -> str:
        off = pdf.add(f"<< /Type /OCG /Name (x) {usage} >>")
        on = pdf.add("<< /Type /OCG /Name (y) >>")

        def filled(body: str) -> str:
            return body.replace("L;", off).replace("M;", on)

        pdf.catalog = filled(f"/OCProperties << /OCGs [L; M;] /D << {default} >> >>")
        own = pdf.add(filled(member)) if member else off
        pdf.name("Properties", "P", own)
        pdf.name("Properties", "Q", on)
        pdf.name("XObject", "X", pdf.form(text(said), extra=f"/OC {own}"))
        pdf.name("XObject", "Y", pdf.form("/X Do"))
        return (code or "/OC /P BDC T; EMC").replace("T;", text(said))

    WAYS[name] = make


MEMBER = "<< /Type /OCMD /OCGs [L; M;]"
VIEW = "/AS [<< /Event /View /Category [/View /Print] /OCGs [L;] >>]"
layer("layer by an expression of two", "/OFF [L;]", f"{MEMBER} /VE [/And M; L;] >>")
layer("layer by an expression in one", "/ON [M;]", f"{MEMBER} /VE [/Not [/Or L; M;]] >>")
layer("layer by any off", "/ON [L; M;]", f"{MEMBER} /P /AnyOff >>")
layer("layer by all on of two", "/OFF [L;]", f"{MEMBER} /P /AllOn >>")
layer("layer off within one that is on", "/OFF [L;]", code="/OC /Q BDC /OC /P BDC T; EMC EMC")
layer("layer on within one that is off", "/OFF [L;]", code="/OC /P BDC /OC /Q BDC T; EMC EMC")
layer(
    "layer that only prints",
    VIEW,
    usage="/Usage << /Print << /PrintState /ON >> /View << /ViewState /OFF >> >>",
)
layer("form of a membership that is off", "/OFF [L;]", f"{MEMBER} /P /AllOn >>", code="/X Do")
layer("form of a layer in a form", "/OFF [L;]", code="/Y Do")
layer("layer neither on nor off", "/BaseState /OFF /ON [M;]")
layer("layer of a design", "/OFF [L;] /Intent /View", usage="/Intent /View")
for _use, _usage in (
    ("Zoom", "/Zoom << /min 20 >>"),
    ("Language", "/Language << /Lang (tlh) /Preferred /OFF >>"),
    ("User", "/User << /Type /Ind /Name (Nobody) >>"),
):
    _event = f"/AS [<< /Event /View /Category [/{_use}] /OCGs [L;] >>]"
    layer(f"layer by {_use.lower()}", _event, usage=f"/Usage << {_usage} >>")

# --- what viewers draw over a page ---------------------------------------------------------------


def note(name: str, kind: str, extra: str = "", field: bool = False, drawn: bool = True) -> None:
    """A way by an annotation with a white look, drawn by itself or by what the viewer makes."""

    def make(pdf: Raw, said: str) -> str:
        white = pdf.form("1 g 0 0 480 24 re f", "0 0 480 24")
        if "/Btn" in extra:
            white = f"<< /Off {white} /Yes {white} >> /AS /Off"
        look = f"/AP << /N {white.replace(' /AS', ' >> /AS') if '/Btn' in extra else white + ' >>'}"
        look = look if drawn else ""
        head = f"<< /Type /Annot /Subtype /{kind} {look} /F 4 /Rect [60 350 540 374] {extra} >>"
        made = pdf.add(head)
        pdf.page += f" /Annots [{made}]"
        if field:
            pdf.catalog = f"/AcroForm << /Fields [{made}] >>"
        return text(said)

    WAYS[name] = make


for _kind in ("Highlight", "Line", "Polygon", "Circle", "Watermark", "Caret", "Text", "PolyLine"):
    note(f"under a {_kind}'s look", _kind)
note("under a choice field", "Widget", "/FT /Ch /T (a) /V ()", field=True)
note("under a tick box", "Widget", "/FT /Btn /T (a)", field=True)
note("under a signature field", "Widget", "/FT /Sig /T (a)", field=True)
note("under a square of its own colour", "Square", "/IC [1 1 1] /C [1 1 1]", drawn=False)
note(
    "under a free text", "FreeText",
    "/C [1 1 1] /DA (/Helv 10 Tf 1 g) /Contents ( ) /BS << /W 0 >>", drawn=False,
)  # fmt: skip
note(
    "under a polygon of its own colour", "Polygon",
    "/IC [1 1 1] /C [1 1 1] /Vertices [60 350 540 350 540 374 60 374]", drawn=False,
)  # fmt: skip
note(
    "under a thick line of its own colour", "Line",
    "/C [1 1 1] /BS << /W 24 >> /L [60 362 540 362]", drawn=False,
)  # fmt: skip

# --- size and place ------------------------------------------------------------------------------

PILED = "BT /F1 10 Tf 72 360 Td [PILE] TJ ET"
for _name, _code in {
    "1.5 points in Times": "BT /F2 1.5 Tf 72 360 Td (SAID) Tj ET",
    "2.8 points": "BT /F2 2.8 Tf 72 360 Td (SAID) Tj ET",
    "sheared to a line": "BT /F1 10 Tf 1 0 80 0.02 72 360 Tm (SAID) Tj ET",
    "turned and flattened": "BT /F1 10 Tf 0 1 -0.01 0 300 300 Tm (SAID) Tj ET",
    "no height at all": "BT /F1 10 Tf 1 0 0 0 72 360 Tm (SAID) Tj ET",
    "no width at all": "BT /F1 10 Tf 0 Tz 72 360 Td (SAID) Tj ET",
    "width of 8 in 100": "BT /F1 10 Tf 8 Tz 72 360 Td (SAID) Tj ET",
    "letters at one place by spacing": "BT /F1 10 Tf -6 Tc 1 Tw 300 360 Td (SAID) Tj ET",
    "letters far apart beyond the page": "BT /F1 10 Tf 700 Tc 600 360 Td (SAID) Tj ET",
    "words beyond the page": "BT /F1 10 Tf 900 Tw 600 360 Td ( SAID) Tj ET",
    "sunk out of the page": "BT /F1 10 Tf -900 Ts 72 360 Td (SAID) Tj ET",
    "under the page's foot": "BT /F1 10 Tf 72 -9 Td (SAID) Tj ET",
    "upside down out of the page": "BT /F1 10 Tf -1 0 0 -1 0 360 Tm (SAID) Tj ET",
    "leading out of the page": "BT /F1 10 Tf 900 TL 72 360 Td T* (SAID) Tj ET",
    "moved by the page out of it": "1 0 0 1 0 -800 cm T;",
    "mirrored out of the page": "-1 0 0 1 0 0 cm T;",
}.items():
    add(_name, _code)


@way
def letters_piled_up(pdf: Raw, said: str) -> str:
    rows = " ".join(f"({letter}) 600" for letter in said if letter != " ")
    return PILED.replace("PILE", rows)


@way
def letter_upon_letter(pdf: Raw, said: str) -> str:
    return " ".join(text(letter) for letter in said if letter != " ")


def page(name: str, entries: str, code: str, before: str = "") -> None:
    def prepare(pdf: Raw) -> None:
        pdf.page, pdf.before = entries, before

    add(name, code, prepare)


SIZE = "/MediaBox [0 0 612 792]"
page(
    "beyond the crop, turned",
    f"{SIZE} /CropBox [0 100 612 792] /Rotate 90",
    "BT /F1 10 Tf 72 50 Td (SAID) Tj ET",
)
page(
    "beyond the crop of a large unit",
    f"{SIZE} /CropBox [0 100 612 792] /UserUnit 2",
    "BT /F1 10 Tf 72 50 Td (SAID) Tj ET",
)
page("beside a moved page", "/MediaBox [0 50 612 792]", "BT /F1 10 Tf 72 20 Td (SAID) Tj ET")
page("upside down and white", f"{SIZE} /Rotate 180", "1 g T;")
page("tiny on a page of small units", f"{SIZE} /UserUnit 1", "BT /F1 1.2 Tf 72 360 Td (SAID) Tj ET")
page(
    "grey on a poster",
    "/MediaBox [0 0 3000 3900]",
    "0.96 g BT /F1 50 Tf 300 1800 Td (SAID) Tj ET",
    "4.9 0 0 4.9 0 0 cm",
)
page(
    "small on a poster",
    "/MediaBox [0 0 3000 3900]",
    "BT /F1 0.9 Tf 72 360 Td (SAID) Tj ET",
    "4.9 0 0 4.9 0 0 cm",
)
add("an em flat and wide", "0 g BT /F1 1 Tf 20 0 0 2 5 360 Tm (SAID) Tj ET")
page("white over the edge", "/MediaBox [0 0 612 792]", "1 g BT /F1 10 Tf 400 360 Td (SAID) Tj ET")
