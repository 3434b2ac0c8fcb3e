"""The values of a draft that nobody has given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from psycopg import sql

from seamproof.core.catalog import Column, Table
from seamproof.testing.factories import wording
from seamproof.testing.factories.conditions import NOTHING, Asked, asked
from seamproof.testing.factories.drafting import Draft, Source
from seamproof.testing.factories.inserting import identifier, quoted
from seamproof.testing.factories.kinds import Kind, Kinds
from seamproof.testing.factories.refusal import CannotMake
from seamproof.testing.factories.values import Place, Unknown, Values

_OTHERS = 5
"""Values that are made in search of one that the test has not used."""
_INTEGERS = frozenset({"smallint", "integer", "bigint"})


class Filling:
    """Makes values for the columns of one test's rows."""

    def __init__(self, source: Source, test: str) -> None:
        self._source = source
        self._values = Values(test)
        self._kinds = Kinds(source.connection)
        self._used: set[tuple[str, str, Any]] = set()
        self._of_table: dict[str, dict[str, Kind]] = {}

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

    def value(self, draft: Draft, column: Column, attempt: int = 0) -> Any:
        """A value for a column; each try has another. Raises CannotMake for an unknown type."""
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
            return self._source.password(table, column.name)
        if question.choices or not wording.like_others(column.name):
            return None
        return next((row[column.name] for row in self._source.stored.get(table.name, ())), None)

    @staticmethod
    def _asked(table: Table, column: Column, kind: Kind) -> Asked:
        own = asked(table.conditions, column.name)
        return own if own != NOTHING else asked(kind.conditions, "VALUE")

    def _beyond(self, table: Table, column: Column) -> int:
        query = sql.SQL("SELECT coalesce(max({}), 0) + 1 AS made FROM {}").format(
            quoted(column.name), identifier(table.name)
        )
        row = self._source.connection().execute(query, []).fetchone()
        return int(row["made"]) if row else 1

    def next(self, draft: Draft, column: Column) -> Any:
        """The value that the database would give to a column, taken before the row is written."""
        connection, table = self._source.connection(), identifier(draft.table.name)
        if column.identity:
            name = table.as_string(connection)
            query = "SELECT nextval(pg_get_serial_sequence(%s, %s)) AS made"
            row = connection.execute(query, [name, column.name]).fetchone()
            return row["made"] if row else None
        if column.default is not None:
            # The catalog's own expression.
            row = connection.execute(f"SELECT {column.default} AS made".encode()).fetchone()
            return row["made"] if row else None
        return self.value(draft, column)
