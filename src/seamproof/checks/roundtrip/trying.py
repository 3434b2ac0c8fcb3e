"""Which values are tried in which field: telling ones that the document allows, where the column of
the field is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace

from seamproof.analysis.conformance import Conformance
from seamproof.analysis.landing import column_of
from seamproof.checks.roundtrip.agreeing import Agreement, compared
from seamproof.checks.roundtrip.reading import MISSING, at
from seamproof.checks.roundtrip.values import Telling, telling
from seamproof.core import references
from seamproof.core.catalog import Column
from seamproof.core.history import History
from seamproof.core.model import Json, Step
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


def choices(subject: Subject) -> Iterator[Try]:
    """The telling values of all fields, in turn, so that no field is left out for another."""
    act = subject.scenario.act
    judge = Conformance(subject.document.definitions if subject.document else {})
    schema = _schema(subject)

    def complaints(body: Json) -> set[tuple[str, str]]:
        return {(each.at, each.schema) for each in judge.mismatches(schema, body)}

    known = complaints(act.json)
    waiting = [iter(tuple(_of_field(subject, name))) for name in sorted(subject.landing)]
    while waiting:
        left: list[Iterator[Try]] = []
        for each in waiting:
            found = next(each, None)
            if found is None:
                continue
            left.append(each)
            if complaints(found.step.json) <= known:
                yield found
        waiting = left


def lands(tried: Try, clean: History) -> bool:
    """Whether the act's own value is in the column: of a column that is only called alike, a value
    of another field or one that was there before says nothing. Times have many forms."""
    if tried.telling.kind in ("time", "date"):
        return True
    try:
        sent = at(json.loads(clean.section.exchange.request.body), tried.path)
    except ValueError:
        return False
    texts = (
        change.new.get(tried.column.name)
        for change in clean.section.changes.rows
        if change.table == tried.table and change.new is not None
    )
    return any(
        text is not None
        and compared(sent, text, tried.telling.kind, tried.column.type)[0] is not Agreement.LOST
        for text in texts
    )


def _of_field(subject: Subject, called: str) -> Iterator[Try]:
    act, (table, name) = subject.scenario.act, subject.landing[called]
    column = column_of(subject.catalog, table, name)
    if not called.startswith(BODY) or column is None or act.json is None:
        return
    if f"{table}.{name}" in subject.profile.volatile or _is_key(subject, table, name):
        return
    path = tuple(int(e) if e.isdecimal() else e for e in called.removeprefix(BODY).split("/"))
    sent = at(act.json, path)
    if sent is MISSING or references.alone(str(sent)):
        return
    for each in telling(sent, column):
        body = deepcopy(act.json)
        at(body, path[:-1])[path[-1]] = each.value
        yield Try(called, path, each, table, column, replace(act, json=body), sent)


def _is_key(subject: Subject, table: str, column: str) -> bool:
    """Whether a column names a row: another value is another thing, and may be refused."""
    known = subject.catalog.tables[table]
    return any(column in key.columns for key in known.foreign_keys)


def _schema(subject: Subject) -> Json:
    bodies = subject.declaration.bodies if subject.declaration is not None else ()
    return next((each.schema for each in bodies if "json" in each.content_type), True)
