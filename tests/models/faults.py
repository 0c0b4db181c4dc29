"""Rounds with a failing model, and what crosses from one paper to another.

    python -m tests.models.faults [--papers 100] [--write benchmarks/systems/FAULTS.md]

Reviewers and area chairs think with a scripted server. In the first round it answers as it should,
in the second every fifth request meets a fault. Each paper has a mark of its own in every place
that its authors write: abstract, text, the log of its experiment, its references, and their answer
to reviews. Every text of every answer repeats the marks that its prompt had, those of abstracts
aside. So marks show where one paper's words go, by whatever way. Abstracts are meant to be seen
beside others: by who bids, and as the earlier work of the reviewer who wrote them.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import click
import msgspec

from conference.core.records import Absence, Agent, Answer, Assignment, Failure, MetaReview, Review
from conference.models.records import ModelRules
from tests.models.rogue import Answer as Sent
from tests.models.rogue import Raw, Rogue, completion, refusal, rogue
from tests.models.scripted import obedient, schema_of, text_of
from tests.venues.tiny import table, tiny_venue
from venues.papers import TablePaper
from venues.round import run_round
from venues.state import Round

SHARE = 0.2
RULES = ModelRules(timeout=2.0, retries=6, attempts=4)
COMPARES = "wrote these meta-reviews"
BIDS = "Papers that reviewers are asked to bid for"
ABSTRACT = "ABSTRACT"
PLACES = (ABSTRACT, "TEXT", "LOG", "REFERENCE", "ANSWER")  # where authors write
SAID = "SAID"  # what the server repeats
MARK = re.compile(rf"({'|'.join((*PLACES, SAID))})(\d+)X")
FAULTS = (
    "no answer in time", "429", "500", "connection reset", "empty", "cut off",
    "another schema", "NaN", "out of range",
)  # fmt: skip


class Figures(msgspec.Struct):
    """What was counted over a clean round and one with faults."""

    papers: int
    clean: int  # requests
    faulty: int
    faults: dict[str, int]
    reviews: int
    gaps: int  # reviews that are missing with a record that says so
    wrong: int  # reviews that are off the form, or missing without a record
    prompts: int  # in both rounds
    compared: int  # of these, in which a senior area chair compares the papers of one chair
    bids: int  # of these, in which reviewers are shown the papers that they may bid for
    places: dict[str, int]  # of the others, those with a mark of each place
    earlier: int  # of the others, with an abstract as a reviewer's own earlier work
    mixed: int  # of the others, with the marks of two papers otherwise
    identities: int  # of these, with the name, laboratory or id of an agent


class Server:
    """The script: marks every text, and meets a share of requests with a fault."""

    def __init__(self, share: float, rules: ModelRules = RULES) -> None:
        self.share, self.rules = share, rules
        self.met: Counter[str] = Counter()
        self._seen: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: dict[str, Any], number: int) -> Sent:
        with self._lock:
            self._seen[request["seed"]] += 1
            draw = random.Random(f"{request['seed']} {self._seen[request['seed']]}")
            fault = draw.choice(FAULTS) if draw.random() < self.share else ""
            self.met[fault] += 1
        text = json.dumps(marked(request))
        match fault:
            case "no answer in time":
                return Raw(b"", hold=self.rules.timeout + 1)
            case "429" | "500":
                return refusal(int(fault))
            case "connection reset":
                return Raw(b"HTTP/1.1 200 OK\r\n", reset=True)
            case "empty":
                return completion("")
            case "cut off":
                return completion(text[: len(text) // 2], "length")
            case "another schema":
                return completion(json.dumps({"score": 5}))
            case "NaN":
                return completion(re.sub(r": \d+(\.\d+)?\b", ": NaN", text, count=1))
            case "out of range":
                return completion(re.sub(r": \d+(\.\d+)?\b", ": 99", text, count=1))
        return completion(text)


def marked(request: dict[str, Any]) -> dict[str, Any]:
    """A filled form whose texts repeat the marks of the papers in the prompt."""
    answer = obedient(request)
    assert isinstance(answer, dict)
    marks = " ".join(sorted(f"{SAID}{number}X" for number in numbers_in(text_of(request))))
    parts = schema_of(request)["properties"]

    def with_marks(value: Any, schema: dict[str, Any]) -> Any:
        plain = schema.get("type") == "string" and "enum" not in schema
        return f"{value} {marks}" if plain else value

    return {name: with_marks(value, parts[name]) for name, value in answer.items()}


def numbers_in(text: str) -> set[str]:
    """The papers whose marks a text has, those of abstracts aside."""
    return {number for place, number in MARK.findall(text) if place != ABSTRACT}


def _with_marks(row: TablePaper, number: int) -> TablePaper:
    """A paper with its mark in every place that authors write."""
    abstract, text, log, reference, answer = (f"{place}{number:05d}X" for place in PLACES)
    body = (
        f"Introduction\nOn {row.title}. {text}\nExperiments\nThe log says: step 1, loss 0.5 {log}\n"
        f"References\n[1] A. Writer. On {reference}. 2020."
    )
    return msgspec.structs.replace(
        row,
        abstract=f"{row.abstract} {abstract}",
        text=body,
        answer=Answer(text=f"We thank the reviewer and have added {answer}."),
    )


def play(server: Rogue, papers: int, out: Path, rules: ModelRules = RULES) -> Round:
    """A round on papers of which each has its marks."""
    source = table(papers)
    rows = tuple(_with_marks(row, number) for number, row in enumerate(source.table))
    venue = tiny_venue(reviewers=max(6, papers))
    minds = msgspec.structs.replace(venue.minds, reviewer=server.spec, chair=server.spec)
    venue = msgspec.structs.replace(venue, minds=minds, models={"default": rules})
    return run_round(
        venue, out=out, hosts=0, papers=msgspec.structs.replace(source, table=rows)
    ).round


def measure(papers: int, timeout: float = RULES.timeout) -> Figures:
    """A clean round and one with faults; a request is given up after `timeout` seconds."""
    rules = msgspec.structs.replace(RULES, timeout=timeout)
    with tempfile.TemporaryDirectory() as name:
        good, bad = Server(0.0, rules), Server(SHARE, rules)
        with rogue(good) as clean:
            first = play(clean, papers, Path(name) / "clean", rules)
        with rogue(bad) as faulty:
            second = play(faulty, papers, Path(name) / "faulty", rules)
    agents = [*first.all(Agent), *second.all(Agent)]
    secrets = {word for agent in agents for word in (agent.id, agent.name, agent.lab) if word}
    prompts = [text_of(request) for server in (clean, faulty) for request in server.requests]
    alone = [text for text in prompts if COMPARES not in text and BIDS not in text]
    seen = Counter(place for text in alone for place in {place for place, _ in MARK.findall(text)})
    reviews, gaps, wrong = _reviews(second)
    faults = {name: count for name, count in bad.met.items() if name}
    return Figures(
        papers, len(clean.requests), len(faulty.requests), faults, reviews, gaps, wrong,
        prompts=len(prompts),
        compared=sum(COMPARES in text for text in prompts),
        bids=sum(BIDS in text for text in prompts),
        places={place: seen[place] for place in (*PLACES[1:], SAID)},
        earlier=seen[ABSTRACT],
        mixed=sum(len(numbers_in(text)) > 1 for text in alone),
        identities=sum(any(secret in text for secret in secrets) for text in prompts),
    )  # fmt: skip


def _reviews(round_: Round) -> tuple[int, int, int]:
    """Valid reviews, gaps with a record, and what is neither."""
    form = round_.venue.form
    valid = {
        (review.paper, review.reviewer)
        for review in round_.all(Review)
        if all(review.scores[field.name] in field.values for field in form.scores)
        and all(review.texts[field.name].strip() for field in form.texts)
    }
    told = {(row.paper, row.agent) for row in round_.all(Failure)}
    told |= {(row.paper, row.reviewer) for row in round_.all(Absence)}
    asked = {(row.paper, row.agent) for row in round_.all(Assignment) if row.role == "reviewer"}
    judged = {row.paper for row in round_.all(MetaReview)} | {paper for paper, _ in told}
    lost = sum(paper.paper not in judged for paper in round_.papers())
    wrong = len(round_.all(Review)) - len(valid) + len(asked - valid - told) + lost
    return len(valid), len(asked - valid), wrong


def report(found: Figures, command: str) -> str:
    """The figures as Markdown."""
    met = ", ".join(f"{name} {count}" for name, count in sorted(found.faults.items()))
    places = ", ".join(f"{place.lower()} {count:,}" for place, count in found.places.items())
    rows = [
        ("requests of a clean round", f"{found.clean:,}"),
        (f"requests with a fault in {SHARE:.0%} of them", f"{found.faulty:,}"),
        ("ratio (aim: at most 1.5)", f"{found.faulty / found.clean:.2f}"),
        ("faults met", met),
        ("valid reviews", f"{found.reviews:,}"),
        ("reviews missing, with a record that says why", f"{found.gaps}"),
        ("reviews off the form, or missing without a word", f"{found.wrong}"),
        ("prompts of both rounds", f"{found.prompts:,}"),
        ("of these in which a senior area chair compares papers", f"{found.compared}"),
        ("of these in which a reviewer bids, by titles and abstracts", f"{found.bids:,}"),
        ("of the others with a mark of each place", places),
        ("of the others with an abstract as its author's earlier work", f"{found.earlier:,}"),
        ("of the others with any other mark of two papers", f"{found.mixed}"),
        ("prompts with the name, laboratory or id of an agent", f"{found.identities}"),
    ]
    lines = [
        "# A failing model, and what crosses between papers",
        "",
        f"Made by `{command}`: {found.papers} papers, reviewers and area chairs behind a scripted "
        "server over HTTP, which fills each form at random and repeats in every text that it "
        "writes the marks that it was shown (said), those of abstracts aside. Authors' marks "
        "stand in abstract, text, the experiment's log, references and their answer to reviews. "
        "Retries wait as they do in use.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows),
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--papers", default=100, show_default=True)
@click.option("--timeout", default=RULES.timeout, show_default=True, help="Seconds a request.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(papers: int, timeout: float, write: Path | None) -> None:
    """Play a round with a model that fails."""
    found = measure(papers, timeout)
    command = f"python -m tests.models.faults --papers {papers} --timeout {timeout:g}"
    text = report(found, command)
    click.echo(text)
    if write:
        write.write_text(text)


if __name__ == "__main__":
    main()
