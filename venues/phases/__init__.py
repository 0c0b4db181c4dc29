"""The phases of a round, each a small file with its steps in order."""

from __future__ import annotations

from conference.core.records import AnyRecord
from conference.core.tasks import Task
from conference.models.context import Context
from venues.phases import (
    advise,
    assign,
    bid,
    calibrate,
    call,
    camera_ready,
    decide,
    desk_check,
    discuss,
    meta_review,
    rebut,
    review,
    submit,
)
from venues.state import Step
from venues.venue import Venue

STEPS: dict[str, tuple[Step, ...]] = {
    "call": call.STEPS,
    "submit": submit.STEPS,
    "desk_check": desk_check.STEPS,
    "bid": bid.STEPS,
    "assign": (*assign.STEPS, advise.STEP),
    "calibrate": calibrate.STEPS,
    "review": review.STEPS,
    "rebut": rebut.STEPS,
    "discuss": discuss.STEPS,
    "meta_review": meta_review.STEPS,
    "decide": decide.STEPS,
    "camera_ready": camera_ready.STEPS,
}


def steps_of(venue: Venue) -> list[Step]:
    """The steps of a venue's phases, in its order."""
    return [step for phase in venue.phases for step in STEPS[phase]]


def perform(task: Task, context: Context) -> list[AnyRecord]:
    """Do a task of the venue itself, which no agent thinks about."""
    match task.sight:
        case call.CallSight():
            return call.perform(task.sight)
        case submit.PlanSight():
            return submit.plan(task.sight, context)
        case submit.TableSight() | submit.PdfSight():
            return submit.perform(task.sight, context)
        case desk_check.DeskSight():
            return desk_check.perform(task.sight, context)
        case bid.InviteSight():
            return bid.invite(task.sight)
        case bid.AffinitySight():
            return bid.measure_affinities(task.sight, context)
        case assign.AssignSight():
            return assign.perform(task.sight, context)
        case calibrate.FitSight():
            return calibrate.fit(task.sight)
        case _:
            raise TypeError(f"no task of the venue: {type(task.sight).__name__}")
