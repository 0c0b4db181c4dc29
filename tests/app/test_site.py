"""The proceedings in a real browser: whole, quiet, readable on a phone, and safe to open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import msgspec
import pytest

from conference import __version__
from conference.app.site import write_site
from conference.app.site.pages import environment
from conference.core.files import page_name
from conference.core.records import (
    Agent,
    CameraReady,
    Decision,
    HumanOutcome,
    MetaReview,
    Rebuttal,
    Review,
)
from tests.app.browser import CHROMIUM, Look, looking
from tests.models.scripted import Scripted, serve
from tests.models.test_round import venue as language_venue
from tests.venues.tiny import table, tiny_venue
from venues.papers import PaperSource, TablePaper
from venues.round import load_round, run_round
from venues.venue import Venue

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

HOSTILE = '<script>alert("{0}")</script><img src=x onerror=alert("{0}")> "{0}\' & {{{{ 7*7 }}}}'
BROKEN_WORDS = """() => [...document.querySelectorAll("td")].flatMap(cell => {
    const text = cell.firstChild;
    if (!text || text.nodeType !== Node.TEXT_NODE) return [];
    return [...text.data.matchAll(/[A-Za-z0-9.]+/g)].filter(word => {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        return range.getClientRects().length > 1;
    }).map(word => word[0]);
})"""
LONG = "Supercalifragilistic" * 12


def embedded_venue() -> Venue:
    """Statistical reviewers and chairs, so that there are texts of theirs to see."""
    tiny = tiny_venue(reviewers=12)
    return msgspec.structs.replace(
        tiny, minds=msgspec.structs.replace(tiny.minds, reviewer="embedded", chair="embedded")
    )


def hostile_table() -> PaperSource:
    """Six ordinary papers, one of them with markup in every field, and one very long word."""
    source = table(6)
    rows = list(source.table)
    rows[1] = TablePaper(
        "../p<b>1",
        HOSTILE.format("title"),
        f"{rows[1].abstract} {HOSTILE.format('abstract')}",
        (HOSTILE.format("keyword"),),
        HOSTILE.format("topic"),
        None,
        HumanOutcome(paper="../p<b>1", ratings=(4, 6), accepted=True, decision="<i>poster</i>"),
    )
    rows[2] = TablePaper("p002", LONG, f"{rows[2].abstract} {LONG}", (), LONG, None, None)
    return PaperSource("table", "made", "hostile", table=tuple(rows))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("round")
    run_round(embedded_venue(), out=out, hosts=0, papers=hostile_table())
    write_site(out)
    return out


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round of instant scientists, who answer their reviews."""
    out = tmp_path_factory.mktemp("written")
    run_round(tiny_venue(), out=out, hosts=0)
    write_site(out)
    return out


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with one real study: instant scientists leave accepted papers as they are."""
    tiny, out = tiny_venue(), tmp_path_factory.mktemp("studied")
    replace = msgspec.structs.replace
    venue = replace(
        tiny,
        minds=replace(tiny.minds, scientist="embedded"),
        population=replace(tiny.population, scientists=1),
        call=replace(tiny.call, templates=("learning_rate",), seeds=2, papers_per_scientist=1),
        decision=replace(tiny.decision, accept_rate=1.0),
    )
    run_round(venue, out=out, hosts=0)
    write_site(out)
    return out


@pytest.fixture(scope="module")
def blindness(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The same round under an open and under a blind rule."""
    found = {}
    for open_ in (True, False):
        venue = tiny_venue()
        rule = msgspec.structs.replace(venue.site, show_reviewers=open_)
        out = found[open_] = tmp_path_factory.mktemp("blindness")
        run_round(msgspec.structs.replace(venue, site=rule), out=out, hosts=0)
        write_site(out)
    return found


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty papers with human ratings, two of them with ids that look alike as file names.

    The last five were withdrawn.
    """
    names = ["a.b", "a_b", "long" * 60, *(f"p{number}" for number in range(27))]
    rows = [
        msgspec.structs.replace(
            row,
            paper=name,
            human=HumanOutcome(
                paper=name,
                ratings=(3, 6, 8) if at < 25 else (3, 3, 3),
                accepted=at % 3 == 0 if at < 25 else None,
                when="after",
            ),
        )
        for at, (name, row) in enumerate(zip(names, table(30).table, strict=True))
    ]
    out = tmp_path_factory.mktemp("compared")
    source = PaperSource("table", "made", "compared", table=tuple(rows))
    run_round(tiny_venue(reviewers=200), out=out, hosts=0, papers=source)
    write_site(out)
    return out


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scripted]:
    """A round of a language model, and the server that played it."""
    out = tmp_path_factory.mktemp("asked")
    with serve() as server:
        run_round(language_venue(server), out=out, hosts=0, papers=table(4), seed=3)
    write_site(out)
    return out, server


@pytest.fixture(scope="module")
def look(
    folder: Path,
    written: Path,
    studied: Path,
    blindness: dict[bool, Path],
    compared: Path,
    asked: tuple[Path, Scripted],
) -> Iterator[Look]:
    """One browser for all tests, started after the rounds, which need the event loop."""
    with looking() as found:
        yield found


def pages(folder: Path) -> list[Path]:
    return sorted((folder / "site").rglob("*.html"))


def test_every_page_opens_without_errors_or_remote_requests(folder: Path, look: Look) -> None:
    assert len(pages(folder)) == 5 + 6
    look.asked.clear()
    look.errors.clear()
    for path in pages(folder):
        look.at(path)
    assert look.errors == []
    assert look.asked and {urlparse(url).scheme for url in look.asked} <= {"file", "data"}


def test_every_link_leads_somewhere(folder: Path, look: Look) -> None:
    seen = set()
    for path in pages(folder):
        page = look.at(path)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        images = page.eval_on_selector_all("img", "all => all.map(i => [i.src, i.naturalWidth])")
        assert all(width > 0 for _, width in images)
        seen |= {urlparse(link).path for link in links}
    assert len(seen) >= 9
    for target in seen:
        there = Path(unquote(target))
        assert there.exists() and there.is_relative_to(folder), target


def test_nothing_is_wider_than_a_phone(folder: Path, written: Path, look: Look) -> None:
    look.page.set_viewport_size({"width": 390, "height": 844})
    for path in pages(folder) + pages(written):
        page = look.at(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (path.name, width)
    look.page.set_viewport_size({"width": 1200, "height": 900})


def test_words_in_tables_stay_whole_on_a_phone(compared: Path, look: Look) -> None:
    look.page.set_viewport_size({"width": 390, "height": 844})
    page = look.at(compared / "site" / "report.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("td").count() > 30
    assert page.evaluate(BROKEN_WORDS) == []
    look.page.set_viewport_size({"width": 1200, "height": 900})


def test_both_panels_are_of_the_same_papers(compared: Path, look: Look) -> None:
    page = look.at(compared / "site" / "report.html")
    text = page.inner_text("main")
    assert "30 papers of this round have human reviews; 25 have a real decision" in text
    assert "use the same 25 papers on both sides" in text and "without withdrawn" in text
    first = page.locator("table").first
    assert {row.split("\t")[-1] for row in first.inner_text().splitlines()[1:]} == {"25"}
    # 3 is not on this form's scale and has a column of its own: 0, 2, 3, 4, 6, 8, 10.
    shares = "human\t0.0 %\t0.0 %\t33.3 %\t0.0 %\t33.3 %\t33.3 %\t0.0 %"
    assert shares in page.locator("table").last.inner_text()


def test_every_paper_has_a_page_of_its_own_however_alike_the_ids(
    compared: Path, look: Look
) -> None:
    assert len(list((compared / "site" / "papers").glob("*.html"))) == 30
    page = look.at(compared / "site" / "papers.html")
    links = page.eval_on_selector_all("#results a", "all => all.map(a => a.href)")
    assert len(set(links)) == 30 and all(Path(unquote(urlparse(u).path)).exists() for u in links)


def test_the_front_page_shows_some_of_many_papers_and_leads_to_all(
    compared: Path, look: Look
) -> None:
    page = look.at(compared / "site" / "index.html")
    assert 10 <= page.locator("ol.papers li").count() < 30
    with page.expect_navigation():
        page.get_by_text("All 30 papers").click()
    assert page.locator("#results li").count() == 30


def test_search_finds_a_paper_by_its_title(folder: Path, look: Look) -> None:
    page = look.at(folder / "site" / "papers.html")
    assert page.locator("#results li").count() == 6
    page.fill("#query", "study 4 OF denoising")
    assert page.locator("#results li").count() < 4
    with page.expect_navigation():
        page.locator("#results a").first.click()
    assert page.inner_text("h1") == "Study 4 of denoising diffusion on point sets"
    page = look.at(folder / "site" / "papers.html")
    page.fill("#query", "term4x7")
    assert page.inner_text("#count") == "1 paper"
    page.fill("#query", "no such words anywhere")
    assert page.locator("#results li").count() == 0
    page.fill("#query", "")
    page.select_option("#status", "accepted")
    accepted = sum(row.accepted for row in load_round(folder).all(Decision))
    assert page.locator("#results li").count() == accepted


def test_many_people_fit_a_phone_and_can_be_found(compared: Path, look: Look) -> None:
    everybody = load_round(compared).all(Agent)
    assert len(everybody) > 200
    look.page.set_viewport_size({"width": 390, "height": 844})
    page = look.at(compared / "site" / "people.html")
    people = page.locator("article.person")
    first = people.count()
    assert 20 <= first < 100
    assert page.evaluate("document.documentElement.scrollHeight") < 20_000
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#more")
    assert people.count() == 2 * first
    while page.locator("#more").is_visible():
        page.click("#more")
    assert people.count() == len(everybody)
    page.fill("#query", everybody[150].name)
    assert 1 <= people.count() < 20
    assert everybody[150].name in people.first.inner_text()
    page.fill("#query", "")
    page.select_option("#role", "Area chair")
    assert people.count() == sum(agent.role == "chair" for agent in everybody)
    assert page.inner_text("#count") == f"{people.count()} people"
    look.page.set_viewport_size({"width": 1200, "height": 900})


def test_axe_finds_nothing_serious(folder: Path, compared: Path, look: Look) -> None:
    """Keyboard and screen reader: names, contrast, order of headings, in light and in dark."""
    from axe_playwright_python.sync_playwright import Axe

    some = [path for path in pages(folder) if path.name != "person.html"]
    for scheme in ("light", "dark"):
        look.page.emulate_media(color_scheme=scheme)
        for path in [*some, compared / "site" / "report.html"]:
            _check(Axe(), look.at(path), path.name, scheme)
        agent = load_round(folder).agents("reviewer")[0]
        look.page.goto(f"{(folder / 'site' / 'person.html').as_uri()}#{agent.id}")
        _check(Axe(), look.page, "person.html", scheme)
    look.page.emulate_media(color_scheme="light")


def _check(axe: Any, page: Any, name: str, scheme: str) -> None:
    found = axe.run(page).response["violations"]
    grave = [
        (row["id"], row["nodes"][0]["html"][:120])
        for row in found
        if row["impact"] in ("serious", "critical")
    ]
    assert grave == [], (name, scheme)


def test_a_reviewer_s_page_has_its_level_beside_the_others(compared: Path, look: Look) -> None:
    round_ = load_round(compared)
    by_reviewer = Counter(review.reviewer for review in round_.all(Review))
    name, count = by_reviewer.most_common(1)[0]
    gaps = []
    for paper in round_.papers():
        reviews = round_.of(Review, paper.paper)
        own = [round_.rating(each) for each in reviews if each.reviewer == name]
        rest = [round_.rating(each) for each in reviews if each.reviewer != name]
        gaps += [rating - sum(rest) / len(rest) for rating in own if rest]
    page = look.at(compared / "site" / "people.html")
    page.fill("#query", round_.agent(name).name)
    with page.expect_navigation():
        page.locator(f"a[href='person.html#{name}']").click()
    text = page.inner_text("main")
    assert round_.agent(name).name in text and f"{count} reviews" in text
    if len(gaps) < 4:
        assert f"it needs four papers that others rated too (n = {len(gaps)})" in text
    else:
        assert f"{sum(gaps) / len(gaps):.2f} rating units, 95 % interval" in text
    assert (
        sum(int(cell) for cell in page.locator(".bars td:nth-child(2)").all_inner_texts()) == count
    )


def test_papers_and_tables_are_sorted(compared: Path, look: Look) -> None:
    page = look.at(compared / "site" / "papers.html")
    page.select_option("#sort", "mean")
    ratings = [float(each) for each in page.locator("#results .rating").all_inner_texts()]
    assert len(ratings) > 20 and ratings == sorted(ratings, reverse=True)
    page.select_option("#sort", "title")
    titles = page.locator("#results h3").all_inner_texts()
    assert titles != sorted(titles, reverse=True) and titles[0] == min(titles)
    page = look.at(compared / "site" / "how.html")
    rules = page.locator("table").last
    rules.get_by_role("button", name="rule").click()
    names = rules.locator("tbody td:first-child").all_inner_texts()
    assert names == sorted(names, key=str.lower) and "assignment.max_load" in names
    rules.get_by_role("button", name="rule").click()
    assert rules.locator("tbody td:first-child").all_inner_texts() == names[::-1]
    assert rules.locator("th").first.get_attribute("aria-sort") == "descending"


def test_a_decision_is_traced_to_its_reviews_and_the_quota_s_edge(folder: Path, look: Look) -> None:
    round_ = load_round(folder)
    decisions = round_.all(Decision)
    last = min(row.score for row in decisions if row.accepted)
    row = next(row for row in decisions if not row.accepted)
    page = look.at(page_of(folder, row.paper))
    trace = page.inner_text(".trace")
    assert f"it ranks {row.rank} of {len(decisions)}" in trace
    assert f"The lowest accepted score is {last:.2f}".rstrip("0").rstrip(".") in trace
    for number, review in enumerate(round_.of(Review, row.paper), 1):
        assert f"Reviewer {number} {review.rating:g}" in trace
        page.get_by_role("link", name=f"Reviewer {number}").click()
        page.locator(f"#review-{number}:target").wait_for()
    assert page.locator(".trace a[href='#meta-review']").count() == 1


def test_how_a_round_was_made_has_rules_seed_versions_and_prompts(
    asked: tuple[Path, Scripted], look: Look
) -> None:
    folder, server = asked
    page = look.at(folder / "site" / "how.html")
    text = page.inner_text("main")
    assert "Seed 3" in text and f"Conference {__version__}" in text
    assert "assignment.reviews_per_paper" in text and server.spec in text
    prompts = {each.inner_text().split(":")[0]: each for each in page.locator("summary").all()}
    assert {"bid", "review", "meta_review", "decide"} <= set(prompts)
    for each in prompts.values():
        each.click()
    said = page.locator("details").all_inner_texts()
    assert all("exactly as it was sent" in each for each in said)
    sent = server.prompts()[-1]
    shown = page.locator("details", has=page.locator("summary", has_text="decide")).inner_text()
    assert " ".join(sent.split())[-200:] in " ".join(shown.split())


def page_of(folder: Path, paper: str) -> Path:
    return folder / "site" / "papers" / f"{page_name(paper)}.html"


def test_a_thread_shows_reviews_meta_review_and_decision(folder: Path, look: Look) -> None:
    round_ = load_round(folder)
    paper = next(row.paper for row in round_.all(Decision) if row.paper.startswith("p0"))
    text = look.at(page_of(folder, paper)).inner_text("main")
    reviews = round_.of(Review, paper)
    assert len(reviews) == 3
    for number, review in enumerate(reviews, 1):
        assert f"Reviewer {number}" in text
        for said in review.texts.values():
            assert said.strip().splitlines()[0] in text
    meta = round_.of(MetaReview, paper)[0]
    assert meta.text.splitlines()[0] in text
    decision = round_.of(Decision, paper)[-1]
    assert decision.reason in text and "Decision:" in text


def test_embedded_minds_are_labelled_as_statistical(folder: Path, look: Look) -> None:
    page = look.at(page_of(folder, "p000"))
    for heading in page.locator(".card.review h3").all():
        assert "statistical mind" in heading.inner_text()
    assert "statistical mind" in page.locator("h2", has_text="Meta-review").inner_text()
    assert "no person and no language model wrote them" in page.inner_text("footer")


def test_markup_in_papers_is_shown_and_never_run(folder: Path, look: Look) -> None:
    look.errors.clear()
    page = look.at(page_of(folder, "../p<b>1"))
    assert page.inner_text("h1").strip() == HOSTILE.format("title").replace("  ", " ")
    assert HOSTILE.format("abstract") in page.inner_text("main")
    assert page.locator("main script, main img").count() == 0
    for name in ("index.html", "papers.html", "people.html"):
        page = look.at(folder / "site" / name)
        if name == "papers.html":
            page.fill("#query", "onerror")
            assert page.locator("#results li").count() == 1
            assert page.locator("#results script, #results img").count() == 0
    assert look.errors == []
    data = (folder / "site" / "papers.js").read_text()
    assert "</script" not in data.lower() or "<script src" not in data


def test_a_name_does_not_turn_the_text_behind_it() -> None:
    shown = environment().from_string("{{ name }}, {{ other }}").render(name="\u202eA", other="<b>")
    assert shown == "\u202eA\u202c, &lt;b&gt;"


def test_a_page_runs_nothing_but_its_own_files(folder: Path, look: Look) -> None:
    """Should markup of a paper ever come through, the browser itself does not run it."""
    page = page_of(folder, "p002")
    bad = "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>a</a>"
    copy = page.with_name("copy.html")
    copy.write_text(
        page.read_text().replace("</main>", f"{bad}<style>h1{{color:red}}</style></main>")
    )
    look.errors.clear()
    shown = look.at(copy)
    shown.click("text=a >> nth=-1", no_wait_after=True)
    copy.unlink()
    assert sum("Content Security Policy" in error for error in look.errors) >= 3, look.errors
    assert not [error for error in look.errors if "dialog" in error]
    assert (
        shown.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"
    )
    top = shown.evaluate("getComputedStyle(document.querySelector('.top')).display")
    assert top == "flex", "its own style is on"


@pytest.mark.parametrize("open_", [True, False], ids=["open", "blind"])
def test_the_blindness_rule_hides_or_shows_who_reviewed(
    open_: bool, blindness: dict[bool, Path], look: Look
) -> None:
    out = blindness[open_]
    round_ = load_round(out)
    paper = round_.papers()[0].paper
    ids = {review.reviewer for review in round_.of(Review, paper)}
    names = {row.name for row in round_.all(Agent) if row.id in ids}
    thread = look.at(page_of(out, paper)).content()
    people = look.at(out / "site" / "people.html")
    reviewers = people.locator("article.person", has_text="reviews, mean rating")
    assert len(names) == 3
    assert all((name in thread) == open_ for name in names)
    assert not any(name in thread for name in ids)
    assert all(name in people.content() for name in names)
    assert ("keeps reviewers anonymous" in people.content()) != open_
    linked = reviewers.locator("a[href*='papers/']").count()
    assert linked == (len(round_.all(Review)) if open_ else 0)


def test_a_rebuttal_is_in_the_thread(written: Path, look: Look) -> None:
    round_ = load_round(written)
    rebuttal = round_.all(Rebuttal)[0]
    text = look.at(page_of(written, rebuttal.paper)).inner_text("main")
    assert "Rebuttal" in text and "We thank the reviewer." in text


def test_a_final_version_is_in_the_thread_with_its_checks(studied: Path, look: Look) -> None:
    (row,) = load_round(studied).all(CameraReady)
    page = look.at(page_of(studied, row.paper))
    shown = page.inner_text("main")
    assert "What changed for the camera-ready version" in shown
    assert row.checks and all(check.passed for check in row.checks)
    assert f"Automatic checks of this version: {len(row.checks)} of {len(row.checks)}" in shown
    assert page.locator(f'a[href$="{row.files["results"]}"]').count()


def test_the_front_page_has_numbers_and_plots(written: Path, look: Look) -> None:
    page = look.at(written / "site" / "index.html")
    tiles = page.locator(".tile").all_inner_texts()
    assert any("4" in tile and "submissions" in tile for tile in tiles)
    assert any("12" in tile and "reviews" in tile for tile in tiles)
    assert page.locator(".plots img").count() >= 3
    for plot in (written / "site" / "plots").glob("*.svg"):
        assert "<script" not in plot.read_text()


def test_a_site_written_again_is_the_same(written: Path) -> None:
    before = {path: path.read_bytes() for path in (written / "site").rglob("*") if path.is_file()}
    write_site(written)
    after = {path: path.read_bytes() for path in (written / "site").rglob("*") if path.is_file()}
    assert before == after
