"""One row with all that it needs.

    draft -> what is given -> the rows it refers to -> values -> order of pairs -> INSERT, tried
          -> what was left out of a cycle

A row that is referred to and not given is the first that the test made of its table; where there is
none, it is made. Of tables whose keys people choose (countries, currencies), it is the first that
is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from seamproof.core.catalog import Catalog, Column, ForeignKey, Stored, Table
from seamproof.testing.factories import inserting, wording
from seamproof.testing.factories.conditions import NOTHING, Asked, asked, disordered
from seamproof.testing.factories.giving import Given, take
from seamproof.testing.factories.inserting import Connection, Refusal, identifier, quoted
from seamproof.testing.factories.kinds import Kind, Kinds
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.named import relation
from seamproof.testing.factories.refusal import CannotMake
from seamproof.testing.factories.values import Place, Unknown, Values, above, below

if TYPE_CHECKING:
    from collections.abc import Iterator

Columns = Mapping[str, Any]
Password = Callable[[Table, str], str | None]

_TRIES = 40
_OTHERS = 5
"""Values that are made in search of one that the test has not used."""
_MOVE_ON = """
SELECT setval(found, %(to)s) FROM (
  SELECT pg_get_serial_sequence(%(table)s, %(column)s)::regclass AS found) sequence
 WHERE found IS NOT NULL AND %(to)s > coalesce(pg_sequence_last_value(found), 0)
"""
_INTEGERS = frozenset({"smallint", "integer", "bigint"})


@dataclass
class Draft:
    """A row in the making."""

    table: Table
    number: int
    given: Given
    values: dict[str, Any]
    parents: dict[str, Made] = field(default_factory=dict)
    made_for: list[tuple[Table, Made]] = field(default_factory=list)
    """The rows that were made because this one refers to them."""
    reserved: bool = False
    """Whether another row refers to it already."""


@dataclass(frozen=True)
class Source:
    """The database that rows are made in."""

    catalog: Catalog
    connection: Callable[[], Connection]
    stored: Stored = field(default_factory=dict)
    """Rows that were there before the test."""
    password: Password = lambda table, column: None
    """What a column holds of somebody whose password is known."""


class Builder:
    """Makes the rows of one test, and knows them."""

    def __init__(self, source: Source, test: str) -> None:
        self.source = source
        self.defaults: dict[str, dict[str, Any]] = {}
        """By table, what its rows have where a test gives nothing."""
        self.made: dict[str, list[Made]] = {}
        """The rows of this test by table, in the order of their making."""
        self._values = Values(test)
        self._kinds = Kinds(source.connection)
        self._numbers: Counter[str] = Counter()
        self._used: set[tuple[str, str, Any]] = set()
        self._of_table: dict[str, dict[str, Kind]] = {}
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

    def kinds(self, table: Table) -> dict[str, Kind]:
        """The types of a table's columns."""
        known = self._of_table.get(table.name)
        if known is None:
            known = self._of_table[table.name] = {
                each.name: self._kind(each) for each in table.columns
            }
        return known

    def _kind(self, column: Column) -> Kind:
        kind = self._kinds.of(column.type, column.values)
        return replace(kind, labels=column.values) if column.values else kind

    # One row

    def _row(self, table: Table, layers: Sequence[Columns], above: tuple[Draft, ...]) -> Made:
        self._numbers[table.name] += 1
        number = self._numbers[table.name]
        given = take(table, (self.defaults.get(table.name, {}), *layers), number)
        draft = Draft(table, number, given, dict(given.values))
        self._refer(draft, above)
        for column in table.columns:
            if _needed(column) and column.name not in draft.values:
                draft.values[column.name] = self._value(draft, column)
        _arrange(draft)
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
        needed = {each.name for each in draft.table.columns if _needed(each)}
        # One of several columns says more: what it settles is known to those of one.
        for key in sorted(draft.table.foreign_keys, key=lambda each: -len(each.columns)):
            wanted = draft.given.nested.get(relation(key))
            missing = [each for each in key.columns if each not in draft.values]
            if wanted is None and not needed.intersection(missing):
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
        kinds = self.kinds(table)
        generated = any(each.default or each.identity for each in key)
        if not key or generated or any(kinds[each.name].name == "uuid" for each in key):
            return ()
        return () if table.foreign_keys else self.source.stored.get(table.name, ())[:1]

    def _reserved(self, draft: Draft, key: ForeignKey, *, inside: bool) -> Columns:
        """The key of a row that is not written yet, for what it needs and what needs it."""
        columns = {each.name: each for each in draft.table.columns}
        for name in key.referenced:
            if name not in draft.values:
                draft.values[name] = self._next(draft, columns[name])
        if not inside:
            draft.reserved = True
            self._together()
            self.source.connection().execute("SET CONSTRAINTS ALL DEFERRED")
        return draft.values

    def _next(self, draft: Draft, column: Column) -> Any:
        connection, table = self.source.connection(), identifier(draft.table.name)
        if column.identity:
            name = table.as_string(connection)
            query = "SELECT nextval(pg_get_serial_sequence(%s, %s)) AS made"
            row = connection.execute(query, [name, column.name]).fetchone()
            return row["made"] if row else None
        if column.default is not None:
            # The catalog's own expression.
            row = connection.execute(f"SELECT {column.default} AS made".encode()).fetchone()
            return row["made"] if row else None
        return self._value(draft, column)

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

    # Its values

    def _value(self, draft: Draft, column: Column, attempt: int = 0) -> Any:
        table, kind = draft.table, self.kinds(draft.table)[column.name]
        alone = any(key == (column.name,) for key in (table.primary_key, *table.uniques))
        unique = alone or any(column.name in key for key in (table.primary_key, *table.uniques))
        question = self._asked(table, column, kind)
        if kind.name in _INTEGERS and unique and question == NOTHING:
            if not alone and attempt < _OTHERS:
                return draft.number + attempt
            return self._beyond(table, column) + attempt
        if not attempt and not unique and (known := self._known(table, column, kind, question)):
            return known
        place = Place(table.name, column.name, draft.number, attempt, unique)
        try:
            for more in range(_OTHERS):
                value = self._values.of(replace(place, attempt=attempt + more), kind, question)
                if not alone or (table.name, column.name, repr(value)) not in self._used:
                    break
        except Unknown:
            name = f"{table.name}.{column.name}"
            raise CannotMake(
                f"{name} has the type {column.type}, of which no value is known",
                f"give it: {column.name}=…",
                columns=(column.name,),
            ) from None
        self._used.add((table.name, column.name, repr(value)))
        return value

    def _known(self, table: Table, column: Column, kind: Kind, question: Asked) -> Any:
        """What is not invented: what others have, or what somebody's known password is kept as."""
        if kind.name not in {"text", "character varying", "citext"} or kind.labels:
            return None
        if wording.secret(column.name):
            return self.source.password(table, column.name)
        if question.choices or not wording.like_others(column.name):
            return None
        return next((row[column.name] for row in self.source.stored.get(table.name, ())), None)

    @staticmethod
    def _asked(table: Table, column: Column, kind: Kind) -> Asked:
        own = asked(table.conditions, column.name)
        return own if own != NOTHING else asked(kind.conditions, "VALUE")

    def _beyond(self, table: Table, column: Column) -> int:
        query = sql.SQL("SELECT coalesce(max({}), 0) + 1 AS made FROM {}").format(
            quoted(column.name), identifier(table.name)
        )
        row = self.source.connection().execute(query, []).fetchone()
        return int(row["made"]) if row else 1

    # The database takes it, or not

    def _store(self, draft: Draft, above: tuple[Draft, ...]) -> dict[str, Any]:
        connection, kinds = self.source.connection(), self.kinds(draft.table)
        for attempt in range(1, _TRIES + 1):
            try:
                return inserting.insert(connection, draft.table, kinds, draft.values)
            except inserting.REFUSALS as error:
                found = inserting.refusal(connection, draft.table, error)
                free = self._free(draft, found)
                if not free or attempt == _TRIES:
                    raise self._refused(draft, found, attempt) from error
                self._vary(draft, found, free, attempt, above)
                _arrange(draft)
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
            value = self._value(draft, column, attempt)
            if found.sqlstate == inserting.CHECK:
                kind = self.kinds(draft.table)[column.name]
                offered = inserting.candidates(column, kind, found.definition, value)
                value = (
                    offered[attempt % len(offered)] if len(free) == 1 else chance.choice(offered)
                )
            draft.values[column.name] = value

    def _refused(self, draft: Draft, found: Refusal, attempt: int) -> CannotMake:
        name, columns = draft.table.name, found.columns or self._misfits(draft)
        shown = [each for each in columns if each in draft.values]
        held = ", ".join(f"{each}={draft.values[each]!r}" for each in shown)
        details = [found.said]
        if found.constraint:
            problem = f"a row of {name} is refused by {found.constraint}"
            details = [f"{found.constraint}: {found.definition}"] if found.definition else details
        else:
            problem = f"a row of {name} is refused"
        if held:
            count = f"after {attempt} tries" if attempt > 1 else "with"
            details.append(f"{count} {held}")
        if draft.reserved or (
            found.sqlstate == inserting.FOREIGN_KEY and not draft.given.values.keys() & {*columns}
        ):
            details.append("it and a row that it refers to need each other: give one of them")
        if offered := ", ".join(f"{each}=…" for each in columns):
            details.append(f"give what fits: {offered}")
        return CannotMake(problem, *details, columns=columns)

    def _misfits(self, draft: Draft) -> tuple[str, ...]:
        """The columns whose type does not take their value, where the database names none."""
        connection, kinds = self.source.connection(), self.kinds(draft.table)
        return tuple(
            each.name
            for each in draft.table.columns
            if each.name in draft.values
            and inserting.misfit(connection, kinds[each.name], each, draft.values[each.name])
        )


def _needed(column: Column) -> bool:
    """Whether a row cannot be without it, and the database does not fill it."""
    computed = column.generated or column.identity or column.default is not None
    return not column.nullable and not computed


def _arrange(draft: Draft) -> None:
    """What ends comes after what begins, as far as the test has not said otherwise."""
    for less, more in disordered(draft.table, draft.values):
        if more not in draft.given.values:
            draft.values[more] = above(draft.values[less])
        elif less not in draft.given.values:
            draft.values[less] = below(draft.values[more])


def _equal(columns: Iterable[str], joint: str) -> sql.Composable:
    parts = [sql.SQL("{} = %s").format(quoted(each)) for each in columns]
    return sql.SQL(joint).join(parts)
