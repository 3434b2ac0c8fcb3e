"""Changed rows as short lines: `+ orders  id 7  total 40.00`, keys first, bounded.

The evidence carries no catalog, so keys are told by their names, in the order in which the
database lists the columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from seamproof.core.history import Row, RowChange
from seamproof.core.leaves import Leaf, leaves
from seamproof.reports.text import bounded, cells, clip, harmless, pad

_KEY = re.compile(r"(.*_)?(id|uuid|key|code)", re.IGNORECASE)
_COLUMNS = 6
_VALUE = 24


def lines(
    changes: Sequence[RowChange], masked: Collection[str], width: int, most: int
) -> list[str]:
    """Return a line a row, at most `most` lines of at most `width` cells.

    `masked` columns, as `table.column`, are left out: verdicts looked only at whether they are set.
    """
    changes = [_seen(change, masked) for change in changes]
    name = max((cells(harmless(change.table)) for change in changes), default=0)
    drawn = (clip(_line(change, min(name, 32)), width) for change in changes)
    return bounded(drawn, most, "rows")


def without(
    changes: Sequence[RowChange], others: Sequence[RowChange], masked: Collection[str]
) -> list[RowChange]:
    """Return the changes that are not among the others, each of which counts once.

    For the eye: generated keys do not count, so that rows are matched by what they say; of a masked
    column, and of a masked place of a JSON document, only whether it is set.
    """
    waiting = Counter(_content(each, masked) for each in others)
    missing: list[RowChange] = []
    for change in changes:
        content = _content(change, masked)
        if waiting[content]:
            waiting[content] -= 1
        else:
            missing.append(change)
    return missing


def _seen(change: RowChange, masked: Collection[str]) -> RowChange:
    """Leave masked columns out; not where one is NULL or empty, for that was judged."""
    rows = [row for row in (change.old, change.new) if row is not None]
    hidden = {
        name
        for row in rows
        for name in row
        if f"{change.table}.{name}" in masked and all(each.get(name) for each in rows)
    }
    old, new = (
        row and {name: text for name, text in row.items() if name not in hidden}
        for row in (change.old, change.new)
    )
    return replace(change, old=old, new=new)


def _content(change: RowChange, masked: Collection[str]) -> tuple[object, ...]:
    def said(row: Row | None) -> tuple[tuple[str, str | bool | None], ...] | None:
        if row is None:
            return None
        return tuple(
            (place, bool(value) if f"{change.table}.{place}" in masked else value)
            for name, text in sorted(_unkeyed(row))
            for place, value in _places(change.table, name, text, masked)
        )

    return change.table, said(change.old), said(change.new)


def _places(table: str, name: str, text: str | None, masked: Collection[str]) -> Iterable[Leaf]:
    """A column as verdicts look at it: of a JSON document each leaf may be masked by itself."""
    return ((name, text),) if f"{table}.{name}" in masked else leaves(name, text)


def _unkeyed(row: Row) -> Iterator[tuple[str, str | None]]:
    return ((name, value) for name, value in row.items() if not _KEY.fullmatch(name))


def _line(change: RowChange, name: int) -> str:
    sign, values = _values(change)
    return f"{sign} {pad(clip(harmless(change.table), name), name)}  {'  '.join(values)}".rstrip()


def _values(change: RowChange) -> tuple[str, list[str]]:
    if change.old is None:
        return "+", _row(change.new or {})
    if change.new is None:
        return "-", _row(change.old)
    return "~", _difference(change.old, change.new)


def _row(row: Row) -> list[str]:
    names = _keys_first(row)
    shown = [f"{harmless(each)} {_value(row[each])}" for each in names[:_COLUMNS]]
    return [*shown, "…"] if len(names) > _COLUMNS else shown


def _difference(old: Row, new: Row) -> list[str]:
    """Return what names the row, then what changed in it."""
    names = [each for each in _keys_first(new) if old.get(each) == new[each]]
    keys = [each for each in names if _KEY.fullmatch(each)][:1]
    changed = [each for each in new if old.get(each) != new[each]]
    shown = [f"{harmless(each)} {_value(new[each])}" for each in keys]
    shown += [
        f"{harmless(each)} {_value(old.get(each))} -> {_value(new[each])}"
        for each in changed[:_COLUMNS]
    ]
    return [*shown, "…"] if len(changed) > _COLUMNS else shown


def _keys_first(row: Row) -> list[str]:
    """Order the columns: `id`, other keys, the rest; each as the database lists them."""
    return sorted(row, key=lambda name: (name.lower() != "id", _KEY.fullmatch(name) is None))


def _value(value: str | None) -> str:
    if value is None:
        return "NULL"
    return clip(harmless(value), _VALUE) if value else "''"
