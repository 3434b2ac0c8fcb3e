"""SQL errors at the wire, with what the catalog knows of them.

SQLSTATE and the words of PostgreSQL's messages (appendix A of its manual): a constraint's name
leads to its columns, a column to the field of the request that it was filled from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seamproof.analysis.refusals import conditions
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.saying import say
from seamproof.analysis.refusals.sent import Sent
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.history import Crossing
from seamproof.core.model import Json

K = ComplaintKind

_MOST = 20
_SHOWN = 200
_CONSTRAINT = re.compile(r'constraint "([^"]+)"')
_RELATION = re.compile(r'(?:relation|table) "([^"]+)"')
_ON_TABLE = re.compile(r'on table "([^"]+)"\s*$')
_COLUMN = re.compile(r'column "?([\w.$]+)"?')
_QUOTED = re.compile(r'"([^"]*)"\s*$')
_LENGTH = re.compile(r"\((\d+)\)")
_SYNTAX = re.compile(r"for (?:type )?([a-z][a-z ]*[a-z])\b")
_ENUM = re.compile(r'for enum "?([\w.]+)"?')
_WRITTEN = re.compile(
    r'^\s*(?:insert\s+into|update|delete\s+from)\s+(?:only\s+)?((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)',
    re.IGNORECASE,
)
_TYPE_FORMATS = {
    "uuid": "uuid",
    "date": "date",
    "time": "time",
    "timestamp": "date-time",
    "timestamp with time zone": "date-time",
    "timestamp without time zone": "date-time",
    "interval": "duration",
    "inet": "ipv4",
    "cidr": "ipv4",
    "json": "json",
    "jsonb": "json",
    "bytea": "byte",
}
_TYPE_NAMES = {
    "integer": "integer",
    "bigint": "integer",
    "smallint": "integer",
    "numeric": "number",
    "double precision": "number",
    "real": "number",
    "boolean": "boolean",
}
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True, slots=True)
class _Error:
    sqlstate: str
    message: str
    statement: str
    catalog: Catalog
    sent: Sent

    @property
    def table(self) -> Table | None:
        """The table that it is about: that of the message, else the one that was written."""
        said = _RELATION.search(self.message)
        written = _WRITTEN.match(self.statement)
        name = said[1] if said else written[1].replace('"', "") if written else ""
        return table_named(self.catalog, name)

    def placed(self, column: str) -> tuple[Where, Steps]:
        """The field that a column is filled from."""
        return self.sent.named(column) or (None, (column,) if column else ())


def read(crossings: Sequence[Crossing], catalog: Catalog, sent: Sent) -> list[Complaint]:
    """The complaints of the statements that failed by themselves."""
    found: list[Complaint] = []
    for crossing in crossings:
        if crossing.sqlstate and crossing.message and crossing.fault is None:
            error = _Error(
                crossing.sqlstate, crossing.message[:1000], crossing.statement, catalog, sent
            )
            reader = _READERS.get(error.sqlstate)
            if reader is not None:
                found += reader(error)
        if len(found) >= _MOST:
            break
    return found


def table_named(catalog: Catalog, name: str) -> Table | None:
    """A table by the name in a message or statement, which may have its schema or not."""
    name = name.replace('"', "")
    if name in catalog.tables:
        return catalog.tables[name]
    last = name.rpartition(".")[2]
    if last in catalog.tables:
        return catalog.tables[last]
    return next((t for each, t in catalog.tables.items() if each.endswith(f".{name}")), None)


def _complaint(
    error: _Error, kind: ComplaintKind, table: Table | None, column: str, wanted: Json = None
) -> Complaint:
    place, path = error.placed(column)
    name = table.name if table else ""
    return Complaint(kind, place, path, wanted, error.message[:_SHOWN], name, column)


def _constrained(error: _Error) -> tuple[Table | None, tuple[str, ...], str]:
    """The table and the columns of the constraint that a message names, and its name."""
    found = _CONSTRAINT.search(error.message)
    name = found[1] if found else ""
    tables = [error.table] if error.table else []
    for table in [*tables, *error.catalog.tables.values()]:
        if name in table.constraints:
            return table, table.constraints[name], name
    return error.table, (), name


def _not_unique(error: _Error) -> list[Complaint]:
    table, columns, name = _constrained(error)
    # An index on an expression has no columns; its name mostly tells them.
    columns = columns or _columns_in_name(table, name)
    # What the client did not send, as an owner, it cannot change.
    own = [each for each in columns if error.sent.named(each)] or list(columns) or [""]
    return [_complaint(error, K.NOT_UNIQUE, table, each) for each in own]


def _columns_in_name(table: Table | None, name: str) -> tuple[str, ...]:
    if table is None:
        return ()
    found = [
        c.name for c in table.columns if re.search(rf"(?:^|_){re.escape(c.name)}(?:_|$)", name)
    ]
    return tuple(found)


def _no_such(error: _Error) -> list[Complaint]:
    table, columns, name = _constrained(error)
    if error.message.startswith("update or delete"):
        still = _ON_TABLE.search(error.message)
        return [
            Complaint(
                K.CONFLICT, None, (), None, error.message[:_SHOWN], still[1] if still else "", ""
            )
        ]
    key = next((k for k in table.foreign_keys if k.columns == columns), None) if table else None
    found = []
    for index, column in enumerate(columns or _columns_in_name(table, name)):
        place, path = error.placed(column)
        referred = key.referenced[index] if key and index < len(key.referenced) else ""
        looked = key.references if key else ""
        found.append(
            Complaint(K.NO_SUCH, place, path, None, error.message[:_SHOWN], looked, referred)
        )
    return found


def _null(error: _Error) -> list[Complaint]:
    column = _COLUMN.search(error.message)
    return [_complaint(error, K.MISSING, error.table, column[1] if column else "")]


def _checked(error: _Error) -> list[Complaint]:
    table, columns, _ = _constrained(error)
    expressions = table.conditions if table else ()
    found = []
    for column in columns:
        word = re.compile(rf"\b{re.escape(column)}\b")
        meanings = [
            meaning
            for condition in expressions
            if word.search(condition)
            for meaning in [conditions.meaning(condition, column)]
            if meaning is not None
        ]
        kind, wanted = meanings[0] if meanings else (K.OTHER, None)
        found.append(_complaint(error, kind, table, column, wanted))
    return found or [_complaint(error, K.OTHER, table, "")]


def _too_long(error: _Error) -> list[Complaint]:
    found = _LENGTH.search(error.message)
    length = int(found[1]) if found else None
    table = error.table
    columns = [c for c in table.columns if length and _holds(c, length)] if table else []
    sent = [c for c in columns if _is_longer(error, c.name, length or 0)]
    if sent or len(columns) == 1:
        return [_complaint(error, K.TOO_LONG, table, c.name, length) for c in sent or columns]
    place, path = (error.sent.longer(length) if length else None) or (None, ())
    name = table.name if table else ""
    return [Complaint(K.TOO_LONG, place, path, length, error.message[:_SHOWN], name)]


def _holds(column: Column, length: int) -> bool:
    return column.type.endswith(f"({length})")


def _is_longer(error: _Error, column: str, length: int) -> bool:
    found = error.sent.named(column)
    value = error.sent.at(found[1]) if found else None
    return isinstance(value, str) and len(value) > length


def _out_of_range(error: _Error) -> list[Complaint]:
    kind = next((each for each in _LARGEST if each in error.message), "")
    value = _QUOTED.search(error.message) or re.search(r'value "([^"]*)"', error.message)
    place, path = (error.sent.valued(value[1]) if value else None) or (None, ())
    largest = _LARGEST.get(kind)
    if path == ():
        over = [
            (each, way)
            for each, way, number in error.sent.fields
            if isinstance(number, int) and abs(number) > (largest or 2**31 - 1)
        ]
        place, path = over[0] if len(over) == 1 else (None, ())
    return [Complaint(K.TOO_LARGE, place, path, largest, error.message[:_SHOWN])]


def _unreadable(error: _Error) -> list[Complaint]:
    """A text that is none of the type: `invalid input syntax for type uuid: "x"`."""
    value = _QUOTED.search(error.message)
    place, path = (error.sent.valued(value[1]) if value else None) or (None, ())
    enum = _ENUM.search(error.message)
    if enum:
        return [_of_enum(error, enum[1], place, path)]
    named = _SYNTAX.search(error.message)
    name = named[1] if named else ""
    kind = K.TYPE if name in _TYPE_NAMES else K.FORMAT
    wanted = _TYPE_NAMES.get(name) or _TYPE_FORMATS.get(name)
    return [Complaint(kind, place, path, wanted, error.message[:_SHOWN])]


def _of_enum(error: _Error, name: str, place: Where, path: Steps) -> Complaint:
    for table in error.catalog.tables.values():
        for column in table.columns:
            if column.values and column.type.rpartition(".")[2].replace('"', "") == name:
                wanted: Json = list(column.values)
                if not path:
                    place, path = error.placed(column.name)
                text = error.message[:_SHOWN]
                return Complaint(K.CHOICE, place, path, wanted, text, table.name, column.name)
    return Complaint(K.CHOICE, place, path, None, error.message[:_SHOWN])


def _no_column(error: _Error) -> list[Complaint]:
    """A column that the client named, to sort or filter by."""
    found = _COLUMN.search(error.message)
    column = found[1].rpartition(".")[2] if found else ""
    place, path = error.sent.valued(column) or error.sent.named(column) or (None, ())
    if not path:
        return []
    return [Complaint(K.UNEXPECTED, place, path, None, error.message[:_SHOWN], "", column)]


def _excluded(error: _Error) -> list[Complaint]:
    table, columns, _ = _constrained(error)
    return [_complaint(error, K.CONFLICT, table, each) for each in columns or ("",)]


def _raised(error: _Error) -> list[Complaint]:
    """RAISE of a trigger or a function: its words."""
    said = say(error.message)
    found = error.sent.named(str(said.path[-1])) if said.path else None
    place, path = found or (None, said.path)
    table = error.table.name if error.table else ""
    return [Complaint(said.kind, place, path, said.wanted, said.text, table)]


_READERS: dict[str, Callable[[_Error], list[Complaint]]] = {
    "23505": _not_unique,
    "23503": _no_such,
    "23502": _null,
    "23514": _checked,
    "23P01": _excluded,
    "22001": _too_long,
    "22003": _out_of_range,
    "22007": _unreadable,
    "22008": _unreadable,
    "22P02": _unreadable,
    "42703": _no_column,
    "P0001": _raised,
}
