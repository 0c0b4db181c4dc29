"""What model calls cost: sums over calls, and budgets that stop a round cleanly."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

import msgspec

from conference.core.errors import UserError
from conference.models.records import Call, ModelRules, calls_from_json

FIRST = 8  # tasks of a step that begin under a limit before their cost is known
RECENT = 64  # last tasks whose cost decides how many more a limit leaves room for


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over calls. `problems` counts calls whose answer could not be used."""

    calls: int = 0
    problems: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    def __add__(self, other: Spent) -> Spent:
        return Spent(**{n: getattr(self, n) + getattr(other, n) for n in self.__struct_fields__})


def spent_on(calls: Iterable[Call]) -> Spent:
    """The sums over calls, without reused ones, which another round paid for."""
    total = Spent()
    for call in calls:
        if call.reused:
            continue
        total += Spent(
            calls=1,
            problems=bool(call.problem),
            tokens_in=call.tokens_in,
            tokens_cached=call.tokens_cached,
            tokens_out=call.tokens_out,
            seconds=call.seconds,
            cost=call.cost,
        )
    return total


def spent_in(rows: Iterable[tuple[str, bytes]]) -> dict[str, Spent]:
    """Sums by name over (name, calls as the ledger stores them)."""
    found: dict[str, Spent] = {}
    for name, calls in rows:
        if calls != b"[]":
            found[name] = found.get(name, Spent()) + spent_on(calls_from_json(calls))
    return found


class Budget:
    """Limits on a round's model calls; 0 is no limit. Hours count for this run alone.

    Tasks under way when a limit is reached are finished and overspend it. So `room` lets fewer
    begin as the limit comes near.
    """

    def __init__(
        self,
        tokens: int = 0,
        cost: float = 0.0,
        hours: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = (tokens, cost, hours)
        self._clock = clock
        self._start, self.started = clock(), time.time()
        self._spent = Spent()
        self._recent: deque[Spent] = deque(maxlen=RECENT)

    def check_prices(self, models: Mapping[str, ModelRules]) -> list[str]:
        """Notes on models without a price, which `--max-cost` counts as free.

        Raises:
            UserError: `--max-cost` is set and no model has a price.
        """
        free = [name for name, rules in models.items() if not rules.priced]
        if not self.limits[1] or not free:
            return []
        if len(free) == len(models):
            raise UserError(
                f"--max-cost {self.limits[1]:g} limits nothing, as {free[0]} has no "
                "price; give price_in and price_out in --models, or use --max-tokens."
            )
        return [f"{name} has no price and counts as free for --max-cost." for name in free]

    def note(self, calls: Iterable[bytes]) -> None:
        """Add the calls of finished tasks, as the ledger stores them."""
        for stored in calls:
            if stored != b"[]":
                spent = spent_on(calls_from_json(stored))
                self._spent += spent
                self._recent.append(spent)

    def begin_step(self) -> None:
        """Forget what tasks cost: the next step has other tasks."""
        self._recent.clear()

    def room(self) -> int:
        """How many tasks that ask models may be under way: the rest of the limit divided by the
        most that one of the step's last tasks spent, at least 1; 0 once a limit is reached."""
        tokens, cost, _ = self.limits
        if self.exceeded:
            return 0
        if not (tokens or cost):
            return sys.maxsize
        if not self._recent:
            return FIRST
        rooms = []
        if tokens:
            most = max(spent.tokens for spent in self._recent)
            rooms.append((tokens - self._spent.tokens) / max(most, 1))
        if cost and (dearest := max(spent.cost for spent in self._recent)):
            rooms.append((cost - self._spent.cost) / dearest)
        return max(1, int(min(rooms, default=FIRST)))

    @property
    def exceeded(self) -> str:
        """A phrase that names the limit that is reached; "" for none."""
        tokens, cost, hours = self.limits
        if tokens and self._spent.tokens >= tokens:
            return f"--max-tokens {tokens:,} is reached ({self._spent.tokens:,} spent)"
        if cost and self._spent.cost >= cost:
            return f"--max-cost {cost:g} is reached ({self._spent.cost:.4g} spent)"
        if hours and self._clock() - self._start >= hours * 3600:
            return f"--max-hours {hours:g} is reached"
        return ""
