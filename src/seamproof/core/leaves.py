"""The leaves of a JSON text, and of a column that may have one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

Leaf: TypeAlias = tuple[str, str | None]
"""A path and the text there. Array places have no number: `data.$.items[].id`."""

_DEPTH = 40


def _walk(path: str, value: Any, depth: int) -> Iterator[Leaf]:
    if isinstance(value, dict) and value and depth < _DEPTH:
        for key in sorted(value):
            yield from _walk(f"{path}.{key}", value[key], depth + 1)
    elif isinstance(value, list) and value and depth < _DEPTH:
        for each in value:
            yield from _walk(f"{path}[]", each, depth + 1)
    elif value is None or isinstance(value, str):
        yield path, value
    else:
        yield path, json.dumps(value, sort_keys=True)


@lru_cache(maxsize=4096)
def json_leaves(text: str) -> tuple[Leaf, ...] | None:
    """The leaves of a JSON object or array in document order; None where it is neither."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return tuple(_walk("$", value, 0))


def leaves(column: str, text: str | None) -> tuple[Leaf, ...]:
    """A column's value as leaves: one, or for a JSON document each of its own."""
    inside = json_leaves(text) if text else None
    if inside is None:
        return ((column, text),)
    return tuple((f"{column}.{path}", value) for path, value in inside)
