"""`make`: rows that a test needs, with all that they need.

    make.user()                            the table users, in any number and case
    make("order_items", order=order)       any table by its name
    make.product.batch(3, stock=0)         several
    make.user("admin")                     with a trait

What is not given and must be there is made: rows that are referred to, and values by the columns'
types and names. Columns with a default, and those that may be NULL, are left to the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seamproof.testing.factories.building import Builder
from seamproof.testing.factories.drafting import Source
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.named import Tables, column_for, nearest, relations, unknown
from seamproof.testing.factories.refusal import CannotMake

if TYPE_CHECKING:
    from seamproof.core.catalog import Table
    from seamproof.testing.factories.borrowed import Borrowed
    from seamproof.testing.factories.files import Loaded
    from seamproof.testing.factories.inserting import Connection


class Make:
    """Makes the rows of one test. What it makes is gone when the test has ended."""

    def __init__(self, source: Source, test: str) -> None:
        self._source = source
        self._tables = Tables(source.catalog)
        self._builder = Builder(source, test)
        self._traits: dict[str, dict[str, dict[str, Any]]] = {}

    def __call__(self, name: str, /, *traits: str, **columns: Any) -> Made:
        """A row of the table that a name means. Raises LookupError and CannotMake."""
        __tracebackhide__ = True
        return self.of(name)(*traits, **columns)

    def __getattr__(self, name: str) -> Factory:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.of(name)
        except LookupError as error:
            raise AttributeError(str(error)) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._source.catalog.tables]

    def of(self, name: str) -> Factory:
        """What makes the rows of a table. Raises LookupError where the name means none."""
        return Factory(self, self._tables.find(name))

    # What rows have where a test gives nothing

    def defaults(self, name: str, /, **columns: Any) -> None:
        """What rows of a table have, where a test gives nothing else; also of those that are made
        for others. Raises LookupError for a column that is not there.
        """
        table = self._tables.find(name)
        _require(table, columns)
        self._builder.defaults.setdefault(table.name, {}).update(columns)

    def trait(self, name: str, trait: str, /, **columns: Any) -> None:
        """Columns under one name: `make.trait("users", "admin", role="admin")`, then
        `make.user("admin")`.
        """
        table = self._tables.find(name)
        _require(table, columns)
        self._traits.setdefault(table.name, {})[trait] = columns

    def existing(self, name: str, /, **columns: Any) -> Made:
        """A row that is stored already, found by its columns. It is referred to by what is made
        later, as if the test had made it. Raises LookupError where there is not just one.
        """
        from seamproof.testing.factories.stored import find

        table = self._tables.find(name)
        _require(table, columns)
        row = find(self._source.connection(), table, columns)
        self._builder.made.setdefault(table.name, []).append(row)
        return row

    # From elsewhere

    def load(self, *paths: str | Path) -> Loaded:
        """The rows of files: JSON, YAML, CSV (its name is the table's) or SQL.

        Raises StaleFixture, which names the file, the line and the column, where a file no longer
        fits the database.
        """
        from seamproof.testing.factories.files import load

        return load(self, [Path(each) for each in paths])

    def using(self, factory: Any, *, table: str = "") -> Borrowed:
        """Rows by a factory of factory_boy or polyfactory: `make.using(OrderFactory)(total=5)`.

        It only builds; what it builds is written here, and so undone with everything else.
        """
        from seamproof.testing.factories.borrowed import Borrowed

        return Borrowed(self, factory, table)

    def traits_of(self, table: Table, names: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        """The columns of some traits. Raises LookupError for one that nobody defined."""
        known = self._traits.get(table.name, {})
        for name in names:
            if name not in known:
                raise LookupError(f"{table.name} has no trait {name!r}{nearest(name, known)}")
            yield known[name]

    @property
    def connection(self) -> Connection:
        """What rows are written by."""
        return self._source.connection()

    @property
    def builder(self) -> Builder:
        """What makes the rows."""
        return self._builder


class Factory:
    """Makes rows of one table."""

    def __init__(self, make: Make, table: Table) -> None:
        self.table = table
        """The table as the catalog has it."""
        self._make = make

    def __call__(self, *traits: str, **columns: Any) -> Made:
        """One row. Raises CannotMake where the database refuses it."""
        __tracebackhide__ = True
        layers = (*self._make.traits_of(self.table, traits), columns)
        try:
            return self._make.builder.make(self.table, *layers)
        except (CannotMake, LookupError, TypeError) as error:
            # It is about what the test gave: how it was looked at says nothing.
            raise error.with_traceback(None) from None

    def batch(self, count: int, /, *traits: str, **columns: Any) -> list[Made]:
        """So many rows."""
        __tracebackhide__ = True
        return [self(*traits, **columns) for _ in range(count)]

    def __repr__(self) -> str:
        return f"<makes {self.table.name}>"


def _require(table: Table, columns: Mapping[str, Any]) -> None:
    names = {each.name for each in table.columns}
    for name in columns:
        head = name.partition("__")[0]
        if name not in names and head not in relations(table) and not column_for(table, name):
            raise unknown(table, name)
