"""Prepare a study: its papers and its arms' rules, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.studies.detectable import power_for
from benchmarks.studies.outcome_table import CONTROL, PAIR
from benchmarks.studies.outcomes import PLANTED_NEEDS, Need, check_outcomes, given_by_rules
from benchmarks.studies.plan import Planned, check_place
from benchmarks.studies.study import Study, in_toml, plan_hash, venue_of
from benchmarks.studies.twins.apply import ArmPapers, decided, open_arms
from conference.core.errors import UserError
from conference.core.seeds import seed_of
from conference.models.records import ModelRules
from venues.checks import check_before
from venues.minds import check_new_tasks
from venues.papers import PaperSource, open_papers
from venues.recorded import check_recorded, fingerprints, recorded_minds, with_records
from venues.rounds import papers_of_round
from venues.settings import ALSO_KNOWN_AS
from venues.state import Options
from venues.venue import Venue

FEWEST_PAPERS = 4
LARGE = 2  # SD: a difference that any useful study must find


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What every replicate of a study needs. `venues` are the arms' rules, the control's first.

    `count` is how many papers are submitted, 0 if scientists write them; `notes` are sentences
    about the papers for the report.
    """

    study: Study
    venues: dict[str, Venue]
    out: str
    papers: str
    sample: int
    seed: int
    plan: str
    count: int = 0
    hosts: int = 0
    address: str | None = None
    budget: tuple[int, float, float] = (0, 0.0, 0.0)
    notes: tuple[str, ...] = ()


def make_job(
    study: Study,
    out: Path,
    papers: str,
    sample: int,
    seed: int,
    minds: Mapping[str, str] | None,
    settings: Mapping[str, Any] | None,
    models: Mapping[str, ModelRules] | None,
    replicates: int,
    dry: bool = False,
) -> tuple[Job, ArmPapers]:
    """The job and the papers of every arm, checked as far as possible before anything runs.

    For a `dry` run the papers need not be quite as the study would have them.

    Raises:
        UserError: the first fault found.
    """
    shared = {"settings": dict(settings or {}), "minds": dict(minds or {})}
    check_shared(study, **shared)
    venues = {
        arm: venue_of(study, arm, **shared, papers=papers, models=dict(models or {}))
        for arm in study.all_arms()
    }
    arms = papers_of(study, venues, papers, sample, seed, dry)
    for venue in venues.values():
        check_new_tasks(venue, "rounds with other seeds")
        check_recorded(venue, arms.control)
    check_outcomes(study.outcomes, given_by(arms.control, venues.values()))
    _check_arms(study, venues)
    _check_ids(arms.control)
    check_size(study, arms.control, arms.left_out)
    _check_rounds(study, venues, arms, seed, out)
    chosen = _chosen(arms, sample, seed, replicates, minds, settings)
    chosen |= {"recorded": {arm: found for arm in venues if (found := fingerprints(venues[arm]))}}
    if models or study.venue.endswith(".toml"):  # Rules from a user's file, which may change.
        chosen["rules"] = venues
    job = Job(
        study=study, venues=venues, out=str(out), papers=papers, sample=sample, seed=seed,
        plan=plan_hash(study, chosen), notes=arms.notes,
        count=len(arms.control) if arms.control else 0,
    )  # fmt: skip
    return job, arms


def check_shared(study: Study, settings: Mapping[str, Any], minds: Mapping[str, str]) -> None:
    """Raise `UserError` for a setting or mind for all arms that the study's control contradicts."""
    control = study.arm[CONTROL]
    own = {ALSO_KNOWN_AS.get(rule, rule): value for rule, value in control.set.items()}
    for rule, value in settings.items():
        held = own.get(ALSO_KNOWN_AS.get(rule, rule), value)
        if held != value:
            raise UserError(
                f"--set {rule}: the study's control sets it to {in_toml(held)}, which all arms "
                "share; change it in a copy of the study's file."
            )
    for role, mind in minds.items():
        if getattr(control, role) not in ("", mind):
            raise UserError(
                f"--{role} '{mind}': the study's control names '{getattr(control, role)}', which "
                "all arms share; change it in a copy of the study's file."
            )


def _check_arms(study: Study, venues: Mapping[str, Venue]) -> None:
    """Raise `UserError` for a treatment whose rounds would be the same as the control's."""
    arms = study.all_arms()
    for name in study.treatments:
        same = arms[name].committee == arms[CONTROL].committee
        twin = study.twins[name] == study.twins[CONTROL]
        if same and twin and _in_one_world(venues[name]) == _in_one_world(venues[CONTROL]):
            raise UserError(
                f"arm.{name} does not differ from the control: the venue or the settings for all "
                "arms already say the same; change one of them."
            )


def _in_one_world(venue: Venue) -> Venue:
    """The venue without `panel.world`, which a study sets for each replicate."""
    return msgspec.structs.replace(venue, panel=msgspec.structs.replace(venue.panel, world=0))


def _check_rounds(
    study: Study, venues: Mapping[str, Venue], papers: ArmPapers, seed: int, out: Path
) -> None:
    """Raise `UserError` if the round of any arm could not run, before any arm's round starts."""
    check_place(out)
    for arm, venue in venues.items():
        source = papers.sources[arm]
        if venue.panel.informed and "human ratings" not in given_by(source):
            raise UserError(
                f"arm.{arm}: panel.informed needs the human ratings of --papers, and there are "
                "none; give papers that people rated, or set it to false."
            )
        try:
            if venue.resubmission.spread and source:
                source = papers_of_round(source, venue, 1, study.rounds, ())
            first = committee_seed(seed, 0, study.all_arms()[arm].committee)
            check_before(venue, source, Options(), first, out)
        except UserError as error:
            raise UserError(f"arm.{arm}: {error}") from error


def check_size(study: Study, source: PaperSource | None, left_out: str = "") -> None:
    """Raise `UserError`, with the power, for too few papers to show anything."""
    if study.design.unit != "paper" or source is None or len(source) >= FEWEST_PAPERS:
        return
    size, alpha = len(source), study.analysis.alpha
    power = power_for(LARGE, size**-0.5, size - 1, alpha) if size > 1 else 0.0
    few = "1 paper is too few: it finds" if size == 1 else f"{size} papers are too few: they find"
    raise UserError(
        f"{source.path}: {few} a difference of {LARGE} SD of a paper's with power {power:.2f}; "
        f"give at least {FEWEST_PAPERS}{f' ({left_out})' if left_out else '.'}"
    )


def _check_ids(source: PaperSource | None) -> None:
    """Raise `UserError` for a paper's id that looks like a review's."""
    odd = [row.paper for row in source.table if PAIR in row.paper] if source else []
    if source and odd:
        raise UserError(
            f"{source.path}: paper_id {odd[0]!r} holds '{PAIR}', which separates paper and "
            "reviewer in a study's outcomes; use another character."
        )


def papers_of(
    study: Study,
    venues: Mapping[str, Venue],
    papers: str,
    sample: int,
    seed: int,
    dry: bool = False,
) -> ArmPapers:
    """The papers that the arms review."""
    if not study.only:
        return open_arms(study.twins, papers, venues["control"], sample, seed, dry)
    if not papers:
        raise UserError(
            f"only = '{study.only}' chooses among given papers; give --papers, such as a folder of "
            "human review data."
        )
    if study.only == "recorded" and not any(map(recorded_minds, venues.values())):
        raise UserError(
            "only = 'recorded' takes the papers that recorded reviewers have scored, and no arm "
            'has such a reviewer; name one, such as reviewer = "4 human", or drop it.'
        )
    source = open_papers(papers, venues["control"])
    given = len(source)
    if study.only == "decided":
        source = decided(source, sample, seed)
    else:
        source = with_records(source, venues.values(), sample, seed)
    left_out = source.notes[-1] if len(source) < given else ""
    return ArmPapers(dict.fromkeys(study.twins, source), source.notes, left_out)


def given_by(source: PaperSource | None, venues: Iterable[Venue] = ()) -> set[Need]:
    """Which needs of outcomes these papers and venues meet."""
    humans = [row.human for row in source.table if row.human] if source else []
    found: set[Need] = set()
    if any(human.ratings for human in humans):
        found.add("human ratings")
    if any(human.accepted is not None for human in humans):
        found.add("human decisions")
    if source is None or source.pdfs or any(row.text for row in source.table):
        found.add("texts")
    planted = [row for paper in source.table for row in paper.planted] if source else []
    kinds = {row.kind.partition(":")[0] for row in planted}
    found |= {need for kind, need in PLANTED_NEEDS.items() if kind in kinds}
    if source is None:
        found.add("scientists")
    return found | given_by_rules(list(venues))


def _chosen(
    arms: ArmPapers,
    sample: int,
    seed: int,
    replicates: int,
    minds: Mapping[str, str] | None,
    settings: Mapping[str, Any] | None,
) -> dict[str, Any]:
    prints = {arm: source.fingerprint if source else "" for arm, source in arms.sources.items()}
    return {
        "papers": prints if len(set(prints.values())) > 1 else prints[CONTROL],
        "sample": sample,
        "seed": seed,
        "replicates": replicates,
        "minds": dict(minds or {}),
        "settings": dict(settings or {}),
    }


def planned(
    job: Job,
    replicates: int,
    minds: Mapping[str, str] | None,
    settings: Mapping[str, Any] | None,
) -> Planned:
    """The plan that is kept in the job's folder."""
    chosen: dict[str, Any] = {"replicates": replicates, "sample": job.sample, "seed": job.seed}
    chosen |= {"papers": job.papers, "minds": dict(minds or {}), "settings": dict(settings or {})}
    chosen["count"] = job.count
    return Planned(hash=job.plan, study=job.study, chosen=chosen, notes=job.notes, rules=job.venues)


def committee_seed(seed: int, replicate: int, committee: int) -> int:
    """The seed of a round's people and draws."""
    return seed_of(seed, "replicate", replicate, "committee", committee) >> 33
