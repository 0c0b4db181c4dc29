"""A paper's reviews as Markdown, JSON and a page with the PDF's pages beside the points."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import jinja2
import msgspec

from conference.app.review.review import PaperReview
from conference.core.files import writing
from conference.core.forms import Form
from conference.core.records import Review
from conference.papers.page_images import Page, page_images

HERE = Path(__file__).parent
PLACE = re.compile(
    r"\b(?P<kind>Section|Table|Figure|Fig\.|Equation|Appendix)\s*(?P<number>[A-Z]?\d+(?:\.\d+)*)"
    r"|\bpage\s+(?P<page>\d+)",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[“\"](?P<text>[^”\"]{15,})[”\"]")
SPLIT = re.compile(r"\n+")
BETWEEN = re.compile(r"[\W_]+")


class Point(msgspec.Struct, frozen=True):
    """One point of a review, and the number of the page that it names (0 for none)."""

    text: str
    page: int


class Field(msgspec.Struct, frozen=True):
    """A filled text field of a review's form, point by point."""

    label: str
    points: tuple[Point, ...]


def write_reviews(
    found: Sequence[PaperReview], files: Sequence[Path], form: Form, out: Path
) -> None:
    """Write `reviews.json`, and a Markdown file and a page for each paper, named after its file."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        (out / "reviews.json").write_bytes(msgspec.json.format(msgspec.json.encode(found)))
        for review, file in zip(found, files, strict=True):
            name = out / file.stem
            name.with_suffix(".md").write_text(markdown(review, form), encoding="utf-8")
            name.with_suffix(".html").write_text(_page(review, file, form, out), encoding="utf-8")


def markdown(review: PaperReview, form: Form) -> str:
    """The reviews of one paper as Markdown."""
    return _environment(html=False).get_template("review.md.j2").render(_given(review, form, ()))


def _page(review: PaperReview, file: Path, form: Form, out: Path) -> str:
    pages: tuple[Page, ...] = ()
    folder = out / "pages" / file.stem
    if file.suffix.lower() == ".pdf" and not review.unreadable:
        pages = page_images(file, folder)
    pictures = {
        page.number: base64.b64encode((folder / page.picture).read_bytes()).decode()
        for page in pages
    }
    given = _given(review, form, pages)
    return _environment(html=True).get_template("review.html.j2").render(given, pictures=pictures)


def _given(review: PaperReview, form: Form, pages: Sequence[Page]) -> dict[str, object]:
    return {
        "paper": review,
        "form": form,
        "reviews": [(row, _fields(row, form, pages)) for row in review.reviews],
    }


def _fields(review: Review, form: Form, pages: Sequence[Page]) -> list[Field]:
    return [
        Field(field.label, tuple(Point(point, page_of(point, pages)) for point in _points(text)))
        for field in form.texts
        if (text := review.texts.get(field.name, ""))
    ]


def _points(text: str) -> list[str]:
    return [line.strip(" -+*") for line in SPLIT.split(text) if line.strip(" -+*")]


def page_of(point: str, pages: Sequence[Page]) -> int:
    """The page that holds what a point names or quotes; 0 where it names nothing that is there."""
    found = PLACE.search(point)
    if found and found["page"]:
        return int(found["page"]) if int(found["page"]) <= len(pages) else 0
    if found:
        kind = "Figure" if found["kind"].lower() == "fig." else found["kind"]
        number = re.escape(found["number"])
        wanted = re.compile(
            rf"^\s*{number}\.?\s+[A-Z]" if kind.lower() == "section" else rf"{kind}\s*{number}[:.]",
            re.IGNORECASE | re.MULTILINE,
        )
        return next((page.number for page in pages if wanted.search(page.text)), 0)
    if quoted := QUOTED.search(point):
        words = _bare(quoted["text"])[:50]
        return next((page.number for page in pages if words and words in _bare(page.text)), 0)
    return 0


def _bare(text: str) -> str:
    """Its letters and digits alone: lines break words, and quotes leave the hyphens out."""
    return BETWEEN.sub("", unicodedata.normalize("NFKC", text).lower())


def _environment(html: bool) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader([HERE, HERE.parent / "site" / "templates"]),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["mind"] = lambda mind: "statistical mind" if mind == "embedded" else mind
    return env
