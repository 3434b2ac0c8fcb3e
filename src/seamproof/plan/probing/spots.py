"""The fields of an act and of its declaration, each with its schema, and the act with another
value in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import Enum

from seamproof.analysis.landing import field_name
from seamproof.core import references
from seamproof.core.document import Declaration, Parameter, Place
from seamproof.core.model import Json, Step
from seamproof.plan.generation.flattening import Flattening
from seamproof.plan.generation.keywords import Schema
from seamproof.plan.generation.schemas import Schemas

_DEPTH = 8
_MOST = 150
_WAYS = 6
"""Branches of alternatives among which the one that a value is of is looked for."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_PART = "form"
_KINDS = {str: "string", bool: "boolean", list: "array", int: "integer", float: "number"}
BODY = "body"


class Absent(Enum):
    """That a field is not sent."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Spot:
    """One field of a request: what it is called, what is sent, what its schema says."""

    place: str
    """`body`, `form`, or the place of a parameter."""
    path: tuple[str | int, ...]
    value: Json
    """What the act sends there; `ABSENT` where it sends nothing."""
    schema: Schema
    """Flat: without references and alternatives; empty where it says nothing."""
    required: bool = False
    root: Json = True
    """The tidied schema of the whole body or of the parameter."""
    whole: Json = None
    """What is sent as the whole body or the parameter."""
    closed: bool = field(default=False)
    """Whether it is an object that has no other fields than are declared."""

    @property
    def name(self) -> str:
        """As probes call it."""
        return field_name(BODY if self.place == _PART else self.place, self.path)

    @property
    def written(self) -> bool:
        """Whether its value is written as text, so that there are no types."""
        return self.place != BODY

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON types that it may have; none where nothing is said."""
        said = self.schema.get("type")
        return frozenset([said] if isinstance(said, str) else said or ())

    def judged(self, value: Json) -> Json:
        """The whole body or parameter with another value here."""
        return put(self.whole, self.path, value) if self.place in (BODY, _PART) else value


def spots(act: Step, declared: Declaration | None, schemas: Schemas) -> Iterator[Spot]:
    """The fields of an act, and those that its declaration has beside them."""
    yield from _parameters(act, declared, schemas)
    body = _body(act, declared)
    if body is not None:
        place, value, schema = body
        root = schemas.tidy(schema)
        walked = _walk(_Walk(place, schemas, root, value), (), value, root, required=True)
        for count, spot in enumerate(walked):
            if count == _MOST:
                return
            yield spot


def with_value(act: Step, spot: Spot, value: Json) -> Step:
    """The act with another value at a spot; with none for `ABSENT`."""
    if spot.place == BODY:
        return replace(act, json=put(act.json, spot.path, value))
    if spot.place == _PART:
        if act.form is not None:
            return replace(act, form=put(act.form, spot.path, value))
        return replace(act, multipart=put(act.multipart, spot.path, value))
    name = str(spot.path[0])
    if spot.place == Place.PATH:
        return replace(act, path_parameters=act.path_parameters | {name: value})
    if spot.place == Place.QUERY:
        return replace(act, query=put(act.query, (name,), value))
    text = value if isinstance(value, str | Absent) else str(value)
    return replace(act, headers=put(act.headers, (name,), text))


def put(whole: Json, path: tuple[str | int, ...], value: Json) -> Json:
    """A copy of a value with another at a path; without it for `ABSENT`."""
    if not path:
        return None if value is ABSENT else value
    copy = deepcopy(whole)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    if value is not ABSENT:
        inner[path[-1]] = value
    elif isinstance(inner, dict):
        inner.pop(path[-1], None)
    else:
        del inner[path[-1]]
    return copy


# ---------------------------------------------------------------------------- parameters


def _parameters(act: Step, declared: Declaration | None, schemas: Schemas) -> Iterator[Spot]:
    known = {(each.place, each.name): each for each in (declared.parameters if declared else ())}
    positions = _names(declared.operation.path) if declared else []
    for index, name in enumerate(_names(act.operation.path)):
        declared_name = positions[index] if index < len(positions) else name
        parameter = known.pop((Place.PATH, declared_name), None)
        sent = act.path_parameters.get(name, f"{{{name}}}")
        yield _parameter(Place.PATH, name, sent, parameter, schemas, required=True)
    sent_query: Mapping[str, Json] = act.query
    for name, sent in sent_query.items():
        parameter = known.pop((Place.QUERY, name), None)
        yield _parameter(Place.QUERY, name, sent, parameter, schemas)
    headers = {each.lower(): (each, value) for each, value in act.headers.items()}
    for (place, name), parameter in known.items():
        if place in (Place.QUERY, Place.HEADER) and not parameter.content_type:
            called: str = name
            value: Json = ABSENT
            if place is Place.HEADER:
                # Names of headers have no case (RFC 9110, section 5.1): one stays in one place.
                called, value = headers.get(name.lower(), (name, ABSENT))
            yield _parameter(place, called, value, parameter, schemas)


def _names(path: str) -> list[str]:
    return [each.partition("}")[0] for each in path.split("{")[1:]]


def _parameter(
    place: Place,
    name: str,
    sent: Json,
    declared: Parameter | None,
    schemas: Schemas,
    *,
    required: bool = False,
) -> Spot:
    root = schemas.tidy(declared.schema) if declared else True
    plain = Flattening(schemas).flat(root).schema
    needed = required or (declared is not None and declared.required)
    return Spot(str(place), (name,), sent, plain, needed, root, sent)


# ---------------------------------------------------------------------------- bodies


@dataclass(frozen=True, slots=True)
class _Walk:
    place: str
    schemas: Schemas
    root: Json
    whole: Json


def _body(act: Step, declared: Declaration | None) -> tuple[str, Json, Json] | None:
    """Where the body's fields are, what is sent, and its schema."""
    bodies = declared.bodies if declared else ()
    if act.json is not None:
        schema = next((b.schema for b in bodies if "json" in b.content_type.lower()), True)
        return BODY, act.json, schema
    fields = act.form if act.form is not None else act.multipart
    if fields is not None:
        schema = next((b.schema for b in bodies if b.content_type.lower() in _FORMS), True)
        return _PART, fields, schema
    return None


def _walk(
    walk: _Walk, path: tuple[str | int, ...], value: Json, schema: Json, *, required: bool
) -> Iterator[Spot]:
    plain = _flat(walk.schemas, schema, value)
    closed = plain.get("additionalProperties") is False
    yield Spot(walk.place, path, value, plain, required, walk.root, walk.whole, closed)
    if len(path) >= _DEPTH:
        return
    if isinstance(value, dict):
        properties = plain.get("properties", {})
        needed = plain.get("required", ())
        for name in (*value, *(each for each in properties if each not in value)):
            inner = properties.get(name, True)
            if isinstance(inner, dict) and inner.get("readOnly"):
                continue
            sent = value.get(name, ABSENT)
            yield from _walk(walk, (*path, name), sent, inner, required=name in needed)
    elif isinstance(value, list) and value:
        items = plain.get("items", True)
        yield from _walk(walk, (*path, 0), value[0], items, required=False)


def _flat(schemas: Schemas, schema: Json, value: Json) -> Schema:
    """The plain schema that a value is of, of all alternatives."""
    ways = [Flattening(schemas, each).flat(schema).schema for each in range(_WAYS)]
    return max(ways, key=lambda each: _fit(each, value))


def kinds_of(value: Json) -> frozenset[str]:
    """The JSON type of a value, where its schema says nothing; none of a reference to another."""
    if isinstance(value, str) and references.alone(value):
        return frozenset()
    kind = _KINDS.get(type(value))
    return frozenset([kind] if kind else ())


def _fit(plain: Schema, value: Json) -> int:
    if isinstance(value, dict):
        return len(plain.get("properties", {}).keys() & value.keys())
    wanted = _KINDS.get(type(value), "")
    return int(bool(wanted) and wanted in str(plain.get("type", "")))
