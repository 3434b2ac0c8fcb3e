"""Which crossings are an act's, and which a job's that the service runs by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from seamproof.core.history import Crossing, CrossingKind

CONTROL = frozenset(
    {
        CrossingKind.BEGIN,
        CrossingKind.COMMIT,
        CrossingKind.ROLLBACK,
        CrossingKind.SAVEPOINT,
        CrossingKind.SESSION,
        CrossingKind.CONNECT,
    }
)
"""What says nothing by itself: it belongs to the statements of its connection."""
_OPENING = frozenset({CrossingKind.BEGIN, CrossingKind.CONNECT})


def foreground(crossings: Sequence[Crossing], background: Collection[str]) -> tuple[Crossing, ...]:
    """The crossings that are not of a background job: neither of one of its shapes, nor control
    that goes with one on its connection, which an act may have used before.
    """
    if not background:
        return tuple(crossings)
    jobs: set[int] = set()
    by_connection: dict[int, list[int]] = defaultdict(list)
    for index, each in enumerate(crossings):
        by_connection[each.connection].append(index)
    for own in by_connection.values():
        jobs |= _of_jobs([(index, crossings[index]) for index in own], background)
    return tuple(each for index, each in enumerate(crossings) if index not in jobs)


def _of_jobs(own: Sequence[tuple[int, Crossing]], background: Collection[str]) -> set[int]:
    """Which crossings of one connection are jobs': what begins goes with what comes next, all other
    control with what came last.
    """
    said = [each.key.shape in background if each.kind not in CONTROL else None for _, each in own]
    found: set[int] = set()
    for place, (index, each) in enumerate(own):
        before, after = said[place::-1], said[place:]
        nearest = (after, before) if each.kind in _OPENING else (before, after)
        owners = (owner for side in nearest for owner in side if owner is not None)
        if next(owners, False):
            found.add(index)
    return found
