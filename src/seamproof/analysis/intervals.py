"""Transactions of a clean run, its commit intervals, and where a fault tells something new.

All faults between two commits of writes leave the same state. So one interval takes: the reply of
its commit lost, cut before it, an error at it; and an error at each of its writes, which a service
may swallow. `deep` takes every crossing and every SQLSTATE.

    BEGIN  SELECT  INSERT  UPDATE  COMMIT   INSERT(autocommit)   BEGIN  SELECT  COMMIT
    '------------- interval 1 ----------'   '-- interval 2 --'   '-- no interval ----'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seamproof.core.experiment import BoundaryKind, Fault, FaultKind
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Section,
    TransactionStatus,
)
from seamproof.core.profile import Profile

SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
QUERY_CANCELED = "57014"
UNIQUE_VIOLATION = "23505"
TOO_MANY_CONNECTIONS = "53300"
"""SQLSTATEs (PostgreSQL, appendix A)."""

WRITES = frozenset({CrossingKind.WRITE, CrossingKind.COPY})
_TARGET = re.compile(
    r"(?:INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|COPY) (?:ONLY )?"
    r'((?:\w+|"[^"]+")(?:\.(?:\w+|"[^"]+"))?)',
    re.IGNORECASE,
)
_INSERTING = ("INSERT", "COPY")
"""Command tags that may well violate a unique constraint; what an UPDATE sets is not known."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Crossings of one connection between two idle states; one alone where it is autocommit."""

    crossings: tuple[Crossing, ...]
    writes: tuple[Crossing, ...] = ()
    end: Crossing | None = None
    """Its COMMIT, or the autocommit statement itself; None where it rolled back or stayed open."""

    @property
    def autocommit(self) -> bool:
        """Whether the last write commits by itself."""
        return self.end is not None and self.end.kind is not CrossingKind.COMMIT


@dataclass(frozen=True, slots=True)
class Placement:
    """A fault, and the crossing and the commit interval that it is in."""

    fault: Fault
    crossing: Crossing
    interval: int
    """Its index among the commit intervals; -1 where it is outside all."""


def sql(section: Section, profile: Profile) -> tuple[Crossing, ...]:
    """The section's SQL crossings in order, without the service's own jobs."""
    return tuple(
        each
        for each in section.crossings
        if each.boundary is BoundaryKind.SQL and each.key.shape not in profile.background
    )


def changes_of_acts(section: Section, profile: Profile) -> Changes:
    """The changes of backends on which no job of the service wrote: those that one did write need
    no statement of the act's to explain them.
    """
    jobs = {
        each.backend
        for each in section.crossings
        if each.kind in WRITES and each.key.shape in profile.background
    }
    return Changes(tuple(row for row in section.changes.rows if row.backend not in jobs))


def stable(runs: Sequence[Section], profile: Profile) -> tuple[Crossing, ...]:
    """The first run's crossings whose key every run has."""
    keys = [{each.key for each in sql(run, profile)} for run in runs]
    return tuple(each for each in sql(runs[0], profile) if all(each.key in seen for seen in keys))


def target(crossing: Crossing) -> str:
    """The table that a statement writes, as the statement names it; empty where it does not."""
    found = _TARGET.match(crossing.key.shape)
    return found[1].replace('"', "") if found else ""


def written(crossing: Crossing) -> str:
    """What a statement does to which table, as `insert orders`; empty where it writes none.

    It names the code that writes so, for all who call it: the whole statement of one that keeps a
    log differs in the columns that each of them fills.
    """
    table = target(crossing)
    return f"{crossing.key.shape.split()[0].lower()} {table}" if table else ""


def transactions(
    crossings: Iterable[Crossing], changes: Changes, ignored: frozenset[str] = frozenset()
) -> tuple[Transaction, ...]:
    """The transactions, in the order in which they ended; those still open last.

    What writes an `ignored` table does not count as a write: no verdict looks at its effect.
    Where a backend changed rows and no statement of its says that it writes, every statement
    that could (a SELECT of a function, a CALL) counts as a write.
    """
    everything = list(crossings)
    silent = {row.backend for row in changes.rows} - {
        each.backend for each in everything if each.kind in WRITES
    }
    open_: dict[int, list[Crossing]] = {}
    closed: list[Transaction] = []
    for crossing in everything:
        if crossing.kind is CrossingKind.CONNECT:
            continue
        gathered = open_.setdefault(crossing.connection, [])
        gathered.append(crossing)
        if crossing.after is TransactionStatus.IDLE:
            closed.append(_close(open_.pop(crossing.connection), silent, ignored))
    return (*closed, *(Transaction(tuple(rest)) for rest in open_.values()))


def _close(
    gathered: list[Crossing], silent: set[int | None], ignored: frozenset[str]
) -> Transaction:
    writes = tuple(
        each for each in gathered if _writes(each, silent) and target(each) not in ignored
    )
    last = gathered[-1]
    if last.kind is CrossingKind.COMMIT:
        return Transaction(tuple(gathered), writes, None if last.tag == "ROLLBACK" else last)
    # Several statements of one message are one transaction, which an error at any of them undoes.
    committed = writes and last.kind is not CrossingKind.ROLLBACK and last.sqlstate is None
    return Transaction(tuple(gathered), writes, writes[-1] if committed else None)


def _writes(crossing: Crossing, silent: set[int | None]) -> bool:
    if crossing.sqlstate is not None:
        return False
    if crossing.kind in WRITES or crossing.kind is CrossingKind.OTHER:
        return True
    return (
        crossing.kind is CrossingKind.READ
        and crossing.backend in silent
        and "(" in crossing.key.shape
    )


def intervals(found: Iterable[Transaction]) -> tuple[Transaction, ...]:
    """The transactions that committed writes."""
    return tuple(each for each in found if each.writes and each.end is not None)


def place(found: Sequence[Transaction], *, deep: bool = False) -> tuple[Placement, ...]:
    """Where faults go, in crossing order, each (shape, interval, fault) once unless `deep`."""
    numbers = {id(each): index for index, each in enumerate(intervals(found))}
    chosen = found if deep else _without_middles(found)
    placements: list[Placement] = []
    for transaction in chosen:
        number = numbers.get(id(transaction), -1)
        for crossing in transaction.crossings:
            faults = _faults(crossing, transaction, number >= 0, deep)
            placements += [
                Placement(Fault(kind, crossing.key, state), crossing, number)
                for kind, state in faults
            ]
    return tuple(placements) if deep else _once(placements)


def connects(crossings: Iterable[Crossing]) -> tuple[Placement, ...]:
    """A refusal at each connection that the act itself opens: 53300, only there is it real."""
    return tuple(
        Placement(Fault(FaultKind.REFUSED, each.key, TOO_MANY_CONNECTIONS), each, -1)
        for each in crossings
        if each.kind is CrossingKind.CONNECT
    )


def error_paths(seen: Section, clean: Sequence[Crossing], profile: Profile) -> tuple[Fault, ...]:
    """Faults at writes and commits that only a fault led to, one of each shape."""
    known = {each.key.shape for each in clean}
    faults: dict[str, Fault] = {}
    for crossing in sql(seen, profile):
        if crossing.key.shape in known or crossing.fault is not None:
            continue
        if crossing.kind in WRITES or crossing.kind is CrossingKind.COMMIT:
            fault = Fault(FaultKind.ERROR, crossing.key, SERIALIZATION_FAILURE)
            faults.setdefault(crossing.key.shape, fault)
    return tuple(faults.values())


def _faults(
    crossing: Crossing, transaction: Transaction, writing: bool, deep: bool
) -> list[tuple[FaultKind, str | None]]:
    error, cut, lost = FaultKind.ERROR, FaultKind.CUT, FaultKind.REPLY_LOST
    states = [SERIALIZATION_FAILURE]
    if deep:
        states += [DEADLOCK_DETECTED, QUERY_CANCELED]
        if (crossing.tag or "").startswith(_INSERTING):
            states.append(UNIQUE_VIOLATION)
    errors: list[tuple[FaultKind, str | None]] = [(error, state) for state in states]
    if crossing.kind in (CrossingKind.ROLLBACK, CrossingKind.SESSION):
        return []
    if crossing.kind in (CrossingKind.BEGIN, CrossingKind.SAVEPOINT):
        return [(cut, None)] if deep else []
    if writing and crossing is transaction.end:
        return [*errors, (cut, None), (lost, None)]
    if crossing in transaction.writes and writing:
        return [*errors, (cut, None), (lost, None)] if deep else errors
    return [*errors, (cut, None)] if deep else []


def _without_middles(found: Sequence[Transaction]) -> list[Transaction]:
    """Of equal neighbours, as a loop commits them, only the first and the last."""
    looks = [tuple(each.key.shape for each in one.crossings) for one in found]
    return [
        one
        for index, one in enumerate(found)
        if not (0 < index < len(found) - 1 and looks[index - 1] == looks[index] == looks[index + 1])
    ]


def _once(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    kept: dict[tuple[str, int, str], Placement] = {}
    for each in placements:
        kept.setdefault((each.crossing.key.shape, each.interval, each.fault.label), each)
    return tuple(kept.values())


def left_open(section: Section) -> Crossing | None:
    """The last crossing of a connection that stayed in its transaction after the phase.

    A connection that its service closed in a transaction left none: the server rolls it back.
    """
    last = {crossing.backend: crossing for crossing in section.crossings}
    return next((last[each] for each in section.open_backends if each in last), None)


def rolls_back(crossing: Crossing) -> bool:
    """Whether it is a COMMIT that the database answered with ROLLBACK, which is no error."""
    return crossing.kind is CrossingKind.COMMIT and crossing.tag == "ROLLBACK"
