"""A row that was made: a mapping whose columns are attributes as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = 40


class Made(Mapping[str, Any]):
    """`widget.id`, `widget["id"]`, and the rows that it refers to: `item.order`.

    It holds what the row held when it was made. A column that has the name of a method of mappings,
    as `items`, is reached by `row["items"]` alone.
    """

    __slots__ = ("_columns", "_key", "_parents", "_table")

    def __init__(
        self,
        table: str,
        columns: Mapping[str, Any],
        key: tuple[str, ...] = (),
        parents: Mapping[str, Made] | None = None,
    ) -> None:
        self._table = table
        self._columns = dict(columns)
        self._key = key
        self._parents = dict(parents or {})

    @classmethod
    def table_of(cls, row: Made) -> str:
        """The table that a row is of."""
        return row._table

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._columns:
            return self._columns[name]
        if name in self._parents:
            return self._parents[name]
        known = ", ".join([*self._columns, *self._parents])
        raise AttributeError(f"a row of {self._table} has no {name!r}; it has: {known}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._columns, *self._parents]

    def __eq__(self, other: object) -> bool:
        """Two made rows are equal where they are one row; else every column is compared."""
        if isinstance(other, Made):
            return self._identity == other._identity
        return isinstance(other, Mapping) and self._columns == dict(other)

    def __hash__(self) -> int:
        return hash((self._table, repr(self._identity)))

    @property
    def _identity(self) -> tuple[str, object]:
        if self._key:
            return self._table, tuple(self._columns[each] for each in self._key)
        return self._table, sorted((name, repr(value)) for name, value in self._columns.items())

    def __repr__(self) -> str:
        shown = (f"{name}={_short(value)}" for name, value in self._columns.items())
        return f"<{self._table} {' '.join(shown)}>"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
