"""Which values are tried in which field: telling ones that the document allows, where the column of
the field is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta

from seamproof.analysis.conformance import Conformance
from seamproof.analysis.landing import column_of
from seamproof.analysis.values import MISSING, at
from seamproof.checks.roundtrip.agreeing import Agreement, begins, compared, shifted
from seamproof.checks.roundtrip.nested import Leaf, inside, leaves
from seamproof.checks.roundtrip.reading import body_of, named, value_in
from seamproof.checks.roundtrip.values import Telling, telling
from seamproof.core import references
from seamproof.core.catalog import Column
from seamproof.core.history import Exchange, History, Row
from seamproof.core.model import Json, Step
from seamproof.core.secrecy import sensitive
from seamproof.core.subject import Subject

BODY = "body /"
"""What the names of a body's fields begin with."""


@dataclass(frozen=True, slots=True)
class Try:
    """A value in one field, and the column that it is to be stored in."""

    field: str
    path: tuple[str | int, ...]
    telling: Telling
    table: str
    column: Column
    step: Step
    usual: Json = None
    """The act's own value of the field."""
    inner: tuple[str | int, ...] | None = None
    """Its place inside of the column; None where the column holds it alone."""
    usually: tuple[Json, ...] = ()
    """What the act's own values leave in the column: of several rows, others have theirs."""
    answered: bool = True
    """Whether a field of this name in answers is this one: where the act's has one, it says the
    act's own value. What is called `value` in the answer to a payment may be the balance."""
    shift: timedelta | None = None
    """By how much the answer is off to the act's own time, where that is what zones differ by: the
    field is this one where it is off as much for every other time."""
    alone: bool = True
    """Whether the act has one field of this name. Of `added` and `removed` things the answer shows
    one kind."""

    def kept(self, row: Row) -> Json:
        """What a row has of it; MISSING where it has nothing."""
        if self.column.name not in row:
            return MISSING
        text = row[self.column.name]
        return text if self.inner is None else inside(text, self.inner)


def choices(subject: Subject, clean: History) -> Iterator[Try]:
    """The telling values of all fields, in turn, so that no field is left out for another."""
    known = complaints(subject, subject.scenario.act.json)
    fields = [tuple(_of_field(subject, name)) for name in sorted(subject.landing)]
    nested = [tuple(_of_leaf(subject, leaf)) for leaf in leaves(subject, clean)]
    waiting = [iter(each) for each in (*fields, *nested)]
    while waiting:
        left: list[Iterator[Try]] = []
        for each in waiting:
            found = next(each, None)
            if found is None:
                continue
            left.append(each)
            if complaints(subject, found.step.json) <= known:
                yield found
        waiting = left


def complaints(subject: Subject, body: Json) -> frozenset[tuple[str, str]]:
    """What the document says against a body."""
    judge = Conformance(subject.document.definitions if subject.document else {})
    return frozenset((each.at, each.schema) for each in judge.mismatches(_schema(subject), body))


def landing(tries: Iterable[Try], clean: History) -> Iterator[Try]:
    """Those whose own value is in the column: of a column that is only called alike, a value of
    another field or one that was there before says nothing. Times have many forms."""
    exchange, rows = clean.section.exchange, clean.section.changes.rows
    answer = body_of(exchange)
    for tried in tries:
        cells = [tried.kept(each.new) for each in rows if each.table == tried.table and each.new]
        usually = tuple(each for each in cells if each is not None and each is not MISSING)
        sent = _sent(tried, exchange)
        if tried.telling.kind in ("time", "date") or _is_among(tried, sent, usually):
            said = value_in(answer, tried.path, alone=tried.alone)
            answered = said is MISSING or _is_this(tried, sent, said)
            shift = shifted(sent, said) if tried.telling.kind == "time" and not answered else None
            yield replace(tried, usually=usually, answered=answered or bool(shift), shift=shift)


def _is_this(tried: Try, sent: Json, said: Json) -> bool:
    """Whether an answer's field is the act's: it has its value, or is where its day begins."""
    is_day = tried.telling.kind == "date" and sent is not MISSING
    return (is_day and begins(sent, said)) or _is_among(tried, sent, (said,))


def _sent(tried: Try, exchange: Exchange) -> Json:
    try:
        return at(json.loads(exchange.request.body), tried.path)
    except ValueError:
        return MISSING


def _is_among(tried: Try, sent: Json, found: Iterable[Json]) -> bool:
    kind, column = tried.telling.kind, tried.column.type
    return sent is not MISSING and any(
        compared(sent, each, kind, column)[0] is not Agreement.LOST for each in found
    )


def _of_field(subject: Subject, called: str) -> Iterator[Try]:
    act, (table, name) = subject.scenario.act, subject.landing[called]
    column = column_of(subject.catalog, table, name)
    if not called.startswith(BODY) or column is None or act.json is None:
        return
    if f"{table}.{name}" in subject.profile.volatile or _is_key(subject, table, name):
        return
    path = tuple(int(e) if e.isdecimal() else e for e in called.removeprefix(BODY).split("/"))
    yield from _of_place(act, path, table, column)


def _of_leaf(subject: Subject, leaf: Leaf) -> Iterator[Try]:
    act = subject.scenario.act
    if act.json is not None:
        yield from _of_place(act, leaf.path, leaf.table, leaf.column, leaf.inner)


def _of_place(
    act: Step,
    path: tuple[str | int, ...],
    table: str,
    column: Column,
    inner: tuple[str | int, ...] | None = None,
) -> Iterator[Try]:
    sent = at(act.json, path)
    if sent is MISSING or references.alone(str(sent)):
        return
    called = f"{BODY}{'/'.join(map(str, path))}"
    if sensitive(called) or sensitive(column.name):
        # It is redacted wherever it stands, and so is whatever else has this value.
        return
    alone = len(list(named(act.json, str(path[-1])))) == 1
    for each in telling(sent, column):
        body = deepcopy(act.json)
        at(body, path[:-1])[path[-1]] = each.value
        step = replace(act, json=body)
        yield Try(called, path, each, table, column, step, sent, inner, alone=alone)


def _is_key(subject: Subject, table: str, column: str) -> bool:
    """Whether a column names a row: another value is another thing, and may be refused."""
    known = subject.catalog.tables[table]
    return any(column in key.columns for key in known.foreign_keys)


def _schema(subject: Subject) -> Json:
    bodies = subject.declaration.bodies if subject.declaration is not None else ()
    return next((each.schema for each in bodies if "json" in each.content_type), True)
