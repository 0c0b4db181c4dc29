"""The memorisation probe: has a language model seen these papers?

Two questions. *Complete*: given title and first half of an abstract, write the second half; the
overlap with another paper's half is subtracted from the overlap with the true half, so that general
fluency cancels. *Recall*: name the decision from the title alone; a model that knows the papers
does better than chance. Prompts are files in prompts/. Results are kept in the benchmark's folder
and shown in its report.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.core.files import writing
from conference.core.progress import Progress, no_progress
from conference.core.seeds import generator, seed_of
from conference.core.tasks import TaskKey
from conference.data.tables import Paper
from conference.statistics import weighted
from conference.statistics.bootstrap import attempt, estimate
from conference.statistics.estimate import Estimate, Floats, as_labels

PROMPTS = Path(__file__).parent / "prompts"
KEPT = "probes"  # The folder of probes within a benchmark's folder.
FEWEST_WORDS = 40


class Asked(msgspec.Struct, frozen=True):
    """One prompt to the model; `about` names the question and the paper."""

    text: str
    seed: int
    about: TaskKey


class Model(Protocol):
    """A language model that answers each prompt with an object of the schema, or None.

    It may get all prompts at once, and calls `done` with the number of answers so far.
    """

    def answers(
        self, asked: Sequence[Asked], schema: dict[str, Any], done: Callable[[int], None]
    ) -> list[Any]: ...


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """The probe's results on `n` papers; `failed` answers did not fit the schema.

    `overlap` is ROUGE-L recall of the true half, `control` of another paper's half, `gain` their
    paired difference: well above 0, the model knows these abstracts. `recall` is the balanced
    accuracy of decisions named from titles; 0.5 is chance.
    """

    n: int
    failed: int
    overlap: Estimate
    control: Estimate
    gain: Estimate
    recall: Estimate

    def figures(self) -> dict[str, Estimate]:
        """The figures by their names in reports."""
        return {
            "Overlap with the true second half": self.overlap,
            "Overlap with another paper's": self.control,
            "Difference, above 0 where abstracts are known": self.gain,
            "Balanced accuracy of decisions from titles (chance 0.5)": self.recall,
        }


class ProbeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A probe as kept in a file, with its model and data."""

    model: str
    data: str
    sha256: str
    seed: int
    found: Probe


def keep(record: ProbeRecord, out: Path) -> Path:
    """Write a probe into a benchmark's folder, replacing an earlier one of this model."""
    digest = hashlib.sha256(record.model.encode()).hexdigest()[:8]
    plain = re.sub(r"[^a-z0-9]+", "-", record.model.lower()).strip("-")[:60]
    path = out / KEPT / f"{plain}-{digest}.json"
    part = path.with_suffix(".part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
        part.replace(path)
    return path


def kept(out: Path, sha256: str) -> list[ProbeRecord]:
    """The probes in a benchmark's folder on exactly these data."""
    found = []
    for path in sorted((out / KEPT).glob("*.json")):
        try:
            record = msgspec.json.decode(path.read_bytes(), type=ProbeRecord)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
            raise UserError(f"{path}: cannot be read ({error}); delete it, probe again.") from error
        found += [record] if record.sha256 == sha256 else []
    return found


def probe(
    model: Model,
    papers: Sequence[Paper],
    *,
    size: int = 100,
    seed: int = 0,
    resamples: int = 1000,
    progress: Progress = no_progress,
) -> Probe:
    """Ask a model about a sample of papers that have an abstract of 40 words or more."""
    fit = [p for p in papers if len((p.abstract or "").split()) >= FEWEST_WORDS]
    if len(fit) < 2:
        raise UserError("the memorisation probe needs two papers with an abstract of 40 words.")
    rng = generator(seed, "probe")
    chosen = [fit[i] for i in rng.permutation(len(fit))[:size]]
    true, other, failed = _completions(model, chosen, seed, progress)
    kept = np.isfinite(true)
    n = int(kept.sum())
    drawn = {"resamples": resamples, "seed": seed}
    recall, missed = _recall(model, chosen, seed, drawn, progress)
    return Probe(
        n=n,
        failed=failed + missed,
        overlap=attempt(lambda: estimate(weighted.mean(true[kept]), n, **drawn), n),
        control=attempt(lambda: estimate(weighted.mean(other[kept]), n, **drawn), n),
        gain=attempt(lambda: estimate(weighted.mean((true - other)[kept]), n, **drawn), n),
        recall=recall,
    )


def _completions(
    model: Model, papers: Sequence[Paper], seed: int, progress: Progress
) -> tuple[Floats, Floats, int]:
    schema = {
        "type": "object",
        "properties": {"continuation": {"type": "string"}},
        "required": ["continuation"],
    }
    halves = [_halves(paper.abstract or "") for paper in papers]
    true, other = np.full(len(papers), np.nan), np.full(len(papers), np.nan)
    failed, step = 0, "complete abstracts"
    asked = [
        _asked("complete_abstract.md", paper, half, seed)
        for paper, (half, _) in zip(papers, halves, strict=True)
    ]
    answers = model.answers(asked, schema, lambda done: progress(step, done, len(papers)))
    for place, said in enumerate(answers):
        text = said.get("continuation") if isinstance(said, dict) else None
        if not isinstance(text, str) or not text.strip():
            failed += 1
            continue
        true[place] = rouge_l(text, halves[place][1])
        other[place] = rouge_l(text, halves[(place + 1) % len(papers)][1])
    return true, other, failed


def _recall(
    model: Model, papers: Sequence[Paper], seed: int, drawn: dict[str, int], progress: Progress
) -> tuple[Estimate, int]:
    schema = {
        "type": "object",
        "properties": {"decision": {"enum": ["accept", "reject"]}},
        "required": ["decision"],
    }
    label, hit, failed = [], [], 0
    decided = [paper for paper in papers if paper.accepted is not None]
    asked = [_asked("recall_decision.md", paper, "", seed) for paper in decided]
    step = "recall decisions"
    answers = model.answers(asked, schema, lambda done: progress(step, done, len(decided)))
    for paper, said in zip(decided, answers, strict=True):
        answer = said.get("decision") if isinstance(said, dict) else None
        if answer not in ("accept", "reject"):
            failed += 1
            continue
        label.append(paper.accepted)
        hit.append((answer == "accept") == paper.accepted)

    def make() -> Estimate:
        chosen = weighted.balanced(np.array(hit, dtype=np.bool_), as_labels(label))
        return estimate(chosen, len(label), **drawn)

    return attempt(make, len(label)), failed


def _asked(prompt: str, paper: Paper, half: str, seed: int) -> Asked:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    place = Environment(loader=FileSystemLoader(PROMPTS), undefined=StrictUndefined)
    text = place.get_template(prompt).render(
        title=paper.title, half=half, venue=paper.venue, year=paper.year
    )
    about = TaskKey(prompt.removesuffix(".md"), "", paper.paper_id)
    return Asked(text, seed_of(seed, prompt, paper.paper_id), about)


def _halves(abstract: str) -> tuple[str, str]:
    words = abstract.split()
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def rouge_l(said: str, true: str) -> float:
    """ROUGE-L recall: the longest common subsequence of words over the true text's length
    (Lin 2004)."""
    left, right = (re.findall(r"\w+", text.lower()) for text in (said, true))
    if not right:
        return 0.0
    row = [0] * (len(right) + 1)
    for word in left:
        corner = 0
        for place, other in enumerate(right, start=1):
            kept = row[place]
            row[place] = corner + 1 if word == other else max(row[place], row[place - 1])
            corner = kept
    return row[-1] / len(right)
