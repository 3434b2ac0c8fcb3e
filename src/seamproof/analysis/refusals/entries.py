"""Lists of errors with a message and a place each, whatever they call the two.

{"errors": [{"msg": "Invalid value", "path": "email", "location": "body"}]}      express-validator
{"errors": [{"detail": "must be positive", "pointer": "#/age"}]}                 RFC 9457
{"invalid-params": [{"name": "age", "reason": "must be positive"}]}              RFC 7807
{"errors": [{"field": "email", "defaultMessage": "must not be blank"}]}          Spring
{"violations": [{"propertyPath": "email", "message": "This value is ..."}]}      API Platform
{"details": [{"message": "\\"name\\" is required", "path": ["name"]}]}             Joi
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.saying import PLACES, say
from seamproof.core.model import Json

_MESSAGES = (
    "message",
    "msg",
    "defaultMessage",
    "detail",
    "reason",
    "description",
    "error",
    "errorMessage",
    "title",
)
_PATHS = (
    "pointer",
    "instancePath",
    "dataPath",
    "propertyPath",
    "path",
    "field",
    "param",
    "property",
    "loc",
    "key",
    "name",
    "parameter",
    "attribute",
    "source",
    "location",
)
_PARTS = ("location", "in", "source", "segment", "target")
_CONSTRAINTS = "constraints"
"""Of class-validator, which NestJS shows where it is asked to: rule to message."""
_MOST = 50
_DEPTH = 6


def found(body: Json) -> list[Mapping[str, Json]]:
    """The first list of objects in a body in which each has a message."""
    return _found(body, 0)


def _found(value: Json, depth: int) -> list[Mapping[str, Json]]:
    if depth > _DEPTH:
        return []
    if isinstance(value, list):
        entries = [each for each in value[:_MOST] if isinstance(each, Mapping)]
        if entries and all(_message(each) is not None for each in entries):
            only = entries[0] if len(entries) == 1 and _located(entries[0]) == (None, ()) else {}
            return _found(only.get("errors"), depth + 1) or entries
        return next(filter(None, (_found(each, depth + 1) for each in value[:_MOST])), [])
    if isinstance(value, Mapping):
        return next(filter(None, (_found(e, depth + 1) for e in list(value.values())[:_MOST])), [])
    return []


def read(entries: list[Mapping[str, Json]]) -> list[Complaint]:
    """The complaints of entries of any kind."""
    return [complaint for each in entries for complaint in _complaints(each)]


def _complaints(entry: Mapping[str, Json]) -> list[Complaint]:
    fields = entry.get("fields")
    if entry.get("type") == "unknown_fields" and isinstance(fields, list):
        return [
            say(entry.get("msg"), *_located(each), kind=ComplaintKind.UNEXPECTED)
            for each in fields[:_MOST]
            if isinstance(each, Mapping)
        ]
    place, path = _located(entry)
    constraints = entry.get(_CONSTRAINTS)
    if isinstance(constraints, Mapping):
        return [say(each, place, path) for each in list(constraints.values())[:_MOST]]
    nested = entry.get("nestedErrors")
    if isinstance(nested, list) and nested:
        return read([each for each in nested[:_MOST] if isinstance(each, Mapping)])
    return [say(_message(entry), place, path, wanted=_allowed(entry))]


def _message(entry: Mapping[str, Json]) -> str | None:
    if isinstance(entry.get(_CONSTRAINTS), Mapping):
        return ""
    return next((entry[each] for each in _MESSAGES if isinstance(entry.get(each), str)), None)


def _located(entry: Mapping[str, Json]) -> tuple[Where, Steps]:
    place: Where = None
    for name in _PARTS:
        part = entry.get(name)
        if isinstance(part, str) and part.lower() in PLACES:
            place = PLACES[part.lower()]
            break
    path: Steps = ()
    for name in _PATHS:
        value = entry.get(name)
        if isinstance(value, list) and value:
            path = tuple(each for each in value[:40] if isinstance(each, str | int))
            break
        if isinstance(value, str) and value and not (name in _PARTS and value.lower() in PLACES):
            # A name with a space is a sentence or a title.
            path = () if " " in value else wording.steps(value)
            break
    if path and place is None and isinstance(path[0], str) and len(path) > 1:
        place = PLACES.get(path[0]) if path[0] in ("body", "query", "params", "headers") else None
        path = path[1:] if place else path
    return place, path


def _allowed(entry: Mapping[str, Json]) -> Json:
    """The values of a choice: Joi has them beside the message."""
    context = entry.get("context")
    valids = context.get("valids") if isinstance(context, Mapping) else None
    return valids[:100] if isinstance(valids, list) else None
