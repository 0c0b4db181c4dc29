"""What members of a collusion ring do for each other's papers, with any mind.

A ring's behaviour is a study's assumption: a member bids "Very High" on the others' papers and on
nothing else, and gives them the top rating.
"""

from __future__ import annotations

import msgspec

from conference.core.forms import Form
from conference.core.records import Agent, AnyRecord, BidLevel, Bids, Review


def with_ring_bids(agent: Agent, bids: Bids) -> Bids:
    """The bids, replaced by the ring's papers for a member whose ring bids."""
    if "bids" not in agent.ring_acts:
        return bids
    levels: dict[str, BidLevel] = dict.fromkeys(agent.ring, "Very High")
    return msgspec.structs.replace(bids, levels=levels)


def with_ring_ratings(agent: Agent, form: Form, records: list[AnyRecord]) -> list[AnyRecord]:
    """The reviews, with the top rating for the ring's papers by a member whose ring rates."""
    if "ratings" not in agent.ring_acts:
        return records
    top = form[form.rating].values[-1]
    return [
        msgspec.structs.replace(row, rating=top, scores={**row.scores, form.rating: top})
        if isinstance(row, Review) and row.paper in agent.ring
        else row
        for row in records
    ]
