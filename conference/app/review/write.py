"""Writes a paper's reviews as Markdown, JSON and a page that shows the PDF beside the points."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from conference.app.review.review import PaperReview
from conference.core.clean import turned_back
from conference.core.files import writing
from conference.core.forms import Form
from conference.core.records import Review
from conference.papers.page_images import Box, Page, page_images

HERE = Path(__file__).parent
PLACE = re.compile(
    r"\b(?P<kind>Section|Table|Figure|Fig\.|Equation|Appendix)\s*(?P<number>[A-Z]?\d+(?:\.\d+)*)"
    r"|\bpage\s+(?P<page>\d+)",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+\.\d+|\d{3,}")
QUOTED = re.compile(r"[“\"](?P<text>[^”\"]{15,})[”\"]")
SPLIT = re.compile(r"\n+")
BETWEEN = re.compile(r"[\W_]+")


class Spot(msgspec.Struct, frozen=True):
    """A place in the paper: the page, and the box on it (None if a point names only the page)."""

    page: int
    box: Box | None = None


class Point(msgspec.Struct, frozen=True):
    """One point of a review, and the place that it names or quotes."""

    text: str
    spot: Spot | None


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
    points = (point for _, fields in given["reviews"] for field in fields for point in field.points)
    spots = dict.fromkeys(point.spot for point in points if point.spot and point.spot.box)
    template = _environment(html=True).get_template("review.html.j2")
    return template.render(given, pictures=pictures, spots=spots, place=_place)


def _place(spot: Spot) -> str:
    """The anchor of a spot in the web page."""
    if spot.box is None:
        return f"page-{spot.page}"
    return "-".join(["spot", str(spot.page), *(f"{side:g}" for side in spot.box[:2])])


def _given(review: PaperReview, form: Form, pages: Sequence[Page]) -> dict[str, Any]:
    return {
        "paper": review,
        "form": form,
        "reviews": [(row, _fields(row, form, pages)) for row in review.reviews],
    }


def _fields(review: Review, form: Form, pages: Sequence[Page]) -> list[Field]:
    return [
        Field(field.label, tuple(Point(point, spot_of(point, pages)) for point in _points(text)))
        for field in form.texts
        if (text := review.texts.get(field.name, ""))
    ]


def _points(text: str) -> list[str]:
    return [line.strip(" -+*") for line in SPLIT.split(text) if line.strip(" -+*")]


def spot_of(point: str, pages: Sequence[Page]) -> Spot | None:
    """The place in the paper that a point refers to: a section, table, figure or equation, a page,
    quoted words or a number; None if it refers to nothing in the paper."""
    found = PLACE.search(point)
    if found and found["page"]:
        return Spot(int(found["page"])) if int(found["page"]) <= len(pages) else None
    if found:
        kind, number = found["kind"].lower(), re.escape(found["number"])
        if kind == "section":
            head = rf"^\s*{number}\.?\s+[A-Z]"
        else:
            kind = r"(?:figure|fig\.)" if kind.startswith("fig") else kind
            head = rf"\b{kind}\s*{number}[:.]"
        return _line(re.compile(head, re.IGNORECASE), pages)
    if quoted := QUOTED.search(point):
        return _words(_bare(quoted["text"])[:50], pages)
    for value in NUMBER.findall(point):
        if spot := _line(re.compile(rf"(?<![\d.]){re.escape(value)}(?!\.?\d)"), pages):
            return spot
    return None


def _line(wanted: re.Pattern[str], pages: Sequence[Page]) -> Spot | None:
    """The first line that matches."""
    for page in pages:
        for line in page.lines:
            if wanted.search(line.text):
                return Spot(page.number, line.box)
    return None


def _words(words: str, pages: Sequence[Page]) -> Spot | None:
    """The line in which these words begin; they may continue on the next line."""
    for page in pages:
        lines = [_bare(line.text) for line in page.lines]
        start = "".join(lines).find(words) if words else -1
        for line, bare in zip(page.lines, lines, strict=True):
            if 0 <= start < len(bare):
                return Spot(page.number, line.box)
            start -= len(bare)
    return None


def _bare(text: str) -> str:
    """The text's letters and digits only, so that line breaks and hyphens don't matter."""
    return BETWEEN.sub("", unicodedata.normalize("NFKC", text).lower())


def _environment(html: bool) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader([HERE, HERE.parent / "site" / "templates"]),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: turned_back(value) if type(value) is str else value,
    )
    env.filters["mind"] = lambda mind: "statistical mind" if mind == "embedded" else mind
    return env
