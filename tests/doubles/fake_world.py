"""A service and its database in memory: experiments in, histories out, with no I/O.

A handler is a function of a `FakeService` that uses its connections as a driver's:

    def place_order(service):
        db = service.connect()
        db.begin()
        db.insert("orders", id=service.next_id("orders"), status="new")
        db.commit()
        service.call("POST payments /charges", {"amount": 7})
        return 201
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from doubles.driven import Driven
from seamproof.analysis.statements import kind as kind_of
from seamproof.analysis.statements import shape as shape_of
from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
)
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Disturbance,
    DisturbanceKind,
    Exchange,
    History,
    Request,
    Response,
    Row,
    RowChange,
    Section,
    Silence,
    TransactionStatus,
)
from seamproof.wire.http.faults import tainted

IDLE, OPEN, FAILED = TransactionStatus.IDLE, TransactionStatus.OPEN, TransactionStatus.FAILED


class DatabaseFault(Exception):
    """What a driver raises for an error of the server."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class ConnectionLost(Exception):
    """What a driver raises where the connection is gone."""


class CallFailed(Exception):
    """What an HTTP client raises: the status that it was answered, None where there was none."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__(status)
        self.status = status


class Died(Exception):
    """Ends the process."""


class Hung(Exception):
    """Gives no answer."""


BACKGROUND_PERIOD = 0.5
"""Seconds of listening after which a service's own job is seen."""


@dataclass
class FakeConnection:
    """A driver's connection, which crosses the fake boundary at each call."""

    service: FakeService
    number: int
    status: TransactionStatus = IDLE
    pending: list[RowChange] = field(default_factory=list)
    dead: bool = False

    def __enter__(self) -> FakeConnection:
        return self

    def __exit__(self, *_: object) -> None:
        """Roll back what is open, as a driver's context manager."""
        if self.status is not IDLE:
            self.rollback()

    def begin(self) -> None:
        self._cross("BEGIN", then=OPEN)

    def commit(self) -> None:
        self._cross("COMMIT", then=IDLE)

    def rollback(self) -> None:
        if not self.dead:
            self._cross("ROLLBACK", then=IDLE)

    def read(self, statement: str) -> None:
        self._cross(statement)

    def insert(self, table: str, **row: Any) -> None:
        columns = ", ".join(row)
        self._cross(
            f"INSERT INTO {table} ({columns}) VALUES ($1)",
            changes=[RowChange(table, None, _row(row), backend=self.number)],
        )

    def update(self, table: str, old: dict[str, Any], **new: Any) -> None:
        changed = ", ".join(f"{name} = $1" for name in new)
        row = RowChange(table, _row(old), _row({**old, **new}), backend=self.number)
        self._cross(f"UPDATE {table} SET {changed} WHERE id = $2", changes=[row])

    def write(self, statement: str, *changes: RowChange) -> None:
        self._cross(statement, changes=list(changes))

    def _cross(
        self,
        statement: str,
        *,
        then: TransactionStatus | None = None,
        changes: list[RowChange] | None = None,
    ) -> None:
        if self.dead:
            raise ConnectionLost
        world, before = self.service.world, self.status
        key, fault = world.arrive(statement)
        kind = kind_of(statement)
        state, tag = (
            None,
            {CrossingKind.COMMIT: "COMMIT"}.get(kind, statement.split(maxsplit=1)[0] + " 1"),
        )

        if fault and fault.kind is FaultKind.CUT:
            self.dead, self.pending = True, []
            world.record(self, key, statement, before, None, fault=fault)
            raise ConnectionLost
        if before is FAILED and kind not in (CrossingKind.COMMIT, CrossingKind.ROLLBACK):
            state = "25P02"
        elif fault and fault.kind is FaultKind.ERROR:
            state = fault.sqlstate
        if state:
            self.pending = []
            at_end = before is IDLE or kind is CrossingKind.COMMIT
            self.status = IDLE if at_end else FAILED
            world.record(self, key, statement, before, self.status, fault=fault, sqlstate=state)
            raise DatabaseFault(state)
        if kind is CrossingKind.COMMIT and before is FAILED:
            tag = "ROLLBACK"
        if kind is CrossingKind.ROLLBACK:
            self.pending = []
        self.pending += changes or []
        self.status = then or before
        if self.status is IDLE:
            world.committed += self.pending
            self.pending = []
        lost = fault is not None and fault.kind is FaultKind.REPLY_LOST
        world.record(
            self, key, statement, before, None if lost else self.status, fault=fault, tag=tag
        )
        if lost:
            self.dead = True
            raise ConnectionLost


def _row(values: dict[str, Any]) -> Row:
    return {name: None if value is None else str(value) for name, value in values.items()}


@dataclass
class FakeService:
    """One process: what it holds in memory lives as long as it."""

    world: FakeWorld
    memory: dict[str, Any] = field(default_factory=dict)
    later: list[Callable[[], None]] = field(default_factory=list)
    """What runs after the answer was sent."""
    connected: list[FakeConnection] = field(default_factory=list)
    serving: Act | None = None
    """The request that it answers."""

    def connect(self) -> FakeConnection:
        """A new connection."""
        self.world.connections += 1
        self.connected.append(FakeConnection(self, self.world.connections))
        return self.connected[-1]

    def next_id(self, table: str) -> int:
        """The table's sequence, which no rollback takes back."""
        self.world.sequences[table] += 1
        return self.world.sequences[table]

    def call(
        self,
        shape: str,
        body: Any = None,
        *,
        key: str | None = None,
        answer: Any = None,
        status: int = 201,
        timeout: bool = True,
    ) -> Any:
        """Call another service, which answers `status` and `answer`. Raises CallFailed."""
        return self.world.on_call(shape, body, key, status, answer, timeout=timeout)

    def now(self) -> str:
        """A time that no other call returns."""
        self.world.clock += 1
        return f"2026-03-04 05:06:07.{self.world.clock:06d}+00"

    def die(self) -> None:
        """End the process."""
        raise Died

    def hang(self) -> None:
        """Give no answer in time."""
        raise Hung


Handler = Callable[[FakeService], int]


def _not_there(service: FakeService) -> int:
    """What a route answers that there is not."""
    return 404


@dataclass
class FakeWorld(Driven):
    """Runs experiments on handlers, one by operation id."""

    handlers: dict[str, Handler]
    background: Handler | None = None
    experiments: list[Experiment] = field(default_factory=list)
    committed: list[RowChange] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    clock: int = 0
    connections: int = 0
    processes: int = 1
    crossings: list[Crossing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service = FakeService(self)
        self._faults: tuple[Fault, ...] = ()
        self._reached: list[Fault] = []
        self._counts: dict[str, int] = defaultdict(int)
        self._time = 0.0

    def arrive(self, statement: str) -> tuple[CrossingKey, Fault | None]:
        """Name the crossing, and say which armed fault it meets."""
        return self._meet(shape_of(statement), BoundaryKind.SQL)

    def _meet(self, shape: str, boundary: BoundaryKind) -> tuple[CrossingKey, Fault | None]:
        self._counts[shape] += 1
        key = CrossingKey(shape, self._counts[shape], boundary)
        fault = next((each for each in self._faults if each.at == key), None)
        if fault:
            self._reached.append(fault)
        return key, fault

    def record(
        self,
        connection: FakeConnection,
        key: CrossingKey,
        statement: str,
        before: TransactionStatus,
        after: TransactionStatus | None,
        **what: Any,
    ) -> None:
        """Append the crossing."""
        self._time += 0.001
        self.crossings.append(
            Crossing(
                key,
                kind_of(statement),
                statement,
                0,
                connection.number,
                self._time,
                self._time,
                backend=connection.number,
                before=before,
                after=after,
                **what,
            )
        )

    def on_call(
        self,
        shape: str,
        body: Any,
        key: str | None,
        usual: int,
        answer: Any,
        *,
        timeout: bool,
    ) -> Any:
        """One call, under the fault that it meets."""
        name, fault = self._meet(shape, BoundaryKind.HTTP_OUT)
        if fault is not None and fault.kind is FaultKind.TAINTED:
            said = Response(usual, body=json.dumps(answer).encode())
            answer = json.loads(tainted(said, fault.place, fault.text).body)
            fault = None
        if fault is not None and fault.kind is FaultKind.REDIRECTED:
            # The handler is told where to go, and may go there.
            usual, answer, fault = 302, fault.text, None
        method, _, path = shape.split(" ", 2)
        headers = (("Idempotency-Key", key),) if key else ()
        request = Request(method, path, headers, json.dumps(body).encode())
        status: int | None = usual
        if fault is not None:
            status = fault.status if fault.kind is FaultKind.ERROR else None
        text = json.dumps(answer if fault is None else None).encode()
        response = None if status is None else Response(status, body=text)
        self._time += 0.001
        self.crossings.append(
            Crossing(
                name,
                CrossingKind.CALL,
                shape,
                0,
                0,
                self._time,
                None if response is None else self._time,
                fault=fault,
                request=request,
                response=response,
            )
        )
        if fault is not None and fault.kind is FaultKind.STALL and not timeout:
            raise Hung
        if fault is not None:
            raise CallFailed(status)
        return answer

    def run(self, experiment: Experiment) -> History:
        """Reset, then run its phases."""
        self.experiments.append(experiment)
        self.committed, self.sequences, self._time = [], defaultdict(int), 0.0
        if experiment.settings.fresh_process:
            self._start_anew()
        sections = [self._phase(phase, experiment) for phase in experiment.phases]
        return History(experiment, tuple(sections))

    def _start_anew(self) -> None:
        self.service = FakeService(self)
        self.processes += 1

    def _phase(self, phase: Phase, experiment: Experiment) -> Section:
        self.crossings, self._faults, self._reached = [], phase.faults, []
        self._counts = defaultdict(int)
        disturbances: list[Disturbance] = []
        held = {key for _, key in phase.schedule.holds} if phase.schedule else set()
        exchanges = tuple(self._act(act, disturbances) for act in phase.acts)
        answered = len(self.crossings)
        for work in self.service.later:
            work()
        self.service.later.clear()
        for index, crossing in enumerate(self.crossings[answered:], answered):
            if crossing.key in held:
                # It was asked for while the answer was on its way, and went on after it.
                self.crossings[index] = replace(crossing, started=exchanges[0].received - 0.0001)
        if self.background and experiment.settings.extra_quiet >= BACKGROUND_PERIOD:
            self.background(self.service)
        disturbances += [
            Disturbance(DisturbanceKind.NOT_REACHED, fault.label)
            for fault in phase.faults
            if fault not in self._reached
        ]
        return Section(
            exchanges,
            tuple(self.crossings),
            Changes(tuple(self.committed)),
            tuple(disturbances),
            open_backends=tuple(
                each.number
                for each in self.service.connected
                if each.status is not IDLE and not each.dead
            ),
        )

    def _act(self, act: Act, disturbances: list[Disturbance]) -> Exchange:
        sent = self._time
        operation, headers = act.step.operation, tuple(act.step.headers.items())
        body = b"" if act.step.json is None else json.dumps(act.step.json).encode()
        request = Request(operation.method, operation.path, headers, body)
        response, silence = None, None
        self.service.serving = act
        try:
            status = self.handlers.get(act.step.operation.id, _not_there)(self.service)
            response = Response(status)
        except Died:
            silence = Silence.CLOSED
            disturbances.append(Disturbance(DisturbanceKind.SERVICE_DIED, "exit code 1"))
            self._start_anew()
        except Hung:
            silence = Silence.TIMEOUT
        except (DatabaseFault, ConnectionLost, CallFailed):
            response = Response(500)
        self._time += 0.001
        return Exchange(act, request, sent, self._time, response, silence)
