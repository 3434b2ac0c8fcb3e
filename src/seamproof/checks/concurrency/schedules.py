"""Where an act may be stopped so that it matters: one stop first, then two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from seamproof.analysis.footprint import Touch, points, touches, whole
from seamproof.core.experiment import Turn
from seamproof.core.history import Crossing, CrossingKind, History
from seamproof.core.subject import Subject

MOST = 40
"""Schedules with one stop of a pair that are tried; `--deep` tries all."""
MOST_TWICE = 16
"""The same with two stops."""


@dataclass(frozen=True, slots=True)
class Interleaving:
    """A schedule, and the crossings before which acts stand in it."""

    turns: tuple[Turn, ...]
    stops: tuple[Crossing, ...]

    @property
    def stopped(self) -> int:
        """The act that stands first."""
        return self.turns[0].act


@dataclass(frozen=True, slots=True)
class Places:
    """Of each of two acts, the crossings before which it may stand."""

    stops: tuple[tuple[Crossing, ...], tuple[Crossing, ...]]
    crossings: tuple[int, int]
    """How many crossings each act has."""

    @property
    def interleavings(self) -> int:
        """How many orders of all crossings there are: what a blind search would have to try."""
        first, second = self.crossings
        total = 1
        for number in range(1, second + 1):
            total = total * (first + number) // number
        return total


def places(subject: Subject, forwards: History, backwards: History) -> Places:
    """Where the acts may stand, by what the two serial orders show that each of them touches."""
    seen = [_touched(subject, each) for each in (forwards, backwards)]
    own = (seen[0][0], seen[1][1])
    others = (
        whole(seen[0][1]) | whole(seen[1][1]),
        whole(seen[0][0]) | whole(seen[1][0]),
    )
    return Places(
        (points(own[0], others[0]), points(own[1], others[1])), (len(own[0]), len(own[1]))
    )


def _touched(subject: Subject, history: History) -> tuple[tuple[Touch, ...], tuple[Touch, ...]]:
    section, catalog, profile = history.section, subject.catalog, subject.profile
    return touches(section, 0, catalog, profile), touches(section, 1, catalog, profile)


def one_stop(found: Places, *, alike: bool) -> Iterator[Interleaving]:
    """One act stands before a crossing while the other runs from its start to its end."""
    for act in (0,) if alike else (0, 1):
        for stop in sorted(found.stops[act], key=_rank):
            yield Interleaving((Turn(act, stop.key), Turn(1 - act)), (stop,))


def _rank(crossing: Crossing) -> tuple[int, float]:
    """Writes first, then commits, then reads; the later, the more has been read before."""
    order = {CrossingKind.WRITE: 0, CrossingKind.COMMIT: 1}
    return order.get(crossing.kind, 2), -crossing.started


def two_stops(found: Places, *, alike: bool) -> Iterator[Interleaving]:
    """Each act stands once: the first, then the second until the first has ended."""
    for act in (0,) if alike else (0, 1):
        for first, second in product(found.stops[act], found.stops[1 - act]):
            turns = (Turn(act, first.key), Turn(1 - act, second.key), Turn(act))
            yield Interleaving(turns, (first, second))
