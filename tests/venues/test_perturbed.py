"""Whatever a venue file says, it is refused in one sentence or gives a round that can be opened."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.core.tasks import StopRound
from tests.venues.tiny import INSTANT, table
from venues.round import load_round, run_round
from venues.venue_file import load_venue

Path_ = tuple[str | int, ...]
EXAMPLES = int(os.environ.get("CONFERENCE_EXAMPLES", "25"))
# Values that a field's type or its rules may not expect; None takes the field out.
WILD: tuple[Any, ...] = (
    None, 0, 1, -1, 2, 10**7, 0.5, -0.5, 1.5, 1e308, float("inf"), float("nan"), True, False, "",
    "x", "../x", "minds", [], ["x"], [""], [1, 2], {}, {"x": 1}, {"x": 1.0},
)  # fmt: skip


def _whole() -> dict[str, Any]:
    """The workshop with all its defaults spelt out, small, and with minds that answer at once."""
    said: dict[str, Any] = msgspec.to_builtins(load_venue("workshop"))
    said["population"] |= {"scientists": 3, "reviewers": 6, "chairs": 2}
    return {**said, "minds": dict(INSTANT), "models": {"default": {"price_in": 1.0}}}


def _places(value: Any, place: Path_ = ()) -> Iterator[Path_]:
    if place:
        yield place
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _places(part, (*place, name))
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value[:2]):
            yield from _places(part, (*place, at))


WHOLE = _whole()
PLACES = list(_places(WHOLE))


def _changed(place: Path_, value: Any) -> dict[str, Any]:
    said = json.loads(json.dumps(WHOLE))
    inner = said
    for part in place[:-1]:
        inner = inner[part]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = deepcopy(value)
    return dict(said)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        rows = (f"{json.dumps(name)} = {_toml(part)}" for name, part in value.items())
        return f"{{{', '.join(rows)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value) if isinstance(value, float) else json.dumps(value)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(place=st.sampled_from(PLACES), value=st.sampled_from(WILD), real=st.booleans())
@example(place=("call", "templates"), value=[], real=False)
@example(place=("call", "seeds"), value=1, real=False)
@example(place=("assignment", "min_load"), value=-1, real=False)
@example(place=("bids", "weight"), value=float("inf"), real=True)
def test_a_venue_is_refused_in_a_sentence_or_runs(place: Path_, value: Any, real: bool) -> None:
    if place[0] == "population" and isinstance(value, int) and value > 1000:
        return  # Ten million people are no fault, but take their time.
    real = real or place[0] == "minds"  # Else scientists would do real research.
    with tempfile.TemporaryDirectory() as name:
        file, out = Path(name) / "mine.toml", Path(name) / "round"
        said = _changed(place, value)
        file.write_text("".join(f"{key} = {_toml(part)}\n" for key, part in said.items()))
        try:
            run_round(load_venue(file), out=out, hosts=0, papers=table(3) if real else None)
            load_round(out)
        except (UserError, StopRound) as refused:
            assert "another version" not in str(refused) and "\n" not in str(refused)
