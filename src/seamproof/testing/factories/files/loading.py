"""Rows made of files: parents first, labels filled in, what no longer fits told with its place.

Names are looked at before anything is written: of a file that is stale in several places all are
told. What a file leaves out and a row cannot be without is made, as in every other row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import psycopg

from seamproof.core.catalog import Table
from seamproof.testing.factories.files.entries import Entry, entries
from seamproof.testing.factories.files.located import Malformed, Node, Spot
from seamproof.testing.factories.giving import take
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.named import column_for, relations
from seamproof.testing.factories.refusal import CannotMake

if TYPE_CHECKING:
    from seamproof.testing.factories.make import Make

_MOST_TOLD = 20


class StaleFixture(CannotMake):
    """A file that does not fit the database, or cannot be read: each place and what is wrong."""


class LoadedRows(Sequence[Made]):
    """The rows of one table, in the order of the files; `rows["alice"]` is one by its label."""

    def __init__(self) -> None:
        self._rows: list[Made] = []
        self.labels: dict[str, Made] = {}

    def add(self, row: Made, label: str) -> None:
        """Take one more."""
        self._rows.append(row)
        if label:
            self.labels[label] = row

    @overload
    def __getitem__(self, index: int | str) -> Made: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Made]: ...
    def __getitem__(self, index: int | str | slice) -> Made | Sequence[Made]:
        return self.labels[index] if isinstance(index, str) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return repr(self._rows)


class Loaded(Mapping[str, LoadedRows]):
    """The rows of files by table: `loaded.users[0]`, `loaded["users"]["alice"]`."""

    def __init__(self) -> None:
        self._tables: dict[str, LoadedRows] = {}

    def add(self, table: str, row: Made, label: str) -> None:
        """Take one more."""
        self._tables.setdefault(table, LoadedRows()).add(row, label)

    def __getitem__(self, table: str) -> LoadedRows:
        return self._tables[table]

    def __getattr__(self, table: str) -> LoadedRows:
        if table.startswith("_") or table not in self._tables:
            raise AttributeError(f"no row of {table} was loaded")
        return self._tables[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


def load(make: Make, paths: Sequence[Path]) -> Loaded:
    """Make the rows of files, all or none. Raises StaleFixture and OSError."""
    found: list[Entry] = []
    loaded = Loaded()
    with make.connection.transaction():
        for path in paths:
            text = path.read_text(encoding="utf-8")
            if path.suffix.lower() == ".sql":
                _run(make.connection, path, text)
                continue
            try:
                found += entries(path, text)
            except Malformed as error:
                raise StaleFixture(_at(path, error.spot, str(error))) from None
        for table, entry in _in_order(_resolved(make, found)):
            row = _made(make, table, entry, loaded)
            loaded.add(table.name, row, entry.label)
    return loaded


def _resolved(make: Make, found: Sequence[Entry]) -> list[tuple[Table, Entry]]:
    """The rows with their tables. Raises StaleFixture with every name that means nothing."""
    wrong: list[str] = []
    known: list[tuple[Table, Entry]] = []
    missing: set[tuple[Path, str]] = set()
    for entry in found:
        try:
            table = make.of(str(entry.table.value)).table
        except LookupError as error:
            if (entry.path, entry.table.value) not in missing:
                missing.add((entry.path, entry.table.value))
                wrong.append(_at(entry.path, entry.table.spot, str(error)))
            continue
        known.append((table, entry))
        wrong += _unknown(table, entry)
    if wrong:
        # A name in the first line of a CSV is that of every row.
        told = list(dict.fromkeys(wrong))
        more = [f"… and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
        raise StaleFixture(told[0], *told[1:_MOST_TOLD], *more)
    return known


def _unknown(table: Table, entry: Entry) -> Iterator[str]:
    names = {each.name for each in table.columns}
    for field in entry.fields:
        name = str(field.value)
        if name in names or name in relations(table) or column_for(table, name):
            continue
        try:
            take(table, ({name: None},), 1)
        except LookupError as error:
            yield _at(entry.path, field.spot, str(error))


def _in_order(rows: Sequence[tuple[Table, Entry]]) -> list[tuple[Table, Entry]]:
    """Rows of tables that others refer to come first; those of one table stay in their order."""
    tables = list({table.name: table for table, _ in rows}.values())
    ordered: list[str] = []

    def visit(table: Table, above: tuple[str, ...]) -> None:
        if table.name in ordered or table.name in above:
            return
        for key in table.foreign_keys:
            for other in tables:
                if other.name == key.references:
                    visit(other, (*above, table.name))
        ordered.append(table.name)

    for table in tables:
        visit(table, ())
    return sorted(rows, key=lambda row: ordered.index(row[0].name))


def _made(make: Make, table: Table, entry: Entry, loaded: Loaded) -> Made:
    columns: dict[str, Any] = {}
    if entry.key is not None and len(table.primary_key) == 1:
        columns[table.primary_key[0]] = entry.key.plain()
    for name, value in entry.fields.items():
        columns[str(name.value)] = _value(table, str(name.value), value, entry, loaded)
    try:
        return make.of(table.name)(**columns)
    except CannotMake as error:
        spot = _blamed(table, entry, error)
        raise StaleFixture(
            _at(entry.path, spot, error.problem), *error.details, columns=error.columns
        ) from None


def _value(table: Table, name: str, value: Node, entry: Entry, loaded: Loaded) -> Any:
    """A value, or the row of this label that a foreign key refers to."""
    plain = value.plain()
    kinds = {each.name: each for each in table.columns}
    if entry.path.suffix.lower() == ".csv":
        column = kinds.get(name)
        if column is not None and column.type in {"json", "jsonb"}:
            import json

            try:
                return json.loads(plain)
            except ValueError as error:
                raise StaleFixture(_at(entry.path, value.spot, f"no JSON: {error}")) from None
        return plain
    key = relations(table).get(name)
    if key is not None and isinstance(plain, str) and key.references in loaded:
        return loaded[key.references].labels.get(plain, plain)
    return plain


def _blamed(table: Table, entry: Entry, error: CannotMake) -> Spot:
    """Where the value stands that is refused; else the row's first name."""
    for name, value in entry.fields.items():
        given = take(table, ({str(name.value): None},), 1).values
        if given.keys() & set(error.columns):
            return value.spot
    first = next(iter(entry.fields), entry.table)
    return first.spot


def _run(connection: psycopg.Connection[Any], path: Path, text: str) -> None:
    """Run a script. What fails is told at its place."""
    try:
        with connection.transaction():
            connection.execute(text.encode())
    except psycopg.Error as error:
        position = error.diag.statement_position
        at = int(position) - 1 if position else 0
        before = text[:at]
        spot = Spot(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
        said = (error.diag.message_primary or str(error)).partition("\n")[0]
        details = [each for each in (error.diag.message_detail, error.diag.message_hint) if each]
        raise StaleFixture(_at(path, spot, said), *details) from None


def _at(path: Path, spot: Spot, problem: str) -> str:
    return f"{path}:{spot.line}:{spot.column}: {problem}"
