"""Sources of papers: what their print would not show is not read, and a sentence of it accuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.papers import UnreadablePdf
from conference.papers.sources import read_source
from conference.papers.untrusted import read_untrusted
from tests.papers.ways import LINE, NEUTRAL, ORDER

LINES = "\n\n".join(f"{number}. {LINE}" for number in range(12))
TEX = (
    r"\documentclass{article} \title{On the Width of Narrow Networks} \begin{document}"
    rf"\begin{{abstract}}We measure the width.\end{{abstract}}{LINES} CODE {LINES}\end{{document}}"
)
PAGE = f"# On the Width of Narrow Networks\n\n{LINES}\n\nCODE\n\n{LINES}\n"

# What is set so that nobody sees it; SAID is the sentence.
UNSEEN = {
    "by colour": r"\textcolor{white}{SAID}",
    "by colour until the group ends": r"{\color{white} SAID}",
    "by a model": r"\textcolor[rgb]{1,1,1}{SAID}",
    "by bytes": r"\textcolor[HTML]{FEFEFE}{SAID}",
    "by grey": r"\textcolor[gray]{0.98}{SAID}",
    "by a colour of its own": r"\definecolor{ink}{rgb}{1,1,1}\textcolor{ink}{SAID}",
    "by a mix": r"\textcolor{white!97!black}{SAID}",
    "by another name": r"\colorlet{ink}{white}{\color{ink}SAID}",
    "on its own ground": r"\colorbox{black}{\textcolor{black}{SAID}}",
    "by an environment": r"\begin{color}{white}SAID\end{color}",
    "within other groups": r"\textbf{\emph{\textcolor{white}{\textbf{SAID}}}}",
    "in a footnote": r"Words\footnote{\color{white}SAID}",
    "in mathematics": r"$\color{white}{\text{SAID}}$",
    "phantom": r"\phantom{SAID}",
    "phantom by name": r"\csname phantom\endcsname{SAID}",
    "phantom by number": r"\^^70hantom{SAID}",
    "tiny": r"{\fontsize{0.1pt}{0.1pt}\selectfont SAID}",
    "scaled": r"\scalebox{0.01}{SAID}",
    "resized": r"\resizebox{0.1pt}{!}{SAID}",
    "adjusted": r"\adjustbox{scale=0.01}{SAID}",
    "transparent": r"{\transparent{0}SAID}",
    "by a mode": r"\textpdfrender{TextRenderingMode=3}{SAID}",
    "by a literal": r"\pdfliteral direct {3 Tr}SAID\pdfliteral direct {0 Tr}",
    "in a drawing": r"\begin{tikzpicture}\node[opacity=0] {SAID};\end{tikzpicture}",
    "in a drawing, white": r"\tikz \node[text=white] {SAID};",
    "on a layer": r"\begin{ocg}{x}{y}{0}SAID\end{ocg}",
    "on no slide": r"\only<0>{SAID}",
    "raised away": r"\raisebox{90in}[0pt][0pt]{SAID}",
    "moved away": r"\hspace*{90in}SAID",
    "placed away": r"\begin{textblock*}{5cm}(90in,90in)SAID\end{textblock*}",
    "by its own command": r"\newcommand{\h}[1]{\textcolor{white}{#1}}\h{SAID}",
    "by a default": r"\newcommand{\h}[2][white]{\textcolor{#1}{#2}}\h{SAID}",
    "by kinds": r"\NewDocumentCommand{\h}{m}{\phantom{#1}}\h{SAID}",
    "by another name of a command": r"\let\c\textcolor \c{white}{SAID}",
    "by its own environment": r"\newenvironment{h}{\color{white}}{}\begin{h}SAID\end{h}",
    "in a box that is not used": r"\setbox0=\hbox{SAID}",
}
# What is no print: only an order in it accuses.
SILENT = {
    "comment": "% SAID",
    "comment after a line's end": r"words \\% SAID",
    "no condition": r"\iffalse SAID \fi",
    "the other branch": r"\iftrue words \else SAID \fi",
    "a switch that is off": r"\newif\ifa \afalse \ifa SAID \fi",
    "a condition that cannot be told": r"\ifdim 1pt>2pt SAID \fi",
    "a condition in groups": r"\ifthenelse{1=2}{SAID}{}",
    "environment": r"\begin{comment} SAID \end{comment}",
    "environment made so": r"\excludecomment{zz}\begin{zz}SAID\end{zz}",
    "file": r"\begin{filecontents}{a.txt} SAID \end{filecontents}",
    "after the end": r"\end{document} SAID",
    "bookmark": r"\texorpdfstring{words}{SAID}",
    "tooltip": r"\pdftooltip{word}{SAID}",
    "index": r"\index{SAID}",
    "message": r"\typeout{SAID}",
    "properties": r"\hypersetup{pdfsubject={SAID}}",
    "a command that drops it": r"\newcommand{\h}[1]{}\h{SAID}",
    "a sign for comments": "\\catcode`\\!=14\n! SAID",
}
UNSEEN_PAGE = {
    "display": '<span style="display:none">SAID</span>',
    "attribute": "<div hidden>SAID</div>",
    "class": '<span class="sr-only">SAID</span>',
    "class of its own": '<style>.x{display:none}</style><b class="x">SAID</b>',
    "colour": "<span style='color:#ffffff'>SAID</span>",
    "font": '<font color="white">SAID</font>',
    "size": '<span style="font-size:0px">SAID</span>',
    "opacity": '<p style="opacity: 0">SAID</p>',
    "place": '<div style="position:absolute;left:-9999px">SAID</div>',
    "template": "<template>SAID</template>",
    "mathematics": r"$\phantom{\text{SAID}}$",
}
SILENT_PAGE = {
    "comment": "<!-- SAID -->",
    "comment without an end": "<!-- SAID",
    "definition": "[//]: # (SAID)",
    "title of a link": '[here](http://a.example "SAID")',
    "picture": "![SAID](a.png)",
    "value": '<abbr title="SAID">w</abbr>',
    "script": "<script>SAID</script>",
    "declaration": "<![CDATA[ SAID ]]>",
    "info of code": "```python SAID\nx = 1\n```",
}
CASES = [
    (suffix, code, unseen)
    for suffix, codes, unseen in (
        (".tex", UNSEEN, True),
        (".tex", SILENT, False),
        (".md", UNSEEN_PAGE, True),
        (".md", SILENT_PAGE, False),
    )
    for code in codes.values()
]


@pytest.mark.parametrize(("suffix", "code", "unseen"), CASES, ids=[case[1] for case in CASES])
def test_what_a_print_would_not_show_is_not_read(
    suffix: str, code: str, unseen: bool, tmp_path: Path
) -> None:
    path = tmp_path / f"paper{suffix}"
    for said, accuses in ((NEUTRAL, unseen), (ORDER, True)):
        whole = TEX if suffix == ".tex" else PAGE
        path.write_text(whole.replace("CODE", code.replace("SAID", said)))
        document, spans = read_source(path)
        read = f"{document.title} {document.abstract} {document.text}".lower()
        assert "badgers" not in read and "previous" not in read
        assert bool([span for span in spans if span.rule]) == accuses, spans
        assert document.title == "On the Width of Narrow Networks"
        assert document.text.count(LINE) >= 12


def test_honest_latex_is_read_as_it_prints(tmp_path: Path) -> None:
    code = r"""
\newcommand{\ours}{WidthNet\xspace} \newcommand{\loss}[2]{the #1 loss of #2}
\newif\ifanonymous \anonymoustrue
\section{The method \ours} We train \ours with \loss{mean}{ten \textcolor{red}{runs}}, 50\% more.
\ifanonymous Their names are withheld. \else By Ada Lovelace. \fi
\colorbox{black}{\textcolor{white}{A white heading}} {\color{gray} A grey note} \tiny Small print.
\begin{table}\resizebox{\textwidth}{!}{\begin{tabular}{ll} width & 12.5 \\ \end{tabular}}
\caption[short]{The results.}\end{table} \begin{verbatim}50% of it\end{verbatim}
$x \iff y$ and \href{http://a.example}{a link}."""
    path = tmp_path / "paper.tex"
    path.write_text(TEX.replace("CODE", code))
    document, spans = read_source(path)
    assert spans == ()
    text = " ".join(document.text.split())
    for part in (
        "The method WidthNet", "We train WidthNet", "the mean loss of ten runs, 50% more",
        "Their names are withheld", "A white heading", "A grey note", "Small print.", "12.5",
        "The results.", "50% of it", "a link",
    ):  # fmt: skip
        assert part in text, (part, text)
    assert "Lovelace" not in text and "short" not in text


def test_honest_markdown_is_read_as_it_shows(tmp_path: Path) -> None:
    code = """---\n\nIf x<y then <https://a.example> & p < 0.05. <b>Bold</b> print[^1],
<details>more</details>.

[^1]: A note at the foot.

```python
if a < b:  # <!-- no comment -->
```
| a | <span style="color:#888">grey</span> |"""
    path = tmp_path / "paper.md"
    path.write_text(f"---\ntitle: Of Width\nauthor: Nobody\n---\n{PAGE.replace('CODE', code)}")
    document, spans = read_source(path)
    assert spans == () and document.title == "Of Width"
    for part in (
        "If x<y then <https://a.example> & p < 0.05.", "Bold print", "A note at the foot.", "more",
        "# <!-- no comment -->", "grey",
    ):  # fmt: skip
        assert part in document.text, part
    assert "Nobody" not in document.text


def test_characters_that_print_nothing_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "paper.txt"
    tags = "".join(chr(0xE0000 + ord(char)) for char in NEUTRAL)
    path.write_text(PAGE.replace("CODE", f"Wi\u200bdth{tags}"))
    document, spans = read_source(path)
    assert "Width" in document.text and not set(tags) & set(document.text)
    assert [span.text for span in spans] == [NEUTRAL]


ENDLESS = {
    "loop.tex": r"\def\a{\b }\def\b{\a }\a ",
    "doubled.tex": r"\def\a{\b\b}\def\b{\c\c}\def\c{\a\a}\a ",
    "braces.tex": "{" * 100_000,
    "blank lines.txt": "\n" * 1_000_000,
    "open.tex": r"\begin{a}" * 20_000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_source_without_an_end_is_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(ENDLESS[name])
    with pytest.raises(UnreadablePdf) as caught:
        read_untrusted(tmp_path / name, seconds=30)
    line = str(caught.value)
    assert line.startswith(f"{name}: ") and "\n" not in line and len(line) < 220
