"""A service in memory that carries out experiments: a pure function from Experiment to History."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.document import Body, Declaration, Document, Parameter, Place
from seamproof.core.experiment import Act, CrossingKey, Experiment, FaultKind
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Disturbance,
    DisturbanceKind,
    Exchange,
    History,
    Response,
    RowChange,
    Section,
    Silence,
)
from seamproof.core.model import Identity, Json, Operation
from seamproof.run.experiment import requests
from seamproof.run.experiment.exchanges import extracted, unexpected
from seamproof.run.experiment.requests import Bindings, Credentials

ALICE, BOB = Identity("alice"), Identity("bob")
Rows = dict[str, list[dict[str, Json]]]


class Killed(Exception):
    """The process ended."""


@dataclass
class Call:
    """One request as a handler sees it."""

    who: str | None
    path: dict[str, str]
    query: dict[str, str]
    body: Json
    headers: dict[str, str]
    rows: Rows
    service: FakeService
    statements: list[Crossing] = field(default_factory=list)

    def find(self, table: str, column: str, value: Json) -> dict[str, Json] | None:
        """Look for a row, as a statement that the wire sees."""
        self._cross(f"SELECT * FROM {table} WHERE {table}.{column} = $1", CrossingKind.READ, value)
        found = [row for row in self.rows[table] if str(row[column]) == str(value)]
        return found[0] if found else None

    def read(self, table: str) -> list[dict[str, Json]]:
        self._cross(f"SELECT * FROM {table}", CrossingKind.READ)
        return self.rows[table]

    def insert(self, table: str, **row: Json) -> dict[str, Json]:
        columns = ", ".join(row)
        places = ", ".join(f"${n + 1}" for n in range(len(row)))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"
        self._cross(statement, CrossingKind.WRITE, *row.values())
        if "id" in [each.name for each in self.service.catalog.tables[table].columns]:
            row = {"id": 100 + len(self.rows[table]), **row}
        self.rows[table].append(row)
        return row

    def _cross(self, statement: str, kind: CrossingKind, *values: Json) -> None:
        parameters = tuple(None if each is None else str(each) for each in values)
        self.statements.append(
            Crossing(CrossingKey(statement), kind, statement, 0, 1, 0.0, 0.1, parameters)
        )


Handler = Callable[[Call], tuple[int, Json]]


class FakeService:
    """Handlers by operation, rows that each experiment starts from, memory that none resets."""

    def __init__(self, **tables: list[dict[str, Json]]) -> None:
        self.rows: Rows = dict(tables)
        self.memory: dict[str, Json] = {}
        self.logins: dict[str, Json] = {}
        self.catalog = Catalog(
            {name: table(name, *(rows[0] if rows else {"id": 0})) for name, rows in tables.items()}
        )
        self.declarations: list[Declaration] = []
        self.experiments: list[Experiment] = []
        self._handlers: list[tuple[str, re.Pattern[str], Handler]] = []

    def on(
        self,
        operation: str,
        *,
        body: Json = None,
        content_type: str = "application/json",
        query: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Serve and declare an operation; `body` is its schema."""
        parsed = Operation.parse(operation)
        names = re.findall(r"\{(\w+)\}", parsed.path)
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", parsed.path))
        parameters = [Parameter(name, Place.PATH, {}, required=True) for name in names]
        parameters += [Parameter(name, Place.QUERY, {"type": "string"}) for name in query]
        bodies = (Body(content_type, body, required=True),) if body is not None else ()
        self.declarations.append(Declaration(parsed, parameters=tuple(parameters), bodies=bodies))

        def register(handler: Handler) -> Handler:
            self._handlers.append((parsed.method, pattern, handler))
            return handler

        return register

    @property
    def document(self) -> Document:
        return Document(tuple(self.declarations))

    @property
    def stored(self) -> dict[str, tuple[dict[str, Json], ...]]:
        return {name: tuple(rows) for name, rows in self.rows.items()}

    def conduct(self, experiment: Experiment) -> History:
        """What the conductor does: reset, arrange, act, record."""
        self.experiments.append(experiment)
        rows = copy.deepcopy(self.rows)
        bindings = Bindings(salt="0", stored=self.stored, logins=self.logins)
        arranged: list[Exchange] = []
        for number, step in enumerate(experiment.arrangement):
            exchange, _, died = self._send(Act(step), bindings, f"arrange/{number}", rows)
            arranged.append(exchange)
            problem = unexpected(step, exchange)
            if problem is None:
                bindings, problem = extracted(step, exchange, bindings)
            if problem is not None:
                kind = DisturbanceKind.ARRANGEMENT_FAILED
                told = Disturbance(kind, f"step {number + 1}, {step.operation.id}: {problem}")
                return History(experiment, (), tuple(arranged), (told,))
        before = copy.deepcopy(rows)
        exchanges, crossings, disturbances = [], [], []
        for act in experiment.phases[0].acts:
            exchange, seen, died = self._send(act, bindings, "act/0", rows)
            exchanges.append(exchange)
            crossings += seen
            if died:
                disturbances.append(Disturbance(DisturbanceKind.SERVICE_DIED, died))
        if any(fault.kind is FaultKind.KILLED for fault in experiment.phases[0].faults):
            self.memory.clear()
        section = Section(
            tuple(exchanges), tuple(crossings), _changes(before, rows), tuple(disturbances)
        )
        return History(experiment, (section,), tuple(arranged))

    def _send(
        self, act: Act, bindings: Bindings, place: str, rows: Rows
    ) -> tuple[Exchange, list[Crossing], str]:
        request = requests.build(act.step, bindings, Credentials(), place=place)
        path, _, query = request.target.partition("?")
        for method, pattern, handler in self._handlers:
            match = pattern.fullmatch(path)
            if match is None or method != request.method:
                continue
            call = Call(
                act.step.identity,
                {name: unquote(value) for name, value in match.groupdict().items()},
                dict(pair.partition("=")[::2] for pair in query.split("&") if pair),
                json.loads(request.body) if request.body else None,
                {name.lower(): value for name, value in request.headers},
                rows,
                self,
            )
            try:
                status, answer = handler(call)
            except Killed:
                gone = Exchange(act, request, 0.0, 0.1, None, Silence.CLOSED)
                return gone, call.statements, "exit code 1"
            response = Response(status, (), b"" if answer is None else json.dumps(answer).encode())
            return Exchange(act, request, 0.0, 0.1, response), call.statements, ""
        return Exchange(act, request, 0.0, 0.1, Response(404)), [], ""


def table(
    name: str,
    *columns: str,
    key: str = "id",
    refers: dict[str, tuple[str, str]] | None = None,
) -> Table:
    """A table; `refers` maps a column to the table and column that it refers to."""
    keys = tuple(
        ForeignKey((column,), where, (other,)) for column, (where, other) in (refers or {}).items()
    )
    first = key if key in columns else columns[0]
    return Table(name, tuple(Column(each, "text") for each in columns), (first,), (), keys)


def _changes(before: Rows, after: Rows) -> Changes:
    found = []
    for name, rows in after.items():
        old = [_text(row) for row in before[name]]
        new = [_text(row) for row in rows]
        gone = [row for row in old if row not in new]
        come = [row for row in new if row not in old]
        while gone and come:
            found.append(RowChange(name, gone.pop(0), come.pop(0)))
        found += [RowChange(name, row, None) for row in gone]
        found += [RowChange(name, None, row) for row in come]
    return Changes(tuple(found))


def _text(row: dict[str, Json]) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in row.items()}
