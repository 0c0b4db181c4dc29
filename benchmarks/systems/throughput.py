"""Measure how fast a round with language models is.

    python -m benchmarks.systems.throughput MODEL [--write FILE]

On one vLLM engine, in one run: (b) a round of made-up papers; (a) all of that round's prompts as
one batch; (c) the same calls in The AI Scientist's order: paper by paper, one call after another,
each with its form first and the paper last; and (d) in AgentReview's order: paper by paper, one
call after another, each beginning with the agent's name. Each starts with an empty prefix cache.
The report has calls and written tokens per second, how many calls the engine has at once and for
which share of the time it has none, prompt tokens computed and cached, and the ratios.
It runs unchanged on a GPU with a real model; a tiny random model must be made first.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.recording import BLOCK, Asked, RecordingEngine
from conference.core.forms import Form
from conference.core.ledger import read_ledger
from conference.core.seeds import generator
from conference.core.tasks import StopRound
from conference.models import Message, ModelRules, Reply, make_model, parse_spec
from conference.models.backends import Cluster
from conference.models.costs import Spent, spent_in
from conference.models.engines import Engines, engine_name
from conference.models.records import PAPER_END
from venues.papers import PaperSource, TablePaper
from venues.round import prepare, run_round

_FOOT = (
    "Timed are the steps of (b) that ask the model, not the engine's start, nor steps that ask "
    "nothing. A tiny model on a processor weighs scheduling and attention more than a large one on "
    "a GPU does. For a real model give `--longest-text 0` and a larger `--max-tokens`.\n"
)


class Row(msgspec.Struct, frozen=True):
    """One way of making the calls."""

    name: str
    calls: int
    seconds: float
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    spans: tuple[tuple[float, float], ...] = ()  # each call's start and end in the engine

    @property
    def rate(self) -> float:
        return self.calls / self.seconds

    @property
    def written(self) -> float:
        """Tokens written per second."""
        return self.tokens_out / self.seconds

    @property
    def at_once(self) -> float:
        """How many calls the engine has at once, on average."""
        return sum(end - start for start, end in self.spans) / self.seconds

    @property
    def empty(self) -> float:
        """The share of the time in which the engine has no call."""
        return max(0.0, 1 - covered(self.spans) / self.seconds)


class Measured(msgspec.Struct, frozen=True):
    """All ways on the same papers: passes of (a) and (b), and one each of (c) and (d)."""

    batches: tuple[Row, ...]
    rounds: tuple[Row, ...]
    peers: tuple[Row, ...]
    best: float  # the largest share of prompt tokens that a cache can save


def main() -> None:
    """Measure the four and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a model that vLLM loads: a folder or a hub name")
    parser.add_argument("--papers", type=int, default=36)
    parser.add_argument("--words", type=int, nargs="+", default=[900], help="of each paper")
    parser.add_argument("--max-tokens", type=int, default=1500)
    parser.add_argument(
        "--longest-text", type=int, default=300, help="characters of a text; 0 for a real model"
    )
    parser.add_argument("--passes", type=int, default=1, help="of (a) and (b), in turns")
    parser.add_argument(
        "--peer-papers", type=int, default=0, help="papers whose calls (c) and (d) make; 0 for all"
    )
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    rules = ModelRules(max_tokens=given.max_tokens, longest_text=given.longest_text, attempts=5)
    sources = {words: made_papers(given.papers, words) for words in given.words}
    report = measure(f"vllm:{given.model}", rules, sources, given.passes, given.peer_papers)
    if given.write:
        given.write.write_text(report)
    print(report)


def made_papers(count: int, words: int) -> PaperSource:
    """Papers of random words, which share nothing but headings."""
    rows = []
    for number in range(count):
        rng = generator(0, "throughput", number)
        text = " ".join(f"w{value}" for value in rng.integers(0, 5000, words))
        rows.append(
            TablePaper(
                f"p{number:03d}", f"Paper {number} {text[:40]}", text[:600], (), "", text, None
            )
        )
    return PaperSource("table", "made", f"throughput {count} {words}", table=tuple(rows))


def measure(
    spec: str,
    rules: ModelRules,
    sources: Mapping[int, PaperSource],
    passes: int = 1,
    peer_papers: int = 0,
) -> str:
    """The report as Markdown, with a part for each paper length in words."""
    import ray

    engines = Engines(RecordingEngine)
    engines.open({spec: rules}, Cluster(hosts=2))
    try:
        model = make_model(parse_spec(spec), rules)
        engine: Any = ray.get_actor(engine_name(spec.partition(":")[2], 0))
        parts = [
            _part(
                words,
                len(source),
                _compare(spec, rules, source, passes, model, engine, peer_papers),
            )
            for words, source in sources.items()
        ]
        return "\n".join([_head(spec, model.revision, rules), *parts, _FOOT])
    finally:
        engines.close()


def _compare(
    spec: str,
    rules: ModelRules,
    source: PaperSource,
    passes: int,
    model: Any,
    engine: Any,
    peer_papers: int,
) -> Measured:
    import ray

    def seen(row: Row) -> Row:
        return msgspec.structs.replace(row, spans=tuple(ray.get(engine.spans.remote())))

    _say("a round of one paper, to warm the engine")
    _round(spec, rules, msgspec.structs.replace(source, table=source.table[:1]))
    asked: list[Asked] = []
    batches, rounds = [], []
    for number in range(1, passes + 1):
        _say(f"pass {number} of {passes}: a round, then its calls as one batch")
        ray.get(engine.forget.remote())
        ray.get(engine.record.remote(not asked))
        rounds.append(seen(_round(spec, rules, source)))
        asked = asked or ray.get(engine.recorded.remote())
        ray.get(engine.record.remote(False))
        ray.get(engine.forget.remote())
        batches.append(seen(asyncio.run(_batch(model, asked))))
    peers = []
    for name, order in PEERS.items():
        _say(name)
        ray.get(engine.forget.remote())
        calls = by_paper(asked, order, peer_papers)
        some = f"{peer_papers} paper{'s' if peer_papers > 1 else ''}"
        named = f"{name}, {some}" if peer_papers else name
        peers.append(seen(asyncio.run(_one_by_one(named, model, calls))))
    best = ray.get(engine.sharable.remote([row.messages for row in asked]))
    return Measured(tuple(batches), tuple(rounds), tuple(peers), best)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _round(spec: str, rules: ModelRules, source: PaperSource) -> Row:
    venue = prepare("workshop", minds=dict.fromkeys(("scientist", "reviewer", "chair"), spec))
    replace = msgspec.structs.replace
    venue = replace(
        venue,
        models={"default": rules},
        form=_without_least(venue.form),
        desk=replace(venue.desk, topic=False, duplicates=False),
        population=replace(venue.population, reviewers=0, chairs=0),
        calibration=replace(venue.calibration, papers=0),
        review=replace(venue.review, absent_rate=0.0),
        phases=tuple(phase for phase in venue.phases if phase != "calibrate"),
    )
    times: dict[str, tuple[float, float]] = {}
    called = "our round"

    def progress(step: str, done: int, tasks: int) -> None:
        now = time.perf_counter()
        times[step] = (times.get(step, (now, now))[0], now)

    with tempfile.TemporaryDirectory() as name:
        try:
            run_round(venue, out=Path(name), hosts=0, papers=source, progress=progress)
        except StopRound as stop:  # Its calls count, useful or not.
            _say(str(stop))
            called = "our round, which ended early"
        ledger = read_ledger(Path(name))
        spent = spent_in((row.key.step, row.calls) for row in ledger.rows())
        ledger.close()
    total = sum(spent.values(), Spent())
    seconds = covered(span for step, span in times.items() if step in spent)
    return Row(called, total.calls, seconds, total.tokens_in, total.tokens_cached, total.tokens_out)


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds covered by at least one of these spans, which may overlap."""
    total, until = 0.0, -math.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def together(rows: Sequence[Row]) -> Row:
    """Several passes of the same calls as one row."""
    names = ("calls", "seconds", "tokens_in", "tokens_cached", "tokens_out")
    sums = {name: sum(getattr(row, name) for row in rows) for name in names}
    spans = tuple(span for row in rows for span in row.spans)
    return msgspec.structs.replace(rows[0], **sums, spans=spans)


def _without_least(form: Form) -> Form:
    """The form without minimum words, for which a random model would be asked again."""
    return msgspec.structs.replace(
        form, field=tuple(msgspec.structs.replace(field, least=0) for field in form.field)
    )


async def _batch(model: Any, asked: Sequence[Asked]) -> Row:
    start = time.perf_counter()
    replies = await asyncio.gather(*(_ask(model, row) for row in asked))
    return _row("raw engine, one batch", replies, time.perf_counter() - start)


async def _one_by_one(name: str, model: Any, asked: Sequence[Asked]) -> Row:
    start = time.perf_counter()
    replies = [await _ask(model, row) for row in asked]
    return _row(name, replies, time.perf_counter() - start)


def _ask(model: Any, row: Asked) -> Awaitable[Reply]:
    found: Awaitable[Reply] = model.complete(row.messages, row.schema, row.sampling, "")
    return found


def _row(name: str, replies: Sequence[Reply], seconds: float) -> Row:
    return Row(
        name,
        len(replies),
        seconds,
        sum(reply.tokens_in for reply in replies),
        sum(reply.tokens_cached for reply in replies),
        sum(reply.tokens_out for reply in replies),
    )


def _ai_scientist(row: Asked, number: int) -> tuple[Message, ...]:
    """The messages with the paper after form and persona, as in perform_review.py."""
    paper, end, instruction = row.messages[1].text.partition(PAPER_END)
    user = Message("user", f"{instruction.strip()}\n\n{paper}{end}")
    return (row.messages[0], user, *row.messages[2:])


def _agentreview(row: Asked, number: int) -> tuple[Message, ...]:
    """The messages with the agent's name first, then the paper: agents share no prefix."""
    paper, end, instruction = row.messages[1].text.partition(PAPER_END)
    system = Message("system", f"You are agent {number}.\n{row.messages[0].text}")
    user = Message("user", f"{paper}{end}\n\n{instruction.strip()}")
    return (system, user, *row.messages[2:])


PEERS: dict[str, Callable[[Asked, int], tuple[Message, ...]]] = {
    "The AI Scientist's order, one by one": _ai_scientist,
    "AgentReview's sequence, one by one": _agentreview,
}


def by_paper(
    asked: Sequence[Asked],
    order: Callable[[Asked, int], tuple[Message, ...]],
    papers: int = 0,
) -> list[Asked]:
    """The calls paper by paper, with messages reordered by `order` (message, number in its paper).

    Calls about no single paper, such as bids, are unchanged and come last. With `papers` only the
    calls about that many first papers are kept.
    """
    each: dict[str, list[Asked]] = {}
    others = []
    for row in asked:
        paper, end, _ = row.messages[1].text.partition(PAPER_END)
        if not end:
            others.append(row)
            continue
        rows = each.setdefault(paper, [])
        rows.append(msgspec.structs.replace(row, messages=order(row, len(rows))))
    kept = list(each.values())[: papers or None]
    return [row for rows in kept for row in rows] + ([] if papers else others)


def _head(spec: str, revision: str, rules: ModelRules) -> str:
    bound = f"each text of an answer has at most {rules.longest_text} characters, "
    return (
        "# Throughput of language-model rounds\n\n"
        "Made by `python -m benchmarks.systems.throughput`, "
        f"model `{Path(spec).name}` ({revision}); "
        f"{bound if rules.longest_text else ''}an answer at most {rules.max_tokens:,} tokens. "
        "All four on one engine in one run; trust the ratios.\n"
    )


def _part(words: int, papers: int, found: Measured) -> str:
    batch, ours = together(found.batches), together(found.rounds)
    each = [b.rate / a.rate for a, b in zip(found.batches, found.rounds, strict=True)]
    lines = [
        f"## {papers} papers of {words:,} words",
        "",
        "| | calls | calls/s | at once | engine empty | prompt tokens | computed | cached | "
        "tokens out | tokens out/s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for mark, row in zip("abcd", (batch, ours, *found.peers), strict=True):
        lines.append(
            f"| ({mark}) {row.name} | {row.calls} | {row.rate:.2f} | "
            f"{row.at_once:.1f} | {row.empty:.0%} | {row.tokens_in:,} | "
            f"{row.tokens_in - row.tokens_cached:,} | {row.tokens_cached / row.tokens_in:.1%} | "
            f"{row.tokens_out:,} | {row.written:.1f} |"
        )
    lines += [
        "",
        f"- (b) / (a): {ours.rate / batch.rate:.2f} (aim 0.95){_passes(each)}",
        *(
            f"- (b) / ({mark}): {ours.rate / row.rate:.2f}"
            for mark, row in zip("cd", found.peers, strict=True)
        ),
        f"- prefix cache of (b): {ours.tokens_cached / ours.tokens_in:.1%} of prompt tokens; the "
        f"prompts allow {found.best:.1%} when each whole block of {BLOCK} tokens is computed once",
        "",
    ]
    return "\n".join(lines)


def _passes(each: Sequence[float]) -> str:
    if len(each) == 1:
        return ""
    return f"; {len(each)} passes of each in turns, {min(each):.2f} to {max(each):.2f}"


if __name__ == "__main__":
    main()
