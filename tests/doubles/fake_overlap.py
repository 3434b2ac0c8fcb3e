"""A service whose acts overlap statement by statement, in memory: schedules in, histories out.

An act is a generator of statements, each with what it does to the rows; its value is the status:

    def count(db):
        value = yield "SELECT value FROM counters", lambda: db["counters"]["1"]["value"]
        yield "UPDATE counters SET value = $1", lambda: db.update("counters", "1", value=value + 1)
        return 200

One that raises SystemExit ends the process, with that as what it is known to have ended with.
There are no locks and no snapshots: every statement sees what the others have written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from doubles.driven import Driven
from seamproof.analysis.statements import kind as kind_of
from seamproof.analysis.statements import shape as shape_of
from seamproof.core.experiment import Act, CrossingKey, Experiment, Phase, Turn
from seamproof.core.history import (
    Changes,
    Crossing,
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
)
from seamproof.core.model import Step

Statements: TypeAlias = Generator[tuple[str, Callable[[], Any]], Any, int]


class Rows(dict[str, dict[str, dict[str, Any]]]):
    """Tables of rows by id, and a record of what changed."""

    def __init__(self, tables: dict[str, dict[str, dict[str, Any]]]) -> None:
        super().__init__(
            {name: {k: dict(row) for k, row in rows.items()} for name, rows in tables.items()}
        )
        self.changes: list[tuple[str, Row | None, Row | None]] = []
        self._drawn: dict[str, int] = defaultdict(int)

    def insert(self, table: str, **row: Any) -> str:
        self._drawn[table] += 1
        number = str(1000 + self._drawn[table])
        self[table][number] = row
        self.changes.append((table, None, _text(number, row)))
        return number

    def update(self, table: str, number: str, **new: Any) -> None:
        old = self[table][number]
        self[table][number] = {**old, **new}
        self.changes.append((table, _text(number, old), _text(number, self[table][number])))

    def delete(self, table: str, number: str) -> None:
        self.changes.append((table, _text(number, self[table].pop(number)), None))


def _text(number: str, row: dict[str, Any]) -> Row:
    return {"id": number} | {k: None if v is None else str(v) for k, v in row.items()}


@dataclass
class _Running:
    act: Act
    statements: Statements
    replica: int
    due: tuple[str, Callable[[], Any]] | None = None
    status: int | None = None
    death: str = ""
    met: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self._go(lambda: next(self.statements))

    def _go(self, further: Callable[[], tuple[str, Callable[[], Any]]]) -> None:
        try:
            self.due = further()
        except StopIteration as end:
            self.due, self.status = None, end.value
        except SystemExit as end:
            self.due, self.death = None, str(end)

    @property
    def key(self) -> CrossingKey | None:
        """The crossing that comes next."""
        if self.due is None:
            return None
        shape = shape_of(self.due[0])
        return CrossingKey(shape, self.met[shape] + 1)

    def step(self) -> None:
        assert self.due is not None
        statement, do = self.due
        self.met[shape_of(statement)] += 1
        done = do()
        self._go(lambda: self.statements.send(done))


def _exchange(one: _Running) -> Exchange:
    request = Request("POST", "/")
    if one.death:
        return Exchange(one.act, request, 0.0, 1.0, silence=Silence.CLOSED)
    return Exchange(one.act, request, 0.0, 1.0, Response(one.status or 500))


@dataclass
class FakeOverlap(Driven):
    """Runs experiments on acts, one by operation id, that share these tables."""

    tables: dict[str, dict[str, dict[str, Any]]]
    acts: dict[str, Callable[..., Statements]]
    serializable_helps: bool = True
    experiments: list[Experiment] = field(default_factory=list)

    def run(self, experiment: Experiment) -> History:
        """Reset, arrange, then run its phases by their schedules."""
        self.experiments.append(experiment)
        rows = Rows(self.tables)
        for step in experiment.arrangement:
            self._by_turns([self._running(rows, Act(step))], (), rows, [])
        for edit in experiment.edits:
            old, new = edit.old or {}, edit.new or {}
            rows[edit.table][old["id"] or ""] |= {k: int(v or 0) for k, v in new.items()}
        rows.changes.clear()
        sections = [self._phase(rows, phase, experiment) for phase in experiment.phases]
        return History(experiment, tuple(sections))

    def _running(self, rows: Rows, act: Act) -> _Running:
        step: Step = act.step
        statements = self.acts[step.operation.id](rows, **(step.json or {}))
        return _Running(act, statements, act.replica)

    def _phase(self, rows: Rows, phase: Phase, experiment: Experiment) -> Section:
        running = [self._running(rows, act) for act in phase.acts]
        turns = phase.schedule.turns if phase.schedule else ()
        if experiment.settings.isolation and self.serializable_helps:
            turns = ()
        crossings: list[tuple[Crossing, list[RowChange]]] = []
        missed = self._by_turns(running, turns, rows, crossings)
        exchanges = tuple(map(_exchange, running))
        died = tuple(
            Disturbance(DisturbanceKind.SERVICE_DIED, each.death) for each in running if each.death
        )
        return Section(
            exchanges,
            tuple(crossing for crossing, _ in crossings),
            Changes(tuple(change for _, changes in crossings for change in changes)),
            missed + died,
        )

    def _by_turns(
        self,
        running: list[_Running],
        turns: tuple[Turn, ...],
        rows: Rows,
        crossings: list[tuple[Crossing, list[RowChange]]],
    ) -> tuple[Disturbance, ...]:
        missed = []
        begun: set[int] = set()
        for turn in (*turns, *(Turn(index) for index in range(len(running)))):
            one = running[turn.act]
            if turn.act not in begun:
                begun.add(turn.act)
                one.begin()
            while one.due is not None and (turn.until is None or one.key != turn.until):
                self._cross(one, rows, crossings)
            if turn.until is not None and one.due is None:
                missed.append(Disturbance(DisturbanceKind.NOT_REACHED, turn.until.shape))
        return tuple(missed)

    def _cross(
        self, one: _Running, rows: Rows, crossings: list[tuple[Crossing, list[RowChange]]]
    ) -> None:
        assert one.due is not None
        assert one.key is not None
        key, statement, known, at = one.key, one.due[0], len(rows.changes), float(len(crossings))
        one.step()
        backend = one.replica + 1
        made = [RowChange(*each, backend=backend) for each in rows.changes[known:]]
        crossing = Crossing(
            key, kind_of(statement), statement, one.replica, backend, at, at, backend=backend
        )
        crossings.append((crossing, made))
