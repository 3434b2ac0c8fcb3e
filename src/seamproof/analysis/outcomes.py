"""What overlapping acts came to: state, statuses and calls, judged together.

With a stock of one and two buyers every bad schedule ends in the right state, and only the two
successes give it away; with a card that is charged twice only the calls do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from seamproof.analysis.calls import known_by, mutates
from seamproof.analysis.changes import Effect, effect, without_records
from seamproof.analysis.masks import NOW, VOLATILE, Mask
from seamproof.analysis.values import is_identifier, is_time
from seamproof.core.history import Changes, Crossing, CrossingKind, Exchange, History
from seamproof.core.leaves import Leaf, json_leaves

SERVICE_UNAVAILABLE = 503
Call: TypeAlias = tuple[str, tuple[tuple[str, str | None], ...]]
"""A call's shape, and the leaves of its body with times and random names masked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was left, what the clients were told, and what other services were asked to do."""

    state: Effect
    statuses: tuple[int | None, ...]
    calls: Counter[Call] = field(default_factory=Counter)

    @property
    def effects(self) -> tuple[object, object]:
        """State and calls: what lasts."""
        return self.state.exact, self.calls

    def same(self, other: Outcome) -> bool:
        """Whether nothing tells the two apart."""
        return self.effects == other.effects and self.statuses == other.statuses


def outcome(history: History, mask: Mask, known: frozenset[str] | None = None) -> Outcome:
    """What a history came to: its last state, every answer, every call that had an effect.

    Where `known` has the tables that successes change, rows that are only inserted into others are
    left out: a refusal may leave a record of itself.
    """
    last = history.sections[-1]
    crossings = [each for section in history.sections for each in section.crossings]
    changes = last.changes if known is None else without_records(last.changes, known)
    return Outcome(
        effect(changes, mask),
        tuple(each.status for section in history.sections for each in section.exchanges),
        Counter(_calls(crossings)),
    )


def nothing(mask: Mask, statuses: tuple[int | None, ...]) -> Outcome:
    """What acts come to that are all refused."""
    return Outcome(effect(Changes(), mask), statuses)


def refused(exchange: Exchange) -> bool:
    """Whether it was refused as it may be: 4xx, or 503 (RFC 9110, sections 15.5 and 15.6.4)."""
    status = exchange.status or 0
    return 400 <= status < 500 or status == SERVICE_UNAVAILABLE


def _calls(crossings: Iterable[Crossing]) -> Iterator[Call]:
    """The calls that other services have answered with success, and that may change something.

    A repetition that the other side knows as one, by its key or its method, has no second effect.
    """
    known: defaultdict[Call, set[Leaf]] = defaultdict(set)
    for each in crossings:
        if each.kind is not CrossingKind.CALL or each.request is None or not mutates(each):
            continue
        if each.response is None or not each.response.ok:
            continue
        text = each.request.body.decode("utf-8", "replace")
        leaves = json_leaves(text) or (("$", text or None),)
        call = each.key.shape, tuple((path, _masked(value)) for path, value in leaves)
        names = known_by(each)
        if not names & known[call]:
            yield call
        known[call] |= names


def _masked(value: str | None) -> str | None:
    if value is None:
        return None
    if is_time(value):
        return NOW
    return VOLATILE if is_identifier(value) else value
