"""What the database looks like, read once from its own catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from seamproof.core.model import Json

Stored: TypeAlias = Mapping[str, tuple[Mapping[str, Json], ...]]
"""Some rows of each table as JSON values by column, in the order of the primary key: the state that
every experiment starts from. `{row.users.0.id}` in a step is the first one's `id`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalog declares it."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    generated: bool = False
    """Computed by the database from other columns."""
    identity: bool = False
    values: tuple[str, ...] = ()
    """The labels of an enumerated type."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of one table that name a row of another."""

    columns: tuple[str, ...]
    references: str
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, named as everywhere else: qualified where it is not in the first schema."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    constraints: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Each constraint and unique index by its name, with the columns that it is about."""
    conditions: tuple[str, ...] = ()
    """The expressions of its CHECK constraints, as the catalog prints them."""
    triggers: tuple[str, ...] = ()
    """What the functions say that its triggers call."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every table that the service can write."""

    tables: dict[str, Table] = field(default_factory=dict)

    def key_of(self, table: str) -> tuple[str, ...]:
        """The table's primary key, empty where it has none or is not known."""
        found = self.tables.get(table)
        return found.primary_key if found else ()
