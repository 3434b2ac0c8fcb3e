"""Rows that changed, as values that compare: `changed == {"orders": inserted(1)}`.

What counts is the net: a row that was inserted and then updated is inserted; one that was written
and put back is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seamproof.analysis.changes import net, paired
from seamproof.core.catalog import Catalog
from seamproof.core.history import Changes, Row, RowChange

if TYPE_CHECKING:
    from seamproof.testing.values import Values

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """How many rows, and what their columns are to hold: of updated ones as `(old, new)`."""

    kind: str
    count: int
    columns: Columns = field(default_factory=dict)

    def __repr__(self) -> str:
        arguments = [str(self.count)] if self.count != 1 or not self.columns else []
        arguments += [f"{name}={value!r}" for name, value in self.columns.items()]
        return f"{self.kind}({', '.join(arguments)})"

    def __and__(self, other: Rows | Expected) -> Expected:
        return Expected((self,)) & other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return NotImplemented
        mine = (self.kind, self.count, dict(self.columns))
        return mine == (other.kind, other.count, dict(other.columns))

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Expected:
    """Several kinds of changes of one table: `inserted(2) & deleted(1)`."""

    parts: tuple[Rows, ...]

    def __repr__(self) -> str:
        return " & ".join(map(repr, self.parts))

    def __and__(self, other: Rows | Expected) -> Expected:
        return Expected((*self.parts, *(other.parts if isinstance(other, Expected) else (other,))))


def inserted(count: int = 1, /, **columns: Any) -> Rows:
    """Rows that are there and were not. Each has these values in these columns."""
    return Rows("inserted", count, columns)


def updated(count: int = 1, /, **columns: Any) -> Rows:
    """Rows that differ. In each these columns changed, `stock=(10, 7)`, or hold a value now."""
    return Rows("updated", count, columns)


def deleted(count: int = 1, /, **columns: Any) -> Rows:
    """Rows that were there and are not. Each had these values in these columns."""
    return Rows("deleted", count, columns)


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """One row before and after, as Python's values; None where it is not there."""

    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    change: RowChange
    """The same as the server prints it."""

    @property
    def kind(self) -> str:
        """What became of it."""
        if self.old is None:
            return "inserted"
        return "deleted" if self.new is None else "updated"

    def shows(self, columns: Columns) -> bool:
        """Whether it holds what is expected of its columns."""
        return all(self._holds(name, expected) for name, expected in columns.items())

    def _holds(self, name: str, expected: Any) -> bool:
        old, new = self.change.old, self.change.new
        if self.kind == "updated" and isinstance(expected, tuple) and len(expected) == 2:
            before, after = expected
            return _same(self.old, old, name, before) and _same(self.new, new, name, after)
        if self.new is not None:
            return _same(self.new, new, name, expected)
        return _same(self.old, old, name, expected)

    def __str__(self) -> str:
        if self.old is None or self.new is None:
            row = self.new if self.new is not None else self.old
            return f"{self.kind} {_shown(row or {})}"
        moved = {
            name: (self.old.get(name), value)
            for name, value in self.new.items()
            if self.old.get(name) != value
        }
        return f"updated {_shown(moved)}"


def _same(row: Mapping[str, Any] | None, texts: Row | None, name: str, expected: Any) -> bool:
    """Whether a column holds a value, as Python has it or as the server prints it."""
    if row is None or texts is None or name not in row:
        return False
    return bool(row[name] == expected) or (expected is not None and texts[name] == str(expected))


def _shown(row: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value!r}" for name, value in row.items())


class Changed(Mapping[str, Sequence[ChangedRow]]):
    """The rows that changed in a block, by table; filled when the block ends.

    Compares with a mapping of tables to `inserted(…)`, `updated(…)` and `deleted(…)`: every change
    must be named there, and nothing else.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._tables: dict[str, list[ChangedRow]] | None = None

    def settle(self, changes: Changes, catalog: Catalog, values: Values) -> None:
        """Take what has changed."""
        halves = [
            RowChange(table, None, row) if sign == "+" else RowChange(table, row, None)
            for table, sign, row in net(changes)
        ]
        self._tables = {}
        for change in paired(halves, catalog):
            convert = values.of(change.table)
            row = ChangedRow(convert(change.old), convert(change.new), change)
            self._tables.setdefault(change.table, []).append(row)

    @property
    def _rows(self) -> dict[str, list[ChangedRow]]:
        if self._tables is None:
            raise RuntimeError("what changed is known when the block `with db.changes()` has ended")
        return self._tables

    def __getitem__(self, table: str) -> Sequence[ChangedRow]:
        return self._rows[table]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Mapping):
            return not self.differences(other)
        return NotImplemented

    def __repr__(self) -> str:
        if self._tables is None:
            return "<changes: the block has not ended>"
        return "{" + ", ".join(f"{name!r}: {self._summary(name)}" for name in self) + "}"

    def _summary(self, table: str) -> str:
        kinds: dict[str, int] = {}
        for row in self._rows[table]:
            kinds[row.kind] = kinds.get(row.kind, 0) + 1
        return " & ".join(f"{kind}({count})" for kind, count in sorted(kinds.items()))

    def differences(self, expected: Mapping[Any, Any]) -> list[str]:
        """What is not as expected, a line each; nothing where all is."""
        lines: list[str] = []
        for table in sorted({*self._rows, *expected}):
            lines += self._of_table(table, expected.get(table))
        return lines

    def _of_table(self, table: str, expected: object) -> list[str]:
        rows = list(self._rows.get(table, ()))
        if expected is None:
            return [f"{table}: nothing expected, and {each}" for each in rows]
        if not isinstance(expected, Rows | Expected):
            return [f"{table}: {expected!r} is none of inserted(), updated(), deleted()"]
        lines: list[str] = []
        for part in expected.parts if isinstance(expected, Expected) else (expected,):
            fitting = [row for row in rows if row.kind == part.kind and row.shows(part.columns)]
            if len(fitting) < part.count:
                lines.append(f"{table}: expected {part!r}, and there are {len(fitting)} such")
            rows = _without(rows, fitting[: part.count])
        return [*lines, *(f"{table}: not expected: {each}" for each in rows)]


def _without(rows: list[ChangedRow], taken: list[ChangedRow]) -> list[ChangedRow]:
    return [row for row in rows if not any(row is each for each in taken)]
