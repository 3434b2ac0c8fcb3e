"""Which crossings are an act's, and which a job's that the service runs by itself."""

from __future__ import annotations

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


def foreground(crossings: Sequence[Crossing], background: Collection[str]) -> tuple[Crossing, ...]:
    """The crossings that are not of a background job: neither of one of its shapes, nor control on
    a connection that carries nothing but such.
    """
    if not background:
        return tuple(crossings)
    others = [each for each in crossings if each.key.shape not in background]
    speaking = {each.connection for each in others if each.kind not in CONTROL}
    jobs = {each.connection for each in crossings if each.key.shape in background} - speaking
    return tuple(each for each in others if each.connection not in jobs)
