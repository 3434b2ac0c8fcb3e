"""One row with all that it needs.

    draft -> what is given -> the rows it refers to -> values -> order of pairs -> INSERT, tried
          -> what was left out of a cycle

A row that is referred to and not given is the first that the test made of its table; where there is
none, it is made. Of tables whose keys people choose (countries, currencies), it is the first that
is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from seamproof.core.catalog import Column, ForeignKey, Table
from seamproof.testing.factories import inserting
from seamproof.testing.factories.cannot import cannot
from seamproof.testing.factories.drafting import Draft, Source, arrange, needed
from seamproof.testing.factories.filling import Filling
from seamproof.testing.factories.giving import take
from seamproof.testing.factories.inserting import Refusal, identifier, quoted
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.named import relation
from seamproof.testing.factories.refusal import CannotMake

if TYPE_CHECKING:
    from collections.abc import Iterator

Columns = Mapping[str, Any]

_TRIES = 40
_MOVE_ON = """
SELECT setval(found, %(to)s) FROM (
  SELECT pg_get_serial_sequence(%(table)s, %(column)s)::regclass AS found) sequence
 WHERE found IS NOT NULL AND %(to)s > coalesce(pg_sequence_last_value(found), 0)
"""


class Builder:
    """Makes the rows of one test, and knows them."""

    def __init__(self, source: Source, test: str) -> None:
        self.source = source
        self.defaults: dict[str, dict[str, Any]] = {}
        """By table, what its rows have where a test gives nothing."""
        self.made: dict[str, list[Made]] = {}
        """The rows of this test by table, in the order of their making."""
        self._filling = Filling(source, test)
        self._numbers: Counter[str] = Counter()
        self._begun, self._transaction = False, ExitStack()

    def make(self, table: Table, *layers: Columns) -> Made:
        """One row with what it needs, or nothing at all. Raises CannotMake and LookupError."""
        with self._whole():
            return self._row(table, layers, ())

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of the rows that are made meanwhile, or none."""
        known = {table: list(rows) for table, rows in self.made.items()}
        # What a default computes may make a row itself.
        outer = self._begun, self._transaction
        self._begun, self._transaction = False, ExitStack()
        try:
            with self._transaction:
                yield
        except psycopg.IntegrityError as error:
            # Constraints that are DEFERRABLE refuse at the end.
            self.made = known
            raise CannotMake(f"the rows are refused at the end: {error}") from error
        except BaseException:
            self.made = known
            raise
        finally:
            self._begun, self._transaction = outer

    def _together(self) -> None:
        """Begin a transaction, where one row is not all: one alone costs one round trip."""
        if not self._begun:
            self._begun = True
            self._transaction.enter_context(self.source.connection().transaction())

    # One row

    def _row(self, table: Table, layers: Sequence[Columns], above: tuple[Draft, ...]) -> Made:
        self._numbers[table.name] += 1
        number = self._numbers[table.name]
        given = take(table, (self.defaults.get(table.name, {}), *layers), number)
        draft = Draft(table, number, given, dict(given.values))
        self._refer(draft, above)
        for column in table.columns:
            if needed(column) and column.name not in draft.values:
                draft.values[column.name] = self._filling.value(draft, column)
        arrange(draft)
        row = self._store(draft, above)
        self._move_on(draft, row)
        made = Made(table.name, row, table.primary_key, draft.parents)
        self.made.setdefault(table.name, []).append(made)
        self._close(draft, made)
        return made

    def _move_on(self, draft: Draft, row: Columns) -> None:
        """Keep the database from giving a number again that was given by hand."""
        connection = self.source.connection()
        name = identifier(draft.table.name).as_string(connection)
        for column in draft.table.columns:
            serial = column.identity or (column.default or "").startswith("nextval(")
            number = row.get(column.name)
            if serial and column.name in draft.given.values and isinstance(number, int):
                connection.execute(_MOVE_ON, {"table": name, "column": column.name, "to": number})

    # What it refers to

    def _refer(self, draft: Draft, above: tuple[Draft, ...]) -> None:
        wanting = {each.name for each in draft.table.columns if needed(each)}
        # One of several columns says more: what it settles is known to those of one.
        for key in sorted(draft.table.foreign_keys, key=lambda each: -len(each.columns)):
            wanted = draft.given.nested.get(relation(key))
            missing = [each for each in key.columns if each not in draft.values]
            if wanted is None and not wanting.intersection(missing):
                continue
            self._take_parent(draft, key, self._parent(draft, key, wanted, above))
        for name, made in draft.given.parents.items():
            draft.parents.setdefault(name, made)

    @staticmethod
    def _take_parent(draft: Draft, key: ForeignKey, parent: Columns) -> None:
        for column, referenced in zip(key.columns, key.referenced, strict=True):
            draft.values[column] = parent[referenced]
        if isinstance(parent, Made):
            draft.parents[relation(key)] = parent

    def _parent(
        self, draft: Draft, key: ForeignKey, wanted: Columns | None, above: tuple[Draft, ...]
    ) -> Columns:
        """The row that a foreign key refers to."""
        settled = {
            referenced: draft.values[column]
            for column, referenced in zip(key.columns, key.referenced, strict=True)
            if column in draft.values
        }
        table = self.source.catalog.tables[key.references]
        if wanted is None:
            known: Iterable[Columns] = (
                *self.made.get(table.name, ()),
                *self._chosen_keys(table),
            )
            for row in known:
                if all(row[name] == value for name, value in settled.items()):
                    return row
            for open_draft in (draft, *reversed(above)):
                if open_draft.table is table:
                    return self._reserved(open_draft, key, inside=open_draft is draft)
        return self._new_parent(draft, key, {**settled, **(wanted or {})}, above)

    def _new_parent(
        self, draft: Draft, key: ForeignKey, given: Columns, above: tuple[Draft, ...]
    ) -> Made:
        table = self.source.catalog.tables[key.references]
        self._together()
        made = self._row(table, (given,), (*above, draft))
        draft.made_for.append((table, made))
        return made

    def _chosen_keys(self, table: Table) -> Iterable[Columns]:
        """Stored rows of a table whose key nothing generates: somebody chose it, as a code."""
        key = [each for each in table.columns if each.name in table.primary_key]
        kinds = self._filling.kinds(table)
        generated = any(each.default or each.identity for each in key)
        if not key or generated or any(kinds[each.name].name == "uuid" for each in key):
            return ()
        return () if table.foreign_keys else self.source.stored.get(table.name, ())[:1]

    def _reserved(self, draft: Draft, key: ForeignKey, *, inside: bool) -> Columns:
        """The key of a row that is not written yet, for what it needs and what needs it."""
        columns = {each.name: each for each in draft.table.columns}
        for name in key.referenced:
            if name not in draft.values:
                draft.values[name] = self._filling.next(draft, columns[name])
        if not inside:
            draft.reserved = True
            self._together()
            self.source.connection().execute("SET CONSTRAINTS ALL DEFERRED")
        return draft.values

    def _close(self, draft: Draft, made: Made) -> None:
        """Fill what was left out because it referred to a row that was not there yet."""
        for table, parent in draft.made_for:
            for key in table.foreign_keys:
                if key.references != draft.table.name:
                    continue
                if all(parent[each] is None for each in key.columns):
                    self._point(table, parent, key, made)

    def _point(self, table: Table, parent: Made, key: ForeignKey, made: Made) -> None:
        if not table.primary_key:
            return
        columns = dict(zip(key.columns, (made[each] for each in key.referenced), strict=True))
        query = sql.SQL("UPDATE {} SET {} WHERE {} RETURNING *").format(
            identifier(table.name), _equal(columns, ", "), _equal(table.primary_key, " AND ")
        )
        connection = self.source.connection()
        values = [*columns.values(), *(parent[each] for each in table.primary_key)]
        with connection.transaction():
            row = connection.execute(query, values).fetchone()
        if row is not None:
            # Whoever has the row sees what was filled.
            parent._columns.update(row)

    # The database takes it, or not

    def _store(self, draft: Draft, above: tuple[Draft, ...]) -> dict[str, Any]:
        connection, kinds = self.source.connection(), self._filling.kinds(draft.table)
        for attempt in range(1, _TRIES + 1):
            try:
                return inserting.insert(connection, draft.table, kinds, draft.values)
            except inserting.REFUSALS as error:
                found = inserting.refusal(connection, draft.table, error)
                free = self._free(draft, found)
                if not free or attempt == _TRIES:
                    raise cannot(connection, kinds, draft, found, attempt) from error
                self._vary(draft, found, free, attempt, above)
                arrange(draft)
        raise AssertionError("unreachable")

    @staticmethod
    def _free(draft: Draft, found: Refusal) -> list[Column]:
        """The columns that a refusal is about and that may hold something else."""
        if found.sqlstate == inserting.FOREIGN_KEY or draft.reserved:
            return []
        return [
            each
            for each in draft.table.columns
            if each.name in found.columns
            and each.name not in draft.given.values
            and not each.generated
            and not each.identity
        ]

    def _vary(
        self,
        draft: Draft,
        found: Refusal,
        free: Sequence[Column],
        attempt: int,
        above: tuple[Draft, ...],
    ) -> None:
        names = {each.name for each in free}
        keys = [each for each in draft.table.foreign_keys if names.intersection(each.columns)]
        if found.sqlstate in {inserting.UNIQUE, inserting.EXCLUSION} and keys:
            # It may have one such row only: it is made for another.
            for key in keys[:1]:
                settled = {
                    referenced: draft.values[column]
                    for column, referenced in zip(key.columns, key.referenced, strict=True)
                    if column not in names
                }
                parent = self._new_parent(draft, key, settled, above)
                self._take_parent(draft, key, parent)
            return
        referring = {column for key in keys for column in key.columns}
        chance = Random(f"{draft.table.name}/{draft.number}/{attempt}")  # noqa: S311
        for column in free:
            if column.name in referring:
                continue
            value = self._filling.value(draft, column, attempt)
            if found.sqlstate == inserting.CHECK:
                kind = self._filling.kinds(draft.table)[column.name]
                offered = inserting.candidates(column, kind, found.definition, value)
                value = (
                    offered[attempt % len(offered)] if len(free) == 1 else chance.choice(offered)
                )
            draft.values[column.name] = value


def _equal(columns: Iterable[str], joint: str) -> sql.Composable:
    parts = [sql.SQL("{} = %s").format(quoted(each)) for each in columns]
    return sql.SQL(joint).join(parts)
