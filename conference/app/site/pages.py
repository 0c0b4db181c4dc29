"""Writes a round's proceedings: front page, papers with their threads, people, report."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from conference.app.site.compare import compare
from conference.app.site.levels import Level, levels_of
from conference.app.site.making import prompts_of, rules_of, versions_of
from conference.app.site.numbers import marks_by_mind, numbers_of
from conference.app.site.plots import draw_plots
from conference.app.site.view import ROLES, PaperView, PersonView, paper_views, people_views
from conference.core.clean import turned_back
from conference.core.files import PAPERS, page_name, writing
from conference.core.progress import Progress, no_progress
from conference.core.records import (
    Advice,
    AssignmentReport,
    CalibrationReport,
    Call,
    Decision,
    Failure,
    Unreadable,
)
from reviewers.fitted.mind import NAME as FITTED
from venues.population import parse_minds
from venues.round import load_round
from venues.spending import read_spending
from venues.state import Round
from venues.timings import read_timings

TEMPLATES = Path(__file__).parent / "templates"
SITE = "site"
BESIDE = "compare.html"  # a page of `conference compare`, linked if it is in the site
ON_FRONT = 24  # papers on the front page; papers.html lists all


def environment() -> jinja2.Environment:
    """Jinja2 with escaping on, because titles and texts come from papers, which are hostile."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalized,
    )
    env.filters["page"] = page_name
    env.filters["words"] = lambda name: str(name).replace("_", " ").capitalize()
    env.filters["score"] = _score
    env.filters["mind"] = mind_name
    return env


def _finalized(value: object) -> object:
    """A value as it is shown: a text must not change the direction of the text after it."""
    return turned_back(value) if type(value) is str else value


def write_site(folder: str | Path, progress: Progress = no_progress) -> Path:
    """Write the proceedings of the round in `folder` and return the front page.

    Raises:
        UserError: there is no round there, its ledger is damaged, or the site can't be written.
    """
    folder = Path(folder)
    round_ = load_round(folder)
    with writing(folder / SITE):
        return _write_pages(folder, round_, progress)


def _write_pages(folder: Path, round_: Round, progress: Progress) -> Path:
    site, env = folder / SITE, environment()
    _empty_folders(site)
    papers, people, spending = paper_views(round_), people_views(round_), read_spending(folder)
    calls, human = round_.all(Call), compare(round_)
    common = {
        "venue": round_.venue,
        "seed": round_.seed,
        "call": calls[0] if calls else None,
        "compared": human,
        "sample": round_.sample,
        "pdf_folder": PAPERS,
        "beside": beside_link(site),
    }
    pages = {
        "index": _front(folder, round_, papers) | {"spending": spending},
        "how": _making(folder, round_) | {"models": spending.by_model},
        "people": {"roles": Counter(ROLES[person.agent.role] for person in people)},
        "person": {"scale": round_.venue.form[round_.venue.form.rating].values},
        "papers": {"total": len(papers)},
    } | ({"report": {}} if human else {})
    for name, own in pages.items():
        _write(env, site / f"{name}.html", f"{name}.html.j2", root="", **own, **common)
    decider = next((agent.mind for agent in round_.agents("program_chair")), "")
    bar = _bar(round_.all(Decision))
    for number, view in enumerate(papers, 1):
        page = site / "papers" / f"{page_name(view.paper.paper)}.html"
        seen = {
            "spent": spending.by_paper.get(view.paper.paper),
            "advice": round_.one(Advice, view.paper.paper),
            "decider": decider,
        }
        _write(env, page, "paper.html.j2", root="../", view=view, bar=bar, **seen, **common)
        progress("site", number, len(papers))
    _write_scripts(site, papers, _people_rows(people, levels_of(round_)))
    return site / "index.html"


def _empty_folders(site: Path) -> None:
    """Empty the site's folders: pages of an earlier state of the round are stale."""
    for sub in ("papers", "plots"):
        if (site / sub).exists():
            shutil.rmtree(site / sub)
        (site / sub).mkdir(parents=True)


def _front(folder: Path, round_: Round, papers: list[PaperView]) -> dict[str, Any]:
    """Draw the front page's plots and return its values, except what the models spent."""
    timings = read_timings(folder)
    return {
        "numbers": numbers_of(round_, timings),
        "papers": papers[:ON_FRONT],
        "total": len(papers),
        "plots": draw_plots(round_, timings, folder / SITE / "plots"),
        "calibration": _last(round_.all(CalibrationReport)),
        "assignments": round_.all(AssignmentReport),
        "unreadable": round_.all(Unreadable),
        "failures": round_.all(Failure),
        "marks": marks_by_mind(round_),
    }


def _making(folder: Path, round_: Round) -> dict[str, Any]:
    """How the round was made: its rules, versions, prompts and minds."""
    minds = round_.venue.minds
    return {
        "rules": rules_of(round_.venue),
        "versions": versions_of(folder),
        "prompts": prompts_of(round_),
        "minds": {
            role: parse_minds(getattr(minds, role)) for role in ("scientist", "reviewer", "chair")
        },
    }


def _write_scripts(site: Path, papers: list[PaperView], people: list[dict[str, Any]]) -> None:
    """Write the site's style, scripts and search indexes."""
    for name in ("style.css", "search.js", "person.js", "tables.js"):
        shutil.copyfile(TEMPLATES / name, site / name)
    (site / "papers.js").write_text(_index("PAPERS", _paper_rows(papers)), encoding="utf-8")
    (site / "people.js").write_text(_index("PEOPLE", people), encoding="utf-8")


def mind_name(name: str) -> str:
    """A mind's name for readers; a model in a folder is named without the folder's path."""
    kind, _, target = name.partition(":")
    if name == "embedded":
        return "statistical mind"
    if kind == FITTED:
        return f"statistical mind ({kind}:{Path(target).stem})"
    return f"{kind}:{Path(target).name}" if target.startswith(("/", ".", "~")) else name


class Bar(msgspec.Struct, frozen=True):
    """The edge of the quota: the lowest accepted score and the highest rejected one."""

    papers: int
    last: float | None
    first: float | None


def _bar(decisions: list[Decision]) -> Bar:
    yes = [row.score for row in decisions if row.accepted]
    no = [row.score for row in decisions if not row.accepted]
    return Bar(len(decisions), min(yes, default=None), max(no, default=None))


def _spread(view: PaperView) -> float | None:
    ratings = [item.rating for item in view.reviews]
    return round(max(ratings) - min(ratings), 2) if len(ratings) > 1 else None


def beside_link(site: Path) -> str:
    """The site's page that compares the round with others, or "" if there is none."""
    return BESIDE if (site / BESIDE).is_file() else ""


def _last(rows: list[CalibrationReport]) -> CalibrationReport | None:
    return rows[-1] if rows else None


def _paper_rows(papers: list[PaperView]) -> list[dict[str, Any]]:
    return [
        {
            "page": page_name(view.paper.paper),
            "title": view.paper.title,
            "abstract": view.paper.abstract[:600],
            "topic": view.paper.topic,
            "authors": ", ".join(view.authors),
            "status": view.status,
            "label": view.label,
            "mean": None if view.mean is None else round(view.mean, 2),
            "spread": _spread(view),
        }
        for view in papers
    ]


def _people_rows(people: list[PersonView], levels: dict[str, Level]) -> list[dict[str, Any]]:
    return [
        {
            "id": person.agent.id,
            "name": person.agent.name,
            "role": ROLES[person.agent.role],
            "lab": person.agent.lab,
            "topics": ", ".join(person.agent.topics),
            "persona": person.agent.persona,
            "mind": mind_name(person.agent.mind),
            "facts": _facts(person),
            "level": levels.get(person.agent.id),
            "wrote": [{"page": page_name(paper), "title": title} for paper, title in person.wrote],
            "reviewed": [
                {"page": page_name(paper), "title": title, "rating": rating}
                for paper, title, rating in person.reviewed
            ],
        }
        for person in people
    ]


def _facts(person: PersonView) -> str:
    facts = []
    if person.mean_rating is not None:
        facts.append(f"{person.reviews} reviews, mean rating {_score(person.mean_rating)}")
    if person.conflicts:
        facts.append(f"{person.conflicts} conflict(s) of interest")
    if person.bids_alike:
        facts.append("bid the same for every paper offered")
    if person.unresolved:
        facts.append(f"perhaps an author of {', '.join(person.unresolved)}")
    return ", ".join(facts)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _index(name: str, rows: list[dict[str, Any]]) -> str:
    """Rows as a script, because a page opened from disk may not fetch files."""
    return f"window.{name} = {msgspec.json.encode(rows).decode()};\n"


def _write(env: jinja2.Environment, path: Path, template: str, **values: object) -> None:
    path.write_text(env.get_template(template).render(**values), encoding="utf-8")
