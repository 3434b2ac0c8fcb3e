"""Errors of Ajv, and of the OpenAPI validators that are built on it.

    {"instancePath": "/items/0", "keyword": "required", "params": {"missingProperty": "id"},
     "message": "must have required property 'id'"}

The keyword and its `params` say what is wanted; the words only repeat them.
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.saying import PLACES, say
from seamproof.core.model import Json

K = ComplaintKind

_KINDS = {
    "required": K.MISSING,
    "additionalProperties": K.UNEXPECTED,
    "unevaluatedProperties": K.UNEXPECTED,
    "type": K.TYPE,
    "enum": K.CHOICE,
    "const": K.CHOICE,
    "minLength": K.TOO_SHORT,
    "minItems": K.TOO_SHORT,
    "minProperties": K.TOO_SHORT,
    "maxLength": K.TOO_LONG,
    "maxItems": K.TOO_LONG,
    "maxProperties": K.TOO_LONG,
    "minimum": K.TOO_SMALL,
    "exclusiveMinimum": K.TOO_SMALL,
    "maximum": K.TOO_LARGE,
    "exclusiveMaximum": K.TOO_LARGE,
    "format": K.FORMAT,
    "pattern": K.PATTERN,
    "uniqueItems": K.OTHER,
}
_NAMED = ("missingProperty", "additionalProperty", "unevaluatedProperty")
_WANTED = ("allowedValues", "allowedValue", "type", "format", "pattern", "limit")
_ALTERNATIVES = frozenset({"anyOf", "oneOf", "if", "not"})
"""Keywords that only say that what is under them failed."""


def read(entries: list[Mapping[str, Json]]) -> list[Complaint]:
    """The complaints of entries that are all Ajv's; none where they are not."""
    if not entries or not all(_is_ajv(each) for each in entries):
        return []
    told = [each for each in entries if each["keyword"] not in _ALTERNATIVES] or entries
    return [_complaint(each) for each in told]


def _is_ajv(entry: Mapping[str, Json]) -> bool:
    pathed = isinstance(entry.get("instancePath", entry.get("dataPath")), str)
    return isinstance(entry.get("keyword"), str) and pathed


def _complaint(entry: Mapping[str, Json]) -> Complaint:
    kind = _KINDS.get(entry["keyword"])
    params = entry.get("params")
    params = params if isinstance(params, Mapping) else {}
    place, path = _located(entry.get("instancePath", entry.get("dataPath")))
    missing = next((params[each] for each in _NAMED if isinstance(params.get(each), str)), None)
    if missing is not None:
        path = (*path, *wording.steps(missing))
    wanted = next((params[each] for each in _WANTED if each in params), None)
    if kind is K.CHOICE and wanted is not None and not isinstance(wanted, list):
        wanted = [wanted]
    if kind is K.TYPE and isinstance(wanted, list | str):
        first = wanted[0] if isinstance(wanted, list) and wanted else wanted
        wanted = first.split(",")[0] if isinstance(first, str) else None
    return say(entry.get("message"), place, path or (), kind=kind, wanted=wanted)


def _located(path: Json) -> tuple[Where, Steps]:
    """`/body/items/0` of the OpenAPI validators has the part of the request before the field."""
    steps = wording.steps(path) if isinstance(path, str) else ()
    if steps and isinstance(steps[0], str) and steps[0] in ("body", "query", "params", "headers"):
        return PLACES[steps[0]], steps[1:]
    return None, steps
