"""What reviewers of a ring do for each other's papers, whatever mind they have.

A ring's behaviour is an assumption of a study: a member bids "Very High" for the papers of the
others and for nothing else, and rates them at the top of the scale.
"""

from __future__ import annotations

import msgspec

from conference.core.forms import Form
from conference.core.records import Agent, AnyRecord, BidLevel, Bids, Review


def with_ring_bids(agent: Agent, bids: Bids) -> Bids:
    """The bids of a member whose ring bids; those of anybody else as they are."""
    if "bids" not in agent.ring_acts:
        return bids
    levels: dict[str, BidLevel] = dict.fromkeys(agent.ring, "Very High")
    return msgspec.structs.replace(bids, levels=levels)


def with_ring_ratings(agent: Agent, form: Form, records: list[AnyRecord]) -> list[AnyRecord]:
    """The reviews of a member whose ring rates, with the highest rating for the ring's papers."""
    if "ratings" not in agent.ring_acts:
        return records
    top = form[form.rating].values[-1]
    return [
        msgspec.structs.replace(row, rating=top, scores={**row.scores, form.rating: top})
        if isinstance(row, Review) and row.paper in agent.ring
        else row
        for row in records
    ]
