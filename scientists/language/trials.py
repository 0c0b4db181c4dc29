"""Trial runs: a language model changes the treatment's code, sees the results, and chooses.

Trials have their own seed, so that a version is not chosen by the results that the paper reports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conference.core.tasks import TaskFailed
from conference.models import Message, Shape, struct_shape
from conference.models.context import Context
from conference.models.prompts import render, without_paper
from scientists.experiments import EXPERIMENT, Laboratory, Results
from scientists.language.coding import CODE, EditList, Made, Refused, change, spoken
from scientists.language.ideas import PROMPTS, described, rules
from scientists.study import Question, Trial, Tried, plan

Arm = Sequence[dict[str, Any]]


class Step(msgspec.Struct, frozen=True):
    """A model's notes on the trials so far, and the next step.

    `confirm` is the trial whose version runs on the study's seeds; 0 means to try `edits`.
    """

    notes: str
    confirm: int
    explanation: str
    edits: EditList

    @property
    def done(self) -> bool:
        return self.confirm > 0


def step_shape(trials: int, last: bool = False) -> Shape[Step]:
    """The shape of a step after `trials` trials; after the `last`, one of them must be
    confirmed."""
    bare, allowed = struct_shape(Step, CODE), list(range(int(last), trials + 1))
    properties = {**bare.schema["properties"], "confirm": {"type": "integer", "enum": allowed}}

    def read(text: str) -> Step:
        step = bare.read(text)
        if step.confirm not in allowed:
            raise ValueError(f"confirm is {step.confirm} and must be one of {allowed}")
        return step

    return Shape("step", {**bare.schema, "properties": properties}, read, CODE)


async def try_out(
    laboratory: Laboratory, question: Question, seed: int, base: str, budget: str, context: Context
) -> Tried:
    """Run up to `trials` versions of the treatment's code, and the baseline once, on one seed.

    If no change in a trial runs, the trials end, and the last version that ran is chosen; only the
    knobs if none did.

    Raises:
        TaskFailed: the template's own code does not run with the baseline's settings.
    """
    left, right = plan(question, budget, [seed])
    start = without_paper(
        render(
            PROMPTS, "code", material=base, idea=question.idea, trials=rules().trials,
            treatment=described(question.treatment), baseline=described(question.baseline),
        )
    )  # fmt: skip

    seen: list[str] = []

    async def measured(code: str) -> dict[str, float]:
        if code in seen:
            raise Refused(f"that is version {seen.index(code) + 1} again: confirm it or change it")
        found = _means(await run_arm(laboratory, [right], budget, context, code), question)
        seen.append(code)
        return found

    tried = Tried(
        seed=seed,
        baseline=_means(await run_arm(laboratory, [left], budget, context), question),
    )
    messages = start
    while len(tried.trials) < rules().trials:
        number = len(tried.trials) + 1
        made: Made[Step, dict[str, float]] = await change(
            laboratory, context, EXPERIMENT, messages, step_shape(number - 1), measured,
            rules().protected, member=100 * number,
        )  # fmt: skip
        tried = _noted(tried, made.answer.notes)
        if made.outcome is None:
            chosen = made.answer.confirm or len(tried.trials)
            return msgspec.structs.replace(tried, chosen=chosen, fault=made.problem)
        trial = Trial(
            explanation=made.answer.explanation if made.answer.edits else "",
            code=made.code if made.answer.edits else "",
            measures=made.outcome,
        )
        tried = msgspec.structs.replace(tried, trials=(*tried.trials, trial))
        # The list of trials replaces the earlier turns, so the conversation does not grow.
        messages = (*start, spoken(made.answer), Message("user", _told(question, tried)))
    step = await context.asker.ask(
        messages, step_shape(len(tried.trials), last=True), "code", member=1
    )
    return msgspec.structs.replace(_noted(tried, step.notes), chosen=step.confirm)


async def run_both(
    laboratory: Laboratory,
    runs: Arm,
    tried: Tried,
    budget: str,
    context: Context,
) -> tuple[Results, Tried]:
    """The study's runs: the baseline with the template's code, the treatment with the chosen code.

    If the chosen code fails on a seed of the study, the treatment is run with its knobs alone, and
    the paper's checks say so.

    Raises:
        TaskFailed: the template's own code does not run on these settings.
    """
    arms = {
        label: [run for run in runs if run["label"] == label] for label in ("baseline", "treatment")
    }
    rows = {"baseline": iter(await run_arm(laboratory, arms["baseline"], budget, context))}
    try:
        right = await run_arm(laboratory, arms["treatment"], budget, context, tried.version.code)
    except TaskFailed as error:
        if not tried.version.code:
            raise
        fault = f"version {tried.chosen} of the code ran in its trial and failed in the study"
        tried = msgspec.structs.replace(tried, chosen=0, fault=f"{fault} ({error})")
        right = await run_arm(laboratory, arms["treatment"], budget, context)
    rows["treatment"] = iter(right)
    return [next(rows[run["label"]]) for run in runs], tried


async def run_arm(
    laboratory: Laboratory, runs: Arm, budget: str, context: Context, code: str = ""
) -> Results:
    """Do the runs with `code`, or with the template's code if it is ""."""
    async with context.slots:
        return await asyncio.to_thread(laboratory.run, runs, budget, code or None)


def _means(results: Sequence[Mapping[str, Any]], question: Question) -> dict[str, float]:
    """The measures of a trial's one run."""
    return {
        metric.name: float(results[0]["metrics"][metric.name])
        for metric in question.template.metrics
    }


def _noted(tried: Tried, notes: str) -> Tried:
    """The trials, with the model's notes on the last one."""
    if not tried.trials or not notes.strip():
        return tried
    last = msgspec.structs.replace(tried.trials[-1], notes=" ".join(notes.split()))
    return msgspec.structs.replace(tried, trials=(*tried.trials[:-1], last))


def _told(question: Question, tried: Tried) -> str:
    return render(
        PROMPTS, "trials", tried=tried, metrics=question.template.metrics,
        left=rules().trials - len(tried.trials),
    )  # fmt: skip
