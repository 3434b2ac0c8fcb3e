"""Lists of errors with a `loc` each: pydantic, and FastAPI, Django Ninja and Litestar above it.

{"detail": [{"type": "missing", "loc": ["body", "email"], "msg": "Field required"}]}
"""

from __future__ import annotations

from collections.abc import Mapping

from seamproof.analysis.refusals import wording
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.saying import PLACES, say
from seamproof.core.model import Json

K = ComplaintKind

_KINDS: dict[str, tuple[ComplaintKind, Json]] = {
    "missing": (K.MISSING, None),
    "value_error.missing": (K.MISSING, None),
    "none.not_allowed": (K.MISSING, None),
    "extra_forbidden": (K.UNEXPECTED, None),
    "extra": (K.UNEXPECTED, None),
    "enum": (K.CHOICE, None),
    "literal_error": (K.CHOICE, None),
    "const": (K.CHOICE, None),
    "union_tag_invalid": (K.CHOICE, None),
    "string_too_short": (K.TOO_SHORT, None),
    "bytes_too_short": (K.TOO_SHORT, None),
    "too_short": (K.TOO_SHORT, None),
    "min_length": (K.TOO_SHORT, None),
    "min_items": (K.TOO_SHORT, None),
    "string_too_long": (K.TOO_LONG, None),
    "bytes_too_long": (K.TOO_LONG, None),
    "too_long": (K.TOO_LONG, None),
    "max_length": (K.TOO_LONG, None),
    "max_items": (K.TOO_LONG, None),
    "greater_than": (K.TOO_SMALL, None),
    "greater_than_equal": (K.TOO_SMALL, None),
    "not_gt": (K.TOO_SMALL, None),
    "not_ge": (K.TOO_SMALL, None),
    "datetime_future": (K.TOO_SMALL, None),
    "date_future": (K.TOO_SMALL, None),
    "less_than": (K.TOO_LARGE, None),
    "less_than_equal": (K.TOO_LARGE, None),
    "not_lt": (K.TOO_LARGE, None),
    "not_le": (K.TOO_LARGE, None),
    "string_pattern_mismatch": (K.PATTERN, None),
    "regex": (K.PATTERN, None),
    "uuid_parsing": (K.FORMAT, "uuid"),
    "uuid_type": (K.FORMAT, "uuid"),
    "uuid_version": (K.FORMAT, "uuid"),
    "uuid": (K.FORMAT, "uuid"),
    "datetime_parsing": (K.FORMAT, "date-time"),
    "datetime_type": (K.FORMAT, "date-time"),
    "datetime_from_date_parsing": (K.FORMAT, "date-time"),
    "datetime": (K.FORMAT, "date-time"),
    "date_parsing": (K.FORMAT, "date"),
    "date_type": (K.FORMAT, "date"),
    "date_from_datetime_parsing": (K.FORMAT, "date"),
    "date": (K.FORMAT, "date"),
    "time_parsing": (K.FORMAT, "time"),
    "time_type": (K.FORMAT, "time"),
    "time_delta_parsing": (K.FORMAT, "duration"),
    "url_parsing": (K.FORMAT, "uri"),
    "url_scheme": (K.FORMAT, "uri"),
    "url_type": (K.FORMAT, "uri"),
    "email": (K.FORMAT, "email"),
    "timezone_aware": (K.FORMAT, "date-time"),
    "json_invalid": (K.FORMAT, "json"),
    "string_type": (K.TYPE, "string"),
    "str": (K.TYPE, "string"),
    "int_type": (K.TYPE, "integer"),
    "int_parsing": (K.TYPE, "integer"),
    "int_from_float": (K.TYPE, "integer"),
    "integer": (K.TYPE, "integer"),
    "float_type": (K.TYPE, "number"),
    "float_parsing": (K.TYPE, "number"),
    "float": (K.TYPE, "number"),
    "decimal_type": (K.TYPE, "number"),
    "decimal_parsing": (K.TYPE, "number"),
    "bool_type": (K.TYPE, "boolean"),
    "bool_parsing": (K.TYPE, "boolean"),
    "bool": (K.TYPE, "boolean"),
    "list_type": (K.TYPE, "array"),
    "tuple_type": (K.TYPE, "array"),
    "set_type": (K.TYPE, "array"),
    "list": (K.TYPE, "array"),
    "dict_type": (K.TYPE, "object"),
    "dict": (K.TYPE, "object"),
    "model_type": (K.TYPE, "object"),
    "model_attributes_type": (K.TYPE, "object"),
    "dataclass_type": (K.TYPE, "object"),
}
"""Error types of pydantic 2, and the last parts of those of pydantic 1, by what they are."""

_LIMITS = ("min_length", "max_length", "gt", "ge", "lt", "le", "limit_value", "pattern")
_MORE = {"gt": 1, "lt": -1}
"""An exclusive bound of pydantic, and the next number beyond it."""


def read(body: Json) -> list[Complaint]:
    """The complaints of such a list; none where the body has none."""
    return [_complaint(error) for error in _errors(body)]


def _errors(body: Json) -> list[Mapping[str, Json]]:
    """The list under the names that frameworks give it."""
    if isinstance(body, Mapping):
        for name in ("detail", "errors", "validation_error", "error", "details"):
            found = _errors(body[name]) if name in body else []
            if found:
                return found
        for name in ("body_params", "query_params", "path_params", "form_params"):
            if isinstance(body.get(name), list):
                return [{**error, "loc": [name, *error["loc"]]} for error in _errors(body[name])]
        return []
    if not isinstance(body, list):
        return []
    return [
        each
        for each in body[:50]
        if isinstance(each, Mapping) and isinstance(each.get("loc"), list) and "msg" in each
    ]


def _complaint(error: Mapping[str, Json]) -> Complaint:
    place, path = _located(error["loc"])
    named = error.get("type")
    named = named if isinstance(named, str) else ""
    kind, wanted = _KINDS.get(named) or _KINDS.get(_last(named)) or (None, None)
    context = error.get("ctx")
    if wanted is None and isinstance(context, Mapping):
        wanted = _from_context(kind, context)
    return say(error["msg"], place, path, kind=kind, wanted=wanted)


def _last(named: str) -> str:
    """`type_error.integer` and `value_error.number.not_gt` by their last part."""
    head, dot, last = named.rpartition(".")
    return last if dot and head.split(".")[0] in ("type_error", "value_error") else ""


def _located(loc: list[Json]) -> tuple[Where, Steps]:
    """The place and the path, without the parts that name a branch of a union."""
    parts = [each for each in loc[:40] if isinstance(each, str | int)]
    first = parts[0] if parts else ""
    place = PLACES.get(first) if isinstance(first, str) else None
    rest = parts[1:] if place else parts
    named = [each for each in rest if not (isinstance(each, str) and ("[" in each or "(" in each))]
    return place, tuple(named)


def _from_context(kind: ComplaintKind | None, context: Mapping[str, Json]) -> Json:
    if kind is K.CHOICE:
        values = context.get("enum_values") or context.get("permitted") or context.get("given")
        if isinstance(values, list):
            return values[:100]
        expected = context.get("expected") or context.get("expected_tags")
        return wording.choices(expected) if isinstance(expected, str) else None
    for name in _LIMITS:
        limit = context.get(name)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            return limit + _MORE.get(name, 0)
        if isinstance(limit, str) and name == "pattern":
            return limit
    return None
