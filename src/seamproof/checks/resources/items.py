"""What a request costs of whose body a client may send more items.

    POST /orders {"items": [{"product": 7}]}      SELECT ... FROM products WHERE id = $1      once
    five items, each of a product of its own      the same five times: one for each item

Each item has a row that it refers to: the first one's, or a copy of that. A statement for each row
that is written is right, and so is one that locks it. To look up each item by itself is not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.analysis.cloning import clones
from seamproof.analysis.intervals import sql
from seamproof.analysis.statements import locks, names
from seamproof.analysis.values import at
from seamproof.checks.resources.lists import STEEP, known
from seamproof.core.catalog import Table
from seamproof.core.experiment import Experiment
from seamproof.core.history import CrossingKind, History, Row
from seamproof.core.model import Json
from seamproof.core.subject import Subject

_DEPTH = 2
"""Names above a list of items."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list in the body, whose items refer to rows and become rows."""

    path: tuple[str, ...]
    field: str
    """By which an item refers."""
    becomes: str
    """The table that has a row of each item."""
    referred: Table
    row: Row
    """What the first item refers to."""

    def experiment(self, subject: Subject, count: int) -> Experiment:
        """The act with so many items."""
        more = clones(self.referred, self.row, count - 1)
        (key,) = self.referred.primary_key
        step = subject.scenario.act
        first = at(step.json, (*self.path, 0))
        typed = int if isinstance(first[self.field], int) or _counted(self.referred) else str
        others = [{**first, self.field: typed((edit.new or {})[key] or "")} for edit in more]
        body = _with(step.json, self.path, [first, *others])
        scenario = replace(subject.scenario, act=replace(step, json=body))
        plain = Experiment.of(scenario, purpose=f"{count} items")
        return replace(plain, edits=more)

    def written(self, history: History) -> int:
        """The items that became rows."""
        return sum(
            each.table == self.becomes and each.old is None
            for each in history.sections[-1].changes.rows
        )

    @property
    def label(self) -> str:
        """`body /items`."""
        return f"body /{'/'.join(self.path)}"


def items_of(subject: Subject, clean: History) -> Items | None:
    """The first list whose items refer to rows by their keys; None where there is none."""
    try:
        sent = json.loads(clean.section.exchange.request.body)
    except ValueError:
        return None
    for path, first in _lists(subject.scenario.act.json, ()):
        for field in first:
            landed = subject.landing.get("body /" + "/".join((*path, "0", field)))
            referred = landed and _referred(subject, *landed)
            if not landed or not referred:
                continue
            value = str(at(sent, (*path, 0, field)))
            (key,) = referred.primary_key
            rows = (row for row in known(subject, clean, referred) if row.get(key) == value)
            row = next(rows, None)
            if row is not None and clones(referred, row, 1):
                return Items(path, field, landed[0], referred, row)
    return None


def lookups(subject: Subject, history: History) -> Counter[str]:
    """How often each row of the database was asked for, by shape: reads that lock nothing."""
    return Counter(
        each.key.shape
        for each in sql(history.sections[-1], subject.profile)
        if each.kind is CrossingKind.READ
        and not locks(each.statement)
        and not names(each.statement).isdisjoint(subject.catalog.tables)
    )


def steep(one: Counter[str], few: Counter[str], many: Counter[str], sizes: tuple[int, int]) -> str:
    """The shape of which there is one more for each item; empty where there is none."""
    small, large = sizes
    for shape in many:
        slow = few[shape] - one[shape] >= STEEP * (small - 1)
        if slow and many[shape] - few[shape] >= STEEP * (large - small):
            return shape
    return ""


def _referred(subject: Subject, table: str, column: str) -> Table | None:
    """The table that a column refers to by its key."""
    described = subject.catalog.tables.get(table)
    for key in described.foreign_keys if described else ():
        referred = subject.catalog.tables.get(key.references)
        if key.columns == (column,) and referred and referred.primary_key == key.referenced:
            return referred
    return None


def _counted(table: Table) -> bool:
    (key,) = table.primary_key
    return any(each.name == key and each.type in {"integer", "bigint"} for each in table.columns)


def _lists(body: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Json]]]:
    if isinstance(body, list) and body and isinstance(body[0], dict):
        yield path, body[0]
    elif isinstance(body, dict) and len(path) < _DEPTH:
        for name, each in body.items():
            yield from _lists(each, (*path, name))


def _with(body: Json, path: tuple[str, ...], items: list[dict[str, Json]]) -> Json:
    if not path:
        return [*items]
    assert isinstance(body, dict)
    return {**body, path[0]: _with(body[path[0]], path[1:], items)}
