"""Language models as reviewers: `vllm:MODEL`, `openai:MODEL@URL`, `replay:RUN`, each with #PRESET.

The form is the preset's; each review is written as in a round. A failed review has no score, and
the report says how many there are.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.contamination import UNKNOWN
from benchmarks.reviewers.kept_scores import joined
from benchmarks.reviewers.probe import Asked
from benchmarks.reviewers.question import PaperView, Question, Texts
from benchmarks.reviewers.refusals import Refusals
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.errors import UserError
from conference.core.files import PAPERS
from conference.core.forms import Form
from conference.core.scratch import scratch
from conference.core.tasks import TaskFailed, TaskKey
from conference.models import Asker, Message, Model, ModelRules, make_model, parse_spec
from conference.models.asking import together
from conference.models.chances import NoChances
from conference.models.context import Context
from conference.models.failures import FailedCall, failed_calls
from conference.models.records import ModelError, Refused, Sampling, Spec
from conference.models.repair import repaired
from conference.models.shapes import bare_object
from conference.papers import from_text, write_document
from conference.papers.manuscript import Manuscript
from reviewers.language.examples import read_examples
from reviewers.language.presets import Preset, load_preset
from reviewers.language.review import soft_rating, write_review
from venues.venue_file import load_venue

BATCH = 64  # papers in one file of kept scores
AT_ONCE = 256  # papers under way at the same time


def language_model(spec: str, question: Question, rules: ModelRules, rerun: int = 0) -> Reviewer:
    """A language model as a reviewer of these papers; its back end must be running.

    Its data cut-off is the model's `cutoff` in the settings file, or `--cutoff`; without either,
    all papers count as possibly seen. A `rerun` asks the same with other seeds.
    """
    parsed = parse_spec(spec)
    preset = load_preset(parsed.preset)
    form = load_venue(preset.form).form
    model = make_model(parsed, rules)
    runner = asyncio.Runner()  # One for all batches: a server's connections belong to its loop.

    def each(views: Sequence[PaperView], note: Callable[[int, Scores], None]) -> None:
        with scratch("reviews") as folder:
            (folder / PAPERS).mkdir()
            # Scores kept for other papers show that the model answers.
            first = Refusals(note, met=len(views) < len(question.papers))
            asked = _all(views, model, rules, parsed.preset, form, folder, rerun, first.note)
            runner.run(asked)
            first.end()

    def score(views: Sequence[PaperView]) -> Scores:
        found: dict[int, Scores] = {}
        each(views, found.__setitem__)
        return joined([found[at] for at in range(len(views))])

    return Reviewer(
        name=spec,
        again=lambda number: language_model(spec, question, rules, number),
        score=score,
        each=each,
        on_scale=form[form.rating].values == question.scale,
        cutoff=rules.cutoff or UNKNOWN,
        batch=BATCH,
        form=form,
        about={
            "kind": f"language model, revision {model.revision}",
            "preset": f"{parsed.preset}: {preset.source}",
            "sampling": _sampled(preset, rules),
            "examples": _examples(rules.examples, preset.few_shot),
            "form": f"that of the venue {preset.form}",
            "prompts": f"reviewers/prompts, SHA-256 {_prompts_hash()[:16]}",
            "cut-off": rules.cutoff or "not named: any paper may have been met",
            **({"rerun": str(rerun)} if rerun else {}),
        },
    )


def _sampled(preset: Preset, rules: ModelRules) -> str:
    """How scores are sampled, in words."""
    if preset.soft:
        return "none: the mean of its own chances of each rating, asked for in one prompt"
    return (
        f"temperature {_warmth(preset, rules)}, top-p {rules.top_p}, {rules.max_tokens} tokens, "
        f"{preset.reflections} passes, ensemble of {preset.ensemble}, {preset.few_shot}-shot"
    )


def _warmth(preset: Preset, rules: ModelRules) -> float:
    return rules.temperature if preset.temperature is None else preset.temperature


def parse_asked(name: str) -> Spec:
    """The parsed name of a model that can be asked new things. Raises `UserError` for a replay."""
    spec = parse_spec(name)
    if spec.kind == "replay":
        raise UserError(
            f"{name}: a replay repeats the calls of a round and has no answer to others; name the "
            "model itself, or give its scores as csv:FILE."
        )
    return spec


def _said(
    row: tuple[float, float, float, float], failed: list[FailedCall], texts: Texts,
    unanswered: bool = False,
) -> Scores:  # fmt: skip
    """A model's scores of one paper: rating, decision, confidence and spread, NaN for none."""
    rating, decision, confidence, spread = (np.array([value], dtype=np.float64) for value in row)
    mask = np.array([unanswered], dtype=np.bool_)
    return Scores(rating, decision, confidence, mask, tuple(failed), (texts,), spread)


async def _all(
    views: Sequence[PaperView],
    model: Model,
    rules: ModelRules,
    preset: str,
    form: Form,
    folder: Path,
    seed: int,
    note: Callable[[int, Scores, bool], None],
) -> None:
    """Ask for one review per paper, `AT_ONCE` at a time; a failed one does not affect others."""
    slots, open_ = asyncio.Semaphore(1), asyncio.Semaphore(AT_ONCE)

    async def one(at: int, view: PaperView) -> None:
        async with open_:
            key = TaskKey("benchmark", "", view.paper_id)
            asker = Asker(model, rules, preset, seed, key)
            context = Context(seed, folder, key, slots, asker)
            note(at, *await _ask(view, form, context, load_preset(preset).soft))

    tasks = [asyncio.create_task(one(at, view)) for at, view in enumerate(views)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _ask(view: PaperView, form: Form, context: Context, soft: bool) -> tuple[Scores, bool]:
    """The model's scores of one paper, and whether it refuses the paper. Raises `UserError` if it
    can never give a rating's probabilities."""
    key, asker = context.key, context.asker
    try:
        if soft:
            chances = await soft_rating(_manuscript(view, context.folder), form, context)
            row = (chances.mean, np.nan, np.nan, chances.spread)
            return _said(row, failed_calls(key, asker.calls), {}), False
        filled = await write_review(_manuscript(view, context.folder), form, context)
    except NoChances as failure:
        raise UserError(f"--reviewer {asker.model.name}: {failure}.") from failure
    except TaskFailed as failure:
        return _nothing_said(key, asker, failure), isinstance(failure.__cause__, Refused)
    said = filled.texts.get("decision", "")
    decision = float(said == "Accept") if said else np.nan
    confidence = filled.scores.get(form.confidence, np.nan) if form.confidence else np.nan
    row = (filled.scores[form.rating], decision, confidence, np.nan)
    return _said(row, failed_calls(key, asker.calls), dict(filled.texts)), False


def _nothing_said(key: TaskKey, asker: Asker, failure: TaskFailed) -> Scores:
    """The scores of a paper without a review; unanswered if the model could not be reached."""
    cause = failure.__cause__
    unanswered = isinstance(cause, ModelError) and not isinstance(cause, Refused)
    failed = failed_calls(key, asker.calls, str(failure))
    if unanswered:
        failed = [msgspec.structs.replace(row, task="unanswered") for row in failed]
    return _said((np.nan,) * 4, failed, {}, unanswered)


def _manuscript(view: PaperView, folder: Path) -> Manuscript:
    document = ""
    if view.text:
        parsed = from_text(view.title, view.abstract, view.text)
        document = write_document(parsed, folder / PAPERS)
    return Manuscript(
        paper=view.paper_id, title=view.title, abstract=view.abstract, document=document
    )


def _examples(path: str, count: int) -> str:
    rows = read_examples(Path(path))[:count] if count and path else []
    return ", ".join(f"{row.paper or row.title} {row.dataset}".strip() for row in rows) or "none"


def _prompts_hash() -> str:
    import hashlib

    from conference.models.prompts import HERE
    from reviewers.language.presets import PROMPTS

    digest = hashlib.sha256()
    for path in sorted([*HERE.glob("*.md"), *PROMPTS.glob("*.md")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class Prober:
    """A language model for the memorisation probe; its back end must be running.

    `failed` lists its calls without a usable answer.
    """

    def __init__(self, spec: str, rules: ModelRules) -> None:
        self._model, self._rules = make_model(parse_spec(spec), rules), rules
        self.failed: list[FailedCall] = []
        self._runner = asyncio.Runner()  # A server's connections belong to one event loop.

    def answers(
        self, asked: Sequence[Asked], schema: dict[str, Any], done: Callable[[int], None]
    ) -> list[Any]:
        """The answers as objects, None for an unusable answer or a refused prompt.

        Raises `UserError` if the model cannot be reached.
        """
        slots, answered = asyncio.Semaphore(BATCH), 0

        async def one(prompt: Asked) -> Any:
            nonlocal answered
            async with slots:
                found = await self._answer(prompt, {**schema, "additionalProperties": False})
            answered += 1
            done(answered)
            return found

        async def all_of_them() -> list[Any]:
            return await together(map(one, asked))

        done(0)
        return self._runner.run(all_of_them())

    async def _answer(self, prompt: Asked, schema: dict[str, Any]) -> Any:
        messages = (Message("user", prompt.text),)
        sampling = Sampling(
            temperature=0.0,
            top_p=1.0,
            max_tokens=self._rules.max_tokens,
            seed=prompt.seed % 2**31,
        )
        try:
            reply = await self._model.complete(messages, schema, sampling, prompt.about.paper)
        except Refused as error:
            self._note(prompt.about, sampling.seed, str(error))
            return None
        except ModelError as error:
            raise UserError(f"{error}; see that the model answers, and run it again.") from error
        try:
            return json.loads(repaired(bare_object(reply.text))[0])
        except (ValueError, RecursionError) as error:
            self._note(prompt.about, sampling.seed, reply.ended or f"it is not JSON ({error})")
            return None

    def _note(self, about: TaskKey, seed: int, reason: str) -> None:
        self.failed.append(
            FailedCall(
                step="probe", agent="", paper=about.paper, purpose=about.step,
                model=self._model.name, seed=seed, reason=reason, task="failed",
            )
        )  # fmt: skip
