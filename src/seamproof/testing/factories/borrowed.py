"""Rows by the factories of other libraries: they build, and what they build is written here.

factory_boy and polyfactory write by a session of their own model's library. Built only, an object
of any of these is a set of columns and of other objects that it refers to:

    SQLAlchemy   mapper.column_attrs, many-to-one relationships
    Django       _meta.concrete_fields
    others       attributes of a dataclass, pydantic or attrs; a mapping
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from seamproof.testing.factories.made import Made

if TYPE_CHECKING:
    from seamproof.core.catalog import Table
    from seamproof.testing.factories.make import Make


class Borrowed:
    """Makes rows by somebody else's factory."""

    def __init__(self, make: Make, factory: Any, table: str = "") -> None:
        if not callable(getattr(factory, "build", None)):
            raise TypeError(f"{factory!r} has no build(), as factory_boy and polyfactory have")
        self._make = make
        self._factory = factory
        self._table = table

    def __call__(self, *arguments: Any, **columns: Any) -> Made:
        """One row of what the factory builds with these."""
        return self._written(self._factory.build(*arguments, **columns), self._table, {})

    def batch(self, count: int, /, **columns: Any) -> list[Made]:
        """So many rows."""
        return [self(**columns) for _ in range(count)]

    def _written(self, built: Any, table: str, written: dict[int, Made]) -> Made:
        known = written.get(id(built))
        if known is not None:
            return known
        name = table or _table(built) or type(built).__name__
        factory = self._make.of(name)
        columns = {
            column: value
            for column, value in _columns(built)
            if value is not None or not _computed(factory.table, column)
        }
        for keys, parent in _parents(built):
            columns.update(self._referring(keys, self._written(parent, "", written)))
        written[id(built)] = row = factory(**columns)
        return row

    @staticmethod
    def _referring(keys: Mapping[str, str], parent: Made) -> dict[str, Any]:
        return {column: parent[referenced] for column, referenced in keys.items()}


def _computed(table: Table, column: str) -> bool:
    """Whether the database fills a column that an object does not have yet."""
    found = next((each for each in table.columns if each.name == column), None)
    if found is None:
        return False
    return bool(found.identity or found.generated or found.default) or not found.nullable


def _table(built: Any) -> str:
    if (meta := getattr(built, "_meta", None)) is not None and hasattr(meta, "db_table"):
        return str(meta.db_table)
    if (mapper := _mapper(built)) is not None:
        return str(mapper.local_table.fullname)
    return str(getattr(built, "__tablename__", ""))


def _mapper(built: Any) -> Any:
    """SQLAlchemy's mapper of an object; None where it has none."""
    return getattr(type(built), "__mapper__", None)


def _columns(built: Any) -> Iterator[tuple[str, Any]]:
    """The columns of an object with their values, as far as it has any."""
    if isinstance(built, Mapping):
        yield from built.items()
    elif (mapper := _mapper(built)) is not None:
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            if attribute.key in built.__dict__:
                yield column.name, built.__dict__[attribute.key]
            elif column.default is not None and column.default.is_scalar:
                yield column.name, column.default.arg
    elif hasattr(built, "_meta") and hasattr(built._meta, "concrete_fields"):
        for field in built._meta.concrete_fields:
            yield field.column, getattr(built, field.attname)
    elif dataclasses.is_dataclass(built):
        yield from ((each.name, getattr(built, each.name)) for each in dataclasses.fields(built))
    elif hasattr(type(built), "model_fields"):
        yield from ((name, getattr(built, name)) for name in type(built).model_fields)
    else:
        yield from vars(built).items()


def _parents(built: Any) -> Iterator[tuple[Mapping[str, str], Any]]:
    """The objects that one refers to, each with the columns that do."""
    if (mapper := _mapper(built)) is not None:
        for each in mapper.relationships:
            parent = built.__dict__.get(each.key)
            if each.direction.name == "MANYTOONE" and parent is not None:
                yield {own.name: other.name for own, other in each.local_remote_pairs}, parent
    elif hasattr(built, "_meta") and hasattr(built._meta, "concrete_fields"):
        for field in built._meta.concrete_fields:
            if field.is_relation and field.is_cached(built):
                parent = field.get_cached_value(built)
                if parent is not None:
                    yield {field.column: field.target_field.column}, parent
