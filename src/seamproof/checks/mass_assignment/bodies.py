"""Where in a body the fields of a table stand, and the body with more of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from seamproof.checks.mass_assignment.protected import plain
from seamproof.core.catalog import Table
from seamproof.core.model import Json, Step

Path: TypeAlias = tuple[str | int, ...]
_DEPTH = 4


def body_of(step: Step) -> dict[str, Json] | None:
    """The body as fields: JSON or a form; None for any other."""
    if isinstance(step.json, dict):
        return step.json
    return step.form


def place(body: Mapping[str, Json], table: Table) -> Path:
    """The object whose fields are called most like the table's columns; the outermost of equals."""
    columns = {plain(each.name) for each in table.columns}
    columns |= {each.removesuffix("id") for each in columns}

    def likeness(path: Path) -> int:
        return len(columns & {plain(name) for name in _at(body, path)})

    return max(_objects(body, (), _DEPTH), key=likeness)


def adding(step: Step, path: Path, fields: Mapping[str, Json]) -> Step:
    """The step whose body has more fields in the object there."""
    body = body_of(step)
    assert body is not None
    more = _with(body, path, fields)
    return replace(step, json=more) if isinstance(step.json, dict) else replace(step, form=more)


def spelled(column: str, body: Mapping[str, Json]) -> str:
    """A column as a field of this body is written: in camel case where others are."""
    names = list(_names(body))
    camel = any(name != name.lower() and "_" not in name for name in names)
    if not camel or "_" not in column:
        return column
    first, *rest = column.split("_")
    return first + "".join(each.capitalize() for each in rest)


def _objects(value: Json, path: Path, depth: int) -> Iterator[Path]:
    if isinstance(value, Mapping):
        yield path
        if depth:
            for name, each in value.items():
                yield from _objects(each, (*path, str(name)), depth - 1)
    elif isinstance(value, list) and value and depth:
        yield from _objects(value[0], (*path, 0), depth - 1)


def _names(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)


def _at(value: Json, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _with(value: Json, path: Path, fields: Mapping[str, Json]) -> Any:
    if not path:
        return {**value, **fields}
    copied: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copied[path[0]] = _with(value[path[0]], path[1:], fields)
    return copied
