"""Fields that are stored inside of a column: of JSON, of an array, of a text that is JSON.

{"settings": {"rate": 4.35}}   settings jsonb       {"rate": 4.35}
{"prices": [19.99, 0.3]}       prices   numeric[]   {19.99,0.30}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from seamproof.analysis.landing import column_of
from seamproof.analysis.values import MISSING, at
from seamproof.core.catalog import Column
from seamproof.core.history import History
from seamproof.core.model import Json
from seamproof.core.subject import Subject

Path = tuple[str | int, ...]

_MOST = 12
"""Leaves that are looked at."""
_DEPTH = 4
"""Levels of lists and objects that are looked into."""
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",{}]*)')


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of the body, and where it stands in which column."""

    path: Path
    inner: Path
    table: str
    column: Column
    """With the type of what stands there."""


def leaves(subject: Subject, clean: History) -> Iterator[Leaf]:
    """The fields of the act whose lists and objects a clean run has stored as a whole."""
    try:
        body = json.loads(clean.section.exchange.request.body)
    except ValueError:
        return
    count = 0
    for path, value in _containers((), body):
        found = _stored(subject, clean, value)
        if found is None:
            continue
        table, column = found
        for inner, leaf in _scalars((), value):
            kind = column.type.removesuffix("[]") if column.type.endswith("[]") else _kind(leaf)
            if kind and count < _MOST:
                count += 1
                yield Leaf((*path, *inner), inner, table, Column(column.name, kind))


def inside(text: str | None, inner: Path) -> Json:
    """What stands at a place of a column's text, numbers as they are written; MISSING where nothing
    does."""
    whole = parsed(text)
    return MISSING if whole is MISSING else at(whole, inner)


def parsed(text: str | None) -> Json:
    """A column's text as a list or an object; MISSING where it is neither."""
    if text is None or text[:1] not in ("{", "["):
        return MISSING
    try:
        found = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return _array(text)
    # Both an object without fields and an array without elements.
    return [] if found == {} else found


def _array(text: str) -> Json:
    """An array of one dimension, as PostgreSQL prints it (manual, section 8.15.6)."""
    if not text.startswith("{") or not text.endswith("}"):
        return MISSING
    found: list[str | None] = []
    start, end = 1, len(text) - 1
    while start <= end:
        element = _ELEMENT.match(text, start, end)
        if element is None:
            return MISSING
        quoted, bare = element.groups()
        if quoted is not None:
            found.append(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
        else:
            found.append(None if bare.upper() == "NULL" else bare)
        if element.end() < end and text[element.end()] != ",":
            return MISSING
        start = element.end() + 1
    return found


def _containers(path: Path, value: Json) -> Iterator[tuple[Path, Json]]:
    """The lists and objects of a body, the outer ones first, without what is empty."""
    if not isinstance(value, dict | list) or not value or len(path) > _DEPTH:
        return
    if path:
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for name, each in items:
        yield from _containers((*path, name), each)


def _scalars(path: Path, value: Json) -> Iterator[tuple[Path, Json]]:
    """The fields of a list or an object, of lists the first element alone."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value[:1])
        for name, each in items:
            yield from _scalars((*path, name), each)
    elif value is not None and not isinstance(value, bool):
        yield path, value


def _stored(subject: Subject, clean: History, value: Json) -> tuple[str, Column] | None:
    """The column that holds a list or an object as a whole."""
    for change in clean.section.changes.rows:
        for name, text in (change.new or {}).items():
            column = column_of(subject.catalog, change.table, name)
            if column is None or f"{change.table}.{name}" in subject.profile.volatile:
                continue
            whole = parsed(text)
            if whole is not MISSING and _holds(whole, value):
                return change.table, column
    return None


def _holds(stored: Json, sent: Json) -> bool:
    """Whether what is stored has all that was sent; more fields may be the service's own."""
    if isinstance(sent, dict):
        return isinstance(stored, dict) and all(
            name in stored and _holds(stored[name], each) for name, each in sent.items()
        )
    if isinstance(sent, list):
        if not isinstance(stored, list) or len(stored) != len(sent):
            return False
        return all(map(_holds, stored, sent))
    if isinstance(stored, dict | list):
        return False
    if isinstance(sent, int | float) and not isinstance(sent, bool):
        try:
            return Decimal(str(stored)) == Decimal(str(sent))
        except InvalidOperation:
            return False
    if isinstance(sent, str) and _MOMENT.match(sent):
        # Times have many forms.
        return isinstance(stored, str) and _MOMENT.match(stored) is not None
    return bool(stored == sent)


def _kind(leaf: Json) -> str:
    """The type of a column for what is JSON."""
    if isinstance(leaf, float):
        return "double precision"
    if isinstance(leaf, int):
        return "bigint"
    return "timestamp with time zone" if _MOMENT.match(leaf) else "text"
