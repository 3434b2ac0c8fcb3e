"""The statements that a violation is named by: what was read too early, and written all the same.

R  an act reads a table
W  the other writes the table, and its transaction ends
U  the act writes the table, from what it knows by R

Of several reads of the table the one is meant that names most of what U names: the read of the row
that is written, and not a count beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from seamproof.analysis.footprint import Touch, touches
from seamproof.analysis.lexing import LITERALS, PARAMETER, lex
from seamproof.core.history import Crossing, CrossingKind, Section, TransactionStatus
from seamproof.core.subject import Subject

_WRITTEN = LITERALS - {PARAMETER}
_ENDS = (CrossingKind.COMMIT, CrossingKind.ROLLBACK)


@dataclass(frozen=True, slots=True)
class Culprits:
    """Positions of R, W and U among all crossings of the section, the first is 1."""

    read: int
    meanwhile: int
    written: int
    nearness: int = 0
    """How many values R and U have in common: of keys, as a rule."""


def culprits(subject: Subject, section: Section, tables: Collection[str]) -> Culprits | None:
    """The statements that led to other rows in these tables; None where none can be named."""
    found = [
        each
        for table in sorted(tables)
        for act in (0, 1)
        for each in _of(subject, section, act, table)
    ]
    return max(found, key=lambda each: (each.written, each.nearness, each.read), default=None)


def _of(subject: Subject, section: Section, act: int, table: str) -> Iterator[Culprits]:
    own = touches(section, act, subject.catalog, subject.profile)
    other = touches(section, 1 - act, subject.catalog, subject.profile)
    place = {id(each): position for position, each in enumerate(section.crossings, start=1)}
    for write in _writing(own, table):
        for read in own:
            crossing = read.crossing
            if crossing.kind is not CrossingKind.READ or table not in read.footprint.reads:
                continue
            for meanwhile in _writing(other, table):
                if crossing.started < _visible(meanwhile, other) < _over(write):
                    near = len(_values(crossing) & _values(write))
                    yield Culprits(
                        place[id(crossing)], place[id(meanwhile)], place[id(write)], near
                    )


def _writing(touched: Sequence[Touch], table: str) -> Iterator[Crossing]:
    for each in touched:
        if each.crossing.kind is CrossingKind.WRITE and table in each.footprint.writes:
            yield each.crossing


def _values(crossing: Crossing) -> frozenset[str]:
    """The values that a statement was sent with, bound or written in it."""
    text = crossing.statement
    written = (text[start:end].strip("'") for kind, start, end in lex(text) if kind in _WRITTEN)
    return frozenset({*written, *(each for each in crossing.parameters if each is not None)})


def _visible(write: Crossing, touched: Sequence[Touch]) -> float:
    """When others see what it wrote: its transaction has ended."""
    if write.after is TransactionStatus.IDLE:
        return _over(write)
    for each in touched:
        crossing = each.crossing
        later = crossing.connection == write.connection and crossing.started > write.started
        if later and crossing.kind in _ENDS:
            return _over(crossing)
    return _over(write)


def _over(crossing: Crossing) -> float:
    return crossing.started if crossing.ended is None else crossing.ended
