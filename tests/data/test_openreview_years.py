"""OpenReview's answers as they differ from year to year, and records that contradict themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conference.core.errors import UserError
from conference.data.importers import openreview
from conference.data.tables import Dataset
from tests.data.test_openreview import address, server  # noqa: F401

pytest.importorskip("openreview", reason="openreview-py is not installed")


def wrapped(content: dict[str, Any]) -> dict[str, Any]:
    return {key: {"value": value} for key, value in content.items()}


def reply(
    kind: str, content: dict[str, Any], *, api: int = 2, who: str = "R1", **more: Any
) -> dict[str, Any]:
    """A reply of submission 7 as either version writes it."""
    name = f"V/Submission7/-/{kind}"
    common = {"id": f"{kind}-{who}", "cdate": 5, "signatures": [f"V/Submission7/{who}"]} | more
    if api == 1:
        return common | {"invitation": name, "content": content}
    return common | {"invitations": ["V/-/Edit", name], "content": wrapped(content)}


def submission(replies: list[dict], *, api: int = 2, **content: Any) -> dict[str, Any]:
    plain = {"title": "Graphs", "abstract": "We study them.", "authors": ["Jane Doe"]} | content
    return {
        "id": "p1", "forum": "p1", "number": 7, "cdate": 1695800000000, "invitation": "V/-/S",
        "content": plain if api == 1 else wrapped(plain), "details": {"replies": replies},
    }  # fmt: skip


def imported(
    server: Any,  # noqa: F811
    folder: Path,
    venue: str,
    notes: list[dict],
    api: int = 2,
    **more: Any,
) -> Dataset:
    server.api = "none"
    server.given = {"Submission" if api == 2 else "Blind_Submission": notes}
    (found,) = openreview.read_venue(
        venue, api=api, cache=folder, url=address(server), pause=0, fresh=True, **more
    )
    return found


YEARS = [
    (  # 2018: decisions are Acceptance_Decision notes.
        "ICLR.cc/2018/Conference", 1,
        {"rating": "7: Good paper, accept", "confidence": "4: confident", "review": "Nice."},
        ("Acceptance_Decision", {"decision": "Accept (Oral)"}),
        (7, 4, {}, {"review": "Nice."}, "accepted", "oral"),
    ),
    (  # 2019: the meta-review recommends.
        "ICLR.cc/2019/Conference", 1,
        {"rating": "6: Marginally above", "confidence": "3: x", "review": "1. Fine\n2. Good"},
        ("Meta_Review", {"metareview": "Yes.", "recommendation": "Accept (Poster)"}),
        (6, 3, {}, {"review": "1. Fine\n2. Good"}, "accepted", "poster"),
    ),
    (  # 2020: no confidence, experience in words, talks.
        "ICLR.cc/2020/Conference", 1,
        {"rating": "8: Accept", "experience_assessment": "I have read many papers.", "review": "R"},
        ("Decision", {"decision": "Accept (Talk)"}),
        (8, None, {}, {"experience_assessment": "I have read many papers.", "review": "R"},
         "accepted", "oral"),
    ),
    (  # 2022 and 2023: the rating is called recommendation, sub-scores are sentences.
        "ICLR.cc/2022/Conference", 1,
        {"recommendation": "10: strong accept", "confidence": "5: certain", "main_review": "M",
         "correctness": "3: Some of the claims have minor issues. A few are not supported.",
         "flag_for_ethics_review": ["NO."]},
        ("Decision", {"decision": "Reject"}),
        (10, 5, {"correctness": 3}, {"main_review": "M"}, "rejected", ""),
    ),
    (
        "ICLR.cc/2023/Conference", 1,
        {"recommendation": "5: below", "confidence": "2: x", "strength_and_weaknesses": "2 flaws.",
         "clarity,_quality,_novelty_and_reproducibility": "Clear."},
        ("Decision", {"decision": "Accept: notable-top-25%"}),
        (5, 2, {}, {"strength_and_weaknesses": "2 flaws.",
                    "clarity,_quality,_novelty_and_reproducibility": "Clear."},
         "accepted", "spotlight"),
    ),
    (  # NeurIPS 2021: hours are a number of the venue's own.
        "NeurIPS.cc/2021/Conference", 1,
        {"rating": "9: Top 15%", "confidence": "4: x", "time_spent_reviewing": "6", "summary": "S",
         "code_of_conduct": "While performing my duties, I adhere."},
        ("Decision", {"decision": "Accept (Poster)"}),
        (9, 4, {"time_spent_reviewing": 6}, {"summary": "S"}, "accepted", "poster"),
    ),
    (  # 2024: labels without a colon.
        "ICLR.cc/2024/Conference", 2,
        {"rating": "6: marginally above", "confidence": "3: x", "soundness": "3 good",
         "presentation": "4 excellent", "contribution": "2 fair", "summary": "S"},
        ("Decision", {"decision": "Accept (poster)"}),
        (6, 3, {"soundness": 3, "presentation": 4, "contribution": 2}, {"summary": "S"},
         "accepted", "poster"),
    ),
    (  # NeurIPS 2025: plain integers on 1-6.
        "NeurIPS.cc/2025/Conference", 2,
        {"rating": 6, "confidence": 4, "quality": 3, "originality": 2, "final_justification": "J",
         "responsible_reviewing_acknowledgement": "Yes"},
        ("Decision", {"decision": "Accept (oral)"}),
        (6, 4, {"quality": 3, "originality": 2}, {"final_justification": "J"}, "accepted", "oral"),
    ),
    (  # 2026: a rating of nought, from before rebuttal.
        "ICLR.cc/2026/Conference", 2,
        {"rating": 0, "confidence": 5, "soundness": 1, "summary": "S"},
        ("Decision", {"decision": "Reject"}),
        (0, 5, {"soundness": 1}, {"summary": "S"}, "rejected", ""),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("venue", "api", "review", "decision", "expected"), YEARS, ids=[year[0] for year in YEARS]
)
def test_each_years_form_is_read(
    server: Any,  # noqa: F811
    tmp_path: Path,
    venue: str,
    api: int,
    review: dict,
    decision: tuple[str, dict],
    expected: tuple,
) -> None:
    replies = [
        reply("Official_Review", review, api=api),
        reply(*decision, api=api, who="Chairs"),
        reply("Official_Comment", {"rating": "1: no"}, api=api, who="Authors"),
    ]
    found = imported(server, tmp_path, venue, [submission(replies, api=api)], api)
    (paper,), (said,) = found.papers, found.reviews
    assert (
        said.rating, said.confidence, said.scores, said.texts, paper.status, paper.presentation,
    ) == expected  # fmt: skip
    kept = (said.rating_initial, said.rating_final)
    assert kept == ((said.rating, None) if "2026" in venue else (None, said.rating))
    assert found.damaged == ()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"venueid": "ICLR.cc/2025/Conference", "venue": "ICLR 2025 Poster"}, "accepted"),
        ({"venueid": "ICLR.cc/2025/Conference/Rejected_Submission"}, "rejected"),
        ({"venueid": "ICLR.cc/2025/Conference/Withdrawn_Submission"}, "withdrawn"),
        ({"venueid": "ICLR.cc/2025/Conference/Desk_Rejected_Submission"}, "desk_rejected"),
        ({"venueid": "ICLR.cc/2025/Conference/Submission", "venue": "Submitted to ICLR 2025"},
         "unknown"),
        ({}, "unknown"),
    ],
)  # fmt: skip
def test_without_a_decision_note_the_venue_id_decides(
    server: Any,  # noqa: F811
    tmp_path: Path,
    content: dict,
    status: str,
) -> None:
    found = imported(server, tmp_path, "ICLR.cc/2025/Conference", [submission([], **content)])
    assert [paper.status for paper in found.papers] == [status]


def test_deleted_and_doubled_records_are_named_and_never_counted_twice(
    server: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    def review(who: str, rating: int, **more: Any) -> dict:
        return reply("Official_Review", {"rating": rating, "summary": "S"}, who=who, **more)

    replies = [
        review("R1", 8), review("R1", 8), review("R2", 3), review("R3", 5, ddate=9),
        review("R4", 6, id="a"), review("R4", 8, id="b"), review("R5", 6), review("R6", 5),
        reply("Decision", {"decision": "Reject"}, who="Chairs", ddate=9),
        reply("Decision", {"decision": "Accept (poster)"}, who="Chairs"),
    ]  # fmt: skip
    whole = submission(replies)
    gone = submission([], title="Gone") | {"id": "p2", "ddate": 9}
    found = imported(server, tmp_path, "ICLR.cc/2025/Conference", [whole, gone, whole])
    assert [paper.status for paper in found.papers] == ["accepted"]
    assert sorted(review.rating for review in found.reviews) == [3, 5, 6, 8]
    named = {(fault.record, fault.reason) for fault in found.damaged}
    assert ("review 1 of paper p1", "listed again with the same content") in named
    assert ("review 3 of paper p1", "it was deleted") in named
    differs = "its reviewer has another one that differs, left out"
    assert {f"review {n} of paper p1" for n in (4, 5)} == {r for r, why in named if why == differs}
    assert ("paper p2", "it was deleted") in named
    assert ("paper p1", "listed again with the same content") in named


def test_hidden_fields_and_missing_ratings_are_not_guessed(
    server: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    hidden = reply("Official_Review", {"summary": "S"}, who="R1")
    hidden["content"]["rating"] = {"readers": ["V/Chairs"]}
    seen = [reply("Official_Review", {"rating": 8}, who=who) for who in ("R2", "R3")]
    found = imported(server, tmp_path, "ICLR.cc/2025/Conference", [submission([hidden, *seen])])
    assert [review.rating for review in found.reviews] == [8, 8]
    assert found.damaged[0].reason.startswith("it has none of the fields rating")


def test_a_workshop_is_no_conference(server: Any, tmp_path: Path) -> None:  # noqa: F811
    venue = "ICLR.cc/2024/Workshop/DMLR"
    with pytest.raises(UserError, match=r"ICLR 2024, workshop/dmlr, is unknown; give --scale"):
        imported(server, tmp_path, venue, [])
    replies = [reply("Official_Review", {"rating": 4})]
    note = submission(replies, venue="ICLR 2024 Workshop DMLR Poster", venueid=venue)
    found = imported(server, tmp_path, venue, [note], scale=(1.0, 2.0, 3.0, 4.0))
    assert found.name == "iclr2024-workshop-dmlr"
    assert [(p.status, p.presentation) for p in found.papers] == [("accepted", "poster")]


def test_a_venue_that_is_not_there_and_a_damaged_cache_are_one_sentence(
    server: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    tried = (
        "in API 1, OpenReview has no submission under ICLR.cc/2019/Conference/-/Blind_Submission, "
    )
    with pytest.raises(UserError, match=tried + ".*/Withdrawn_Submission.*; check the venue id"):
        imported(server, tmp_path, "ICLR.cc/2019/Conference", [], api=1)
    imported(server, tmp_path, "ICLR.cc/2019/Conference", [submission([])])
    (page,) = tmp_path.rglob("*.json")
    page.write_text("[{")
    with pytest.raises(UserError, match=r"cannot be read.*--fresh"):
        openreview.read_venue(
            "ICLR.cc/2019/Conference", api=2, cache=tmp_path, url=address(server), pause=0
        )


def early(kind: str, **content: Any) -> dict[str, Any]:
    """A reply as version 1 named it before 2018."""
    name = f"ICLR.cc/2017/conference/-/paper7/{kind}"
    return {"id": kind, "cdate": 5, "invitation": name, "content": content, "signatures": [kind]}


def test_the_years_before_blind_submissions_are_asked_for_as_they_lie(
    server: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    """openreview-py's issue 1860; the id may be written in either case, and no version is named."""
    replies = [
        early("official/review", rating="7: Good paper, accept", confidence="4: x", review="Nice."),
        early("public/review", rating="9", review="My friend's."),
        early("acceptance", decision="Invite to Workshop Track"),
    ]
    server.api = "none"
    server.given = {"submission": [submission(replies, api=1, venue="Submitted to ICLR 2017")]}
    where: dict[str, Any] = {"cache": tmp_path, "url": address(server), "pause": 0}
    (found,) = openreview.read_venue("ICLR.cc/2017/Conference", **where)
    assert server.asked == [("ICLR.cc/2017/conference/-/submission", 0)]
    assert [(r.rating, r.confidence, r.texts) for r in found.reviews] == [
        (7, 4, {"review": "Nice."})
    ]
    assert (found.papers[0].status, found.papers[0].presentation) == ("rejected", "workshop")
    decided = {"decision": "conferenceOral-iclr2013-conference"}
    server.given = {"submission": [submission([], api=1, **decided)]}
    (found,) = openreview.read_venue("ICLR.cc/2013/conference", **where)
    assert (found.papers[0].status, found.papers[0].presentation) == ("accepted", "oral")
    assert found.notes == ("its reviews have no ratings: only its decisions are read",)
    with pytest.raises(UserError, match="ICLR 2015 was not held on OpenReview"):
        openreview.read_venue("ICLR.cc/2015/Conference", **where)
    with pytest.raises(UserError, match="only the workshop track of ICLR 2016"):
        openreview.read_venue("ICLR.cc/2016/conference", **where)
    openreview.read_venue("ICLR.cc/2016/workshop", **where)
    assert server.asked[-1] == ("ICLR.cc/2016/workshop/-/submission", 0)


def test_the_version_follows_the_year(server: Any, tmp_path: Path) -> None:  # noqa: F811
    server.api = "none"
    for venue, kind, name in (
        ("ICLR.cc/2023/Conference", "Blind_Submission", "API 1"),
        ("ICLR.cc/2024/Conference", "Submission", "API 2"),
        ("NeurIPS.cc/2023/Conference", "Submission", "API 2"),
    ):
        server.given = {kind: [submission([], api=1 if kind[0] == "B" else 2)]}
        (found,) = openreview.read_venue(venue, cache=tmp_path, url=address(server), pause=0)
        assert found.source.endswith(name)


@pytest.mark.parametrize("sure", ["confidence", "reviewer_confidence"])
def test_a_confidence_that_cannot_be_read_does_not_cost_its_rating(
    server: Any,  # noqa: F811
    sure: str,
    tmp_path: Path,
) -> None:
    content = {"rating": "8: accept", sure: "very sure", "preliminary_rating": "7: good"}
    note = submission([reply("Official_Review", content)])
    found = imported(server, tmp_path, "ICLR.cc/2024/Conference", [note])
    (review,) = found.reviews
    assert (review.rating, review.confidence, review.rating_initial) == (8, None, None)
    assert {fault.record for fault in found.damaged} == {
        "confidence of review 0 of paper p1", "preliminary_rating of review 0 of paper p1",
    }  # fmt: skip


@pytest.mark.parametrize("last", [False, True])
def test_a_decision_goes_before_what_the_meta_review_recommends(
    server: Any,  # noqa: F811
    last: bool,
    tmp_path: Path,
) -> None:
    replies = [
        reply("Meta_Review", {"recommendation": "Accept (Poster)"}, who="A"),
        reply("Decision", {"decision": "Reject"}, who="B"),
    ]
    note = submission(replies if last else replies[::-1])
    found = imported(server, tmp_path, "ICLR.cc/2024/Conference", [note])
    assert (found.papers[0].decision, found.papers[0].status) == ("Reject", "rejected")
