"""A service with rows and people: experiments with arrangements and edits in, histories out.

A handler is a function of a request, that reads and writes rows as a service would:

    def read_order(ask):
        order = ask.one("orders", id=ask.path["order"])
        return (200, order) if order else (404, {})
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from doubles.driven import Driven
from seamproof.analysis.statements import kind as kind_of
from seamproof.analysis.statements import shape as shape_of
from seamproof.core import references
from seamproof.core.canaries import sighted
from seamproof.core.experiment import Act, CrossingKey, Experiment, RowEdit
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
)
from seamproof.core.model import Step

Answer = tuple[int, Any]
Tables = dict[str, list[dict[str, Any]]]


@dataclass
class Ask:
    """One request, and the rows that there are."""

    act: Act
    sender: str
    path: dict[str, Any]
    body: Any
    tables: Tables
    changes: list[RowChange]
    crossings: list[Crossing] = field(default_factory=list)
    credential: str = ""
    """How the credential was altered; empty where it was not."""

    def some(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The rows of a table that match."""
        rows = [dict(row) for row in self.tables.get(table, []) if _matches(row, where)]
        self._cross(f"SELECT * FROM {table}", json.dumps(rows))
        return rows

    def one(self, table: str, **where: Any) -> dict[str, Any] | None:
        """The first of them."""
        return next(iter(self.some(table, **where)), None)

    def insert(self, table: str, **row: Any) -> dict[str, Any]:
        """Add a row, with the next id where none is given."""
        row = {"id": 1000 + sum(map(len, self.tables.values())), **row}
        self.tables.setdefault(table, []).append(row)
        self._wrote(f"INSERT INTO {table} (id) VALUES ($1)", RowChange(table, None, _row(row)))
        return row

    def update(self, table: str, where: dict[str, Any], **new: Any) -> bool:
        """Change the rows that match; whether there was any."""
        matching = [row for row in self.tables.get(table, []) if _matches(row, where)]
        for row in matching:
            old = _row(row)
            row.update(new)
            change = RowChange(table, old, _row(row))
            self._wrote(f"UPDATE {table} SET x = $1 WHERE id = $2", change)
        return bool(matching)

    def delete(self, table: str, **where: Any) -> bool:
        """Delete the rows that match; whether there was any."""
        matching = [row for row in self.tables.get(table, []) if _matches(row, where)]
        for row in matching:
            self.tables[table].remove(row)
            self._wrote(f"DELETE FROM {table} WHERE id = $1", RowChange(table, _row(row), None))
        return bool(matching)

    def _wrote(self, statement: str, change: RowChange) -> None:
        self.changes.append(change)
        self._cross(statement)

    def _cross(self, statement: str, answer: str = "") -> None:
        at = len(self.crossings) / 1000
        self.crossings.append(
            Crossing(
                CrossingKey(shape_of(statement), 1),
                kind_of(statement),
                statement,
                0,
                1,
                at,
                at,
                canaries=sighted(answer),
            )
        )


Handler = Callable[[Ask], Answer]


@dataclass
class FakeStore(Driven):
    """Runs experiments on handlers, one by operation id, from the same rows each time."""

    rows: Tables
    handlers: dict[str, Handler]
    experiments: list[Experiment] = field(default_factory=list)

    @property
    def stored(self) -> dict[str, tuple[dict[str, Any], ...]]:
        """The rows as a subject knows them."""
        return {table: tuple(rows) for table, rows in self.rows.items()}

    def run(self, experiment: Experiment) -> History:
        """Arrange, edit, then run its phases."""
        self.experiments.append(experiment)
        tables: Tables = {table: [dict(row) for row in rows] for table, rows in self.rows.items()}
        changes: list[RowChange] = []
        values: dict[str, Any] = {}
        arranged = []
        for step in experiment.arrangement:
            exchange, _ = self._send(Act(step), values, tables, changes)
            arranged.append(exchange)
            if not exchange.ok:
                failed = Disturbance(DisturbanceKind.ARRANGEMENT_FAILED, step.operation.id)
                return History(experiment, (), tuple(arranged), (failed,))
            body = json.loads(exchange.response.body)
            values |= {each.name: body[each.source.removeprefix("$.")] for each in step.extracts}
        prepared = Changes(tuple(changes))
        changes.clear()
        for edit in experiment.edits:
            _edit(tables, edit)
        sections = []
        for phase in experiment.phases:
            sent = [self._send(act, values, tables, changes) for act in phase.acts]
            crossings = tuple(each for _, some in sent for each in some)
            exchanges = tuple(exchange for exchange, _ in sent)
            sections.append(Section(exchanges, crossings, Changes(tuple(changes))))
        return History(experiment, tuple(sections), tuple(arranged), prepared=prepared)

    def _send(
        self, act: Act, values: dict[str, Any], tables: Tables, changes: list[RowChange]
    ) -> tuple[Exchange, list[Crossing]]:
        step = act.step
        names = references.names(step.operation.path)
        path = {name: values.get(name) for name in names} | _filled(step.path_parameters, values)
        body = _filled(step.json, values)
        if act.body is not None:
            body = json.loads(references.filled(act.body.decode(), lambda n: str(values[n])))
        credential = str(getattr(act, "credential", "") or "")
        ask = Ask(act, act.sender, path, body, tables, changes, credential=credential)
        status, answer = self.handlers[step.operation.id](ask)
        request = Request(step.operation.method, _target(step, path), body=_json(body))
        response = Response(status, body=_json(answer))
        return Exchange(act, request, 0.0, 1.0, response), ask.crossings


def _target(step: Step, path: dict[str, Any]) -> str:
    return references.filled(step.operation.path, lambda name: str(path[name]))


def _json(value: Any) -> bytes:
    return b"" if value is None else json.dumps(value).encode()


def _filled(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, str):
        alone = references.alone(value)
        return values.get(alone, value) if alone else value
    if isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    return [_filled(each, values) for each in value] if isinstance(value, list) else value


def _edit(tables: Tables, edit: RowEdit) -> None:
    for row in list(tables[edit.table]):
        if not edit.old or not _matches(row, edit.old):
            continue
        if edit.new is None:
            tables[edit.table].remove(row)
        else:
            row.update(edit.new)


def _matches(row: dict[str, Any], where: dict[str, Any]) -> bool:
    return all(str(row.get(name)) == str(value) for name, value in where.items())


def _row(values: dict[str, Any]) -> Row:
    return {name: None if value is None else _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
