"""Whether what was stored is what the document forbids.

Lenient readers take "5" for 5, cut what is too long, and leave out what they do not know: what
they store is right. So an accepted request is judged by its rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from seamproof.analysis.landing import Landing, same_value
from seamproof.core.history import RowChange
from seamproof.core.model import Json, Step
from seamproof.core.probe import Probe
from seamproof.core.secrecy import redacted

_LONG = 5
"""Characters from which on a text in a document column is that of the request."""
_MISSING = object()
_BY_ITSELF = frozenset({"required", "null"})
"""Constraints that NULL breaks."""


class Kept(StrEnum):
    """What became of a forbidden value."""

    AS_IT_IS = "as it is"
    """It is in a row: what the document forbids is stored."""
    OTHERWISE = "otherwise"
    """Its column has something that the document allows."""
    AS_LEFT_OUT = "as left out"
    """Its column has what it has where the field is not sent, which the document allows."""
    UNKNOWN = "unknown"
    """It is not known where it would be."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of it, and where."""

    kept: Kept
    table: str = ""
    column: str = ""
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a row that the request wrote."""

    table: str
    column: str
    text: str | None
    new: bool
    """Whether it was not there before."""


def found(probe: Probe, rows: Iterable[RowChange], landing: Landing) -> Found:
    """Look for the forbidden value in the rows that the request wrote."""
    written = [each for each in rows if each.new is not None]
    value = sent_at(probe.act.step, probe.field)
    if probe.constraint == "additionalProperties":
        return _anywhere("unexpected_field", written)
    place = landing.get(probe.field)
    there = list(cells(written, *place)) if place else []
    if probe.constraint in _BY_ITSELF:
        # What was NULL before is not of this request.
        value, there = None, [each for each in there if each.text is not None or each.new]
    for each in there:
        if _is(value, each.text):
            return Found(Kept.AS_IT_IS, each.table, each.column, each.text)
    if there:
        first = there[0]
        kept = Kept.UNKNOWN if redacted(first.text) else Kept.OTHERWISE
        return Found(kept, first.table, first.column, first.text)
    if isinstance(value, str) and len(value) >= _LONG:
        return _anywhere(value, written)
    return Found(Kept.UNKNOWN)


def sent_at(step: Step, field: str) -> Json:
    """The value of a field of a step; nothing that can be stored where it has none."""
    place, _, rest = field.partition(" ")
    if place == "body":
        whole: Json = step.json
        if whole is None:
            whole = step.form if step.form is not None else step.multipart
        for name in filter(None, rest.removeprefix("/").split("/")):
            if isinstance(whole, dict) and name in whole:
                whole = whole[name]
            elif isinstance(whole, list) and name.isdecimal() and int(name) < len(whole):
                whole = whole[int(name)]
            else:
                return _MISSING
        return whole
    parts = {"path": step.path_parameters, "query": step.query, "header": step.headers}
    return parts.get(place, {}).get(rest, _MISSING)


def cells(rows: Iterable[RowChange], table: str, column: str) -> Iterator[Cell]:
    """The cells of a column in the rows that are there."""
    for row in rows:
        if row.table == table and row.new is not None and column in row.new:
            text = row.new[column]
            yield Cell(table, column, text, row.old is None or row.old.get(column) != text)


def _is(value: Json, text: str | None) -> bool:
    if isinstance(value, dict | list):
        return text is not None and _parsed(text) == value
    return value is not _MISSING and same_value(value, text)


def _anywhere(text: str, rows: Iterable[RowChange]) -> Found:
    """A text in any cell, as in a column that keeps a whole document."""
    for row in rows:
        for column, cell in (row.new or {}).items():
            if cell is not None and text in cell:
                return Found(Kept.AS_IT_IS, row.table, column, cell)
    return Found(Kept.UNKNOWN)


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _MISSING
