"""Objects of fields with their messages.

    {"email": ["This field is required."], "items": [{"count": ["A valid integer is required."]}]}

Django REST framework and Rails have them bare; Laravel, ASP.NET and Rails under `errors`;
marshmallow under the part of the request; Django's own forms with `message` and `code`; zod's
flattened errors under `fieldErrors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.saying import PLACES, say
from seamproof.core.model import Json

_WHOLE = frozenset(
    {"non_field_errors", "__all__", "base", "formErrors", "_schema", "nonFieldErrors", "root"}
)
"""Names under which there is what is wrong with the object and no field of it."""
_HEADS = frozenset({"detail", "details", "message", "error", "errors"})
"""Names of the whole answer's own words, where no field is called so."""
_UNDER = ("errors", "fieldErrors", "field_errors", "messages", "error", "detail", "details")
_FIELDS = ("fieldErrors", "field_errors")
_MOST = 50
_DEPTH = 8


def read(body: Json) -> list[Complaint]:
    """The complaints of such an object; none where the body is none."""
    if not isinstance(body, Mapping):
        return []
    for name in _UNDER:
        inner = body.get(name)
        if isinstance(inner, Mapping) and inner and not _is_entry(inner):
            found = read(inner) if any(each in inner for each in _FIELDS) else _read(inner)
            if found:
                return found
    fields = {
        name: value
        for name, value in body.items()
        if name not in _HEADS and isinstance(value, list | Mapping)
    }
    return _read(fields) if _holds_messages(fields, 0) else []


def _read(fields: Mapping[str, Json]) -> list[Complaint]:
    found: list[Complaint] = []
    for complaint in _walk(fields, None, (), 0):
        found.append(complaint)
        if len(found) >= _MOST:
            break
    return found


def _walk(value: Json, place: Where, path: Steps, depth: int) -> Iterator[Complaint]:
    if depth > _DEPTH:
        return
    if _is_messages(value):
        for message in value:
            yield _message(message, place, path)
    elif isinstance(value, str) and depth:
        yield say(value, place, path)
    elif path and isinstance(value, Mapping) and isinstance(value.get("message"), str):
        yield _message(value, place, path)
    elif isinstance(value, list):
        for index, each in enumerate(value[:_MOST]):
            yield from _walk(each, place, (*path, index), depth + 1)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if not isinstance(name, str):
                continue
            if name in _WHOLE:
                yield from _walk(each, place, path, depth + 1)
            elif not path and place is None and isinstance(each, Mapping) and name in PLACES:
                yield from _walk(each, PLACES[name], path, depth + 1)
            else:
                step: Steps = wording.steps(name) if not path else (_index(name),)
                yield from _walk(each, place, (*path, *step), depth + 1)


def _index(name: str) -> str | int:
    """A list's errors may be an object of indexes (marshmallow)."""
    return int(name) if name.isdecimal() and len(name) < 6 else name


def _message(message: Json, place: Where, path: Steps) -> Complaint:
    if isinstance(message, Mapping):
        code = message.get("code")
        kind = _CODES.get(code) if isinstance(code, str) else None
        return say(message.get("message"), place, path, kind=kind)
    return say(message, place, path)


_CODES = {
    "required": ComplaintKind.MISSING,
    "null": ComplaintKind.MISSING,
    "blank": ComplaintKind.MISSING,
    "unique": ComplaintKind.NOT_UNIQUE,
    "invalid_choice": ComplaintKind.CHOICE,
    "does_not_exist": ComplaintKind.NO_SUCH,
    "min_length": ComplaintKind.TOO_SHORT,
    "max_length": ComplaintKind.TOO_LONG,
    "min_value": ComplaintKind.TOO_SMALL,
    "max_value": ComplaintKind.TOO_LARGE,
}
"""Codes of Django's and Django REST framework's errors."""


def _holds_messages(value: Json, depth: int) -> bool:
    if depth > _DEPTH or not isinstance(value, list | Mapping):
        return False
    inner = list(value.values()) if isinstance(value, Mapping) else value
    return _is_messages(value) or any(_holds_messages(e, depth + 1) for e in inner[:_MOST])


def _is_messages(value: Json) -> bool:
    """Whether it is a list of texts, or of texts with their codes."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(each, str)
            or (isinstance(each, Mapping) and isinstance(each.get("message"), str))
            for each in value[:_MOST]
        )
    )


def _is_entry(value: Mapping[str, Json]) -> bool:
    """Whether it is one error with its own words, and no object of fields."""
    return isinstance(value.get("message"), str) or isinstance(value.get("code"), str | int)
