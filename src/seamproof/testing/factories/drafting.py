"""A row in the making, and the database that it is made in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seamproof.core.catalog import Catalog, Column, Stored, Table
from seamproof.testing.factories.conditions import disordered
from seamproof.testing.factories.giving import Given
from seamproof.testing.factories.inserting import Connection
from seamproof.testing.factories.made import Made
from seamproof.testing.factories.values import above, below

Password = Callable[[Table, str], str | None]


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


def needed(column: Column) -> bool:
    """Whether a row cannot be without it, and the database does not fill it."""
    computed = column.generated or column.identity or column.default is not None
    return not column.nullable and not computed


def arrange(draft: Draft) -> None:
    """What ends comes after what begins, as far as the test has not said otherwise."""
    for less, more in disordered(draft.table, draft.values):
        if more not in draft.given.values:
            draft.values[more] = above(draft.values[less])
        elif less not in draft.given.values:
            draft.values[less] = below(draft.values[more])
