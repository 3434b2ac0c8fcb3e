"""What crossed the SQL boundary, counted by shape, and the faults and holds that wait for it.

Nothing is normalised before somebody asks: while no fault and no hold is armed, taking a statement
is one append.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from seamproof.analysis.background import foreground
from seamproof.analysis.statements import kind, shape
from seamproof.boundaries.hold import Hold
from seamproof.core.errors import Bug
from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault
from seamproof.core.history import Crossing, CrossingKind, TransactionStatus
from seamproof.wire.postgres.conversation import Conversation
from seamproof.wire.postgres.events import Statement
from seamproof.wire.postgres.faults import Order, Raise, order

CONNECT: Final = "<connect>"
"""The shape of a connection's start."""
_STATUSES: Final = {ord(each): each for each in TransactionStatus}
_key: Final = lru_cache(maxsize=4096)(CrossingKey)
"""The same shapes come again with each request, and none of their keys is ever altered."""


@dataclass(slots=True)
class Record:
    """One statement on one connection."""

    statement: Statement
    connection: int
    conversation: Conversation
    connects: bool = False
    key: CrossingKey | None = None
    """Filled when it is first asked for."""
    fault: Fault | None = None
    order: Order | None = None

    @property
    def kind(self) -> CrossingKind:
        """What it does to transactions and rows."""
        return CrossingKind.CONNECT if self.connects else kind(self.statement.sql)

    @property
    def struck(self) -> bool:
        """Whether its fault took place. A statement behind an error is skipped by the server."""
        return self.order is not None and self.statement.reached


class Ledger:
    """The record since `begin`."""

    def __init__(self, replica: int) -> None:
        self._replica = replica
        self._epoch = 0.0
        self._records: list[Record] = []
        self._unkeyed: list[Record] = []
        self._counts: dict[str, int] = {}
        self._armed: dict[CrossingKey, Fault] = {}
        self._holds: dict[CrossingKey | None, Hold] = {}
        self.armed = False
        """Whether a fault or a hold waits for its crossing. Asked with each piece of bytes."""

    def begin(self, epoch: float, faults: Sequence[Fault]) -> None:
        """Forget everything, release what is held, and arm the faults. Raises Bug for one that
        has no meaning at its crossing."""
        armed: dict[CrossingKey, Fault] = {}
        for fault in faults:
            if fault.at.boundary is not BoundaryKind.SQL:
                continue
            armed[fault.at] = fault
            connects = fault.at.shape == CONNECT
            try:
                order(fault, CrossingKind.CONNECT if connects else kind(fault.at.shape))
            except ValueError as error:
                raise Bug(str(error)) from error
        if self._holds:
            holds, self._holds = self._holds, {}
            for hold in holds.values():
                hold.release()
        self._epoch = epoch
        self._records = []
        self._unkeyed = []
        self._counts.clear()
        self._armed = armed
        self.armed = bool(armed)

    def hold(self, key: CrossingKey | None) -> Hold:
        """Hold the crossing of this key when it comes; None is everything that comes."""
        hold = self._holds[key] = Hold(key)
        self.armed = True
        return hold

    def held(self, sql: str) -> Hold | None:
        """Return the hold that the next statement, of this text, must wait for."""
        self._index()
        form = shape(sql)
        for key in (_key(form, self._counts.get(form, 0) + 1), None):
            hold = self._holds.get(key)
            if hold is not None and hold.takes:
                return hold
        return None

    def add(self, record: Record) -> Order | None:
        """Take a statement before the server does, and say what is ordered at it."""
        self.note(record)
        if not self._armed:
            return None
        self._index()
        fault = self._armed.get(record.key) if record.key else None
        if fault is None:
            return None
        ordered = order(fault, record.kind)
        if isinstance(ordered, Raise) and record.statement.before == ord(TransactionStatus.FAILED):
            # The backend refuses everything there already, and would not raise this.
            return None
        del self._armed[fault.at]
        self.armed = bool(self._armed or self._holds)
        record.fault, record.order = fault, ordered
        return ordered

    def note(self, record: Record) -> None:
        """Take a statement that nothing can be ordered at any more."""
        self._records.append(record)
        self._unkeyed.append(record)

    def reached(self) -> tuple[Fault, ...]:
        """Return the faults that took place."""
        return tuple(each.fault for each in self._records if each.fault and each.struck)

    def crossings(self) -> tuple[Crossing, ...]:
        """Return everything that crossed, in order."""
        self._index()
        return tuple(self._crossing(each) for each in self._records)

    def last(self, background: Collection[str]) -> float:
        """Return when the last crossing was over that is not of a background shape."""
        own = foreground(self.crossings(), background)
        return self._epoch + max((each.ended or each.started for each in own), default=0.0)

    def _index(self) -> None:
        counts = self._counts
        for record in self._unkeyed:
            form = CONNECT if record.connects else shape(record.statement.sql)
            counts[form] = count = counts.get(form, 0) + 1
            record.key = _key(form, count)
        self._unkeyed.clear()

    def _crossing(self, record: Record) -> Crossing:
        statement = record.statement
        assert record.key is not None
        # By place, in the order of its fields: it is made of every statement of every request.
        return Crossing(
            record.key,
            record.kind,
            statement.sql,
            self._replica,
            record.connection,
            statement.started - self._epoch,
            None if statement.ended is None else statement.ended - self._epoch,
            statement.parameters,
            record.conversation.backend,
            statement.tag,
            statement.sqlstate,
            statement.message,
            None if record.connects else _STATUSES[statement.before],
            None if statement.after is None else _STATUSES[statement.after],
            record.fault,
            canaries=statement.canaries,
        )
