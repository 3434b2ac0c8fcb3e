"""Errors that an answer tells of: which fields it names, in the shapes that services use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seamproof.core.model import Json

_PLACES = ("body", "query", "path", "header", "cookie")
"""What FastAPI puts before the field."""
_FIELD = ("field", "name", "param", "property", "path", "pointer", "loc", "instancePath")
_MORE = ("errors", "detail", "details", "invalid_params", "invalid-params", "violations", "issues")


def fields(body: Json) -> frozenset[str]:
    """The fields that an error's body names, `items[0].quantity` also as `quantity`."""
    found: set[str] = set()
    for name in _named(body):
        found.add(name)
        found.add(name.rpartition(".")[2])
    return frozenset(found)


def _named(value: Json, depth: int = 0) -> Iterator[str]:
    if depth > 6:
        return
    if isinstance(value, list):
        for each in value:
            yield from _named(each, depth + 1)
        return
    if not isinstance(value, Mapping):
        return
    for key in _FIELD:
        if key in value:
            yield from _place(value[key])
    for key in (*_MORE, "source", "error"):
        inner = value.get(key)
        if isinstance(inner, Mapping) and not any(each in inner for each in (*_FIELD, *_MORE)):
            # Django and Rails: {"errors": {"quantity": ["must be positive"]}}
            yield from (str(name) for name in inner)
        yield from _named(inner, depth + 1)
    if depth == 0 and not any(key in value for key in (*_MORE, "error", "title")):
        # Django REST framework: {"quantity": ["must be positive"]}
        yield from (str(name) for name, each in value.items() if isinstance(each, list))


def _place(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        parts = [each for each in value.replace("/", ".").strip("#.").split(".") if each]
        yield _joined(parts)
    elif isinstance(value, list):
        yield _joined(value)


def _joined(parts: list[Json]) -> str:
    """`["body", "items", 0, "quantity"]` as `items[0].quantity`."""
    named = ""
    for place, part in enumerate(parts):
        if place == 0 and part in _PLACES and len(parts) > 1:
            continue
        if isinstance(part, int) or (isinstance(part, str) and part.isdecimal()):
            named += f"[{part}]"
        else:
            named += f".{part}" if named else str(part)
    return named
