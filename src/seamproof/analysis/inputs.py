"""Everything in a request that a client chooses: each value with its place, and how to send
another one there.

Values come from the step, and from what the service's document declares beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from seamproof.core.document import Declaration, Document, Place
from seamproof.core.model import Json, Step

Path: TypeAlias = tuple[str | int, ...]

_DEPTH = 6
_MOST = 60
"""Inputs of one request that are looked at."""
_FILE = "filename"
_NOT_OURS = frozenset(
    {"authorization", "cookie", "content-type", "content-length", "accept", "host", "connection"}
)
"""Headers that say who sends, or how: with another value it is another request."""


class Where(StrEnum):
    """Which part of a request a value is in."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"
    FORM = "form"
    PART = "part"
    """A field of `multipart/form-data`."""
    FILE = "file name"
    TEXT = "text"
    """A body that is one text."""
    NAME = "name in body"
    """The name of a field itself, one that nobody has declared."""


@dataclass(frozen=True, slots=True)
class Input:
    """A place in a request where a client may send what it likes."""

    where: Where
    path: Path
    value: Json = None
    """What the step sends there; None where it sends nothing."""
    schema: Json = None
    """What is declared of it, references followed; None where nothing is."""

    @property
    def name(self) -> str:
        """The innermost name: of `/items/0/url` it is `url`."""
        return next((each for each in reversed(self.path) if isinstance(each, str)), "")

    @property
    def label(self) -> str:
        """`query search`, `body /items/0/name`."""
        if self.where is Where.BODY:
            return f"{self.where} /{'/'.join(map(str, self.path))}"
        return " ".join((self.where, *map(str, self.path)))

    @property
    def is_text(self) -> bool:
        """Whether any text may well do there: no number, no choice of a few, no format."""
        if self.where in (Where.FILE, Where.TEXT, Where.HEADER):
            return True
        if self.where in (Where.PATH, Where.NAME, Where.COOKIE):
            return False
        declared = self.schema if isinstance(self.schema, dict) else {}
        if declared.keys() & {"enum", "const", "format", "pattern"}:
            return False
        if not isinstance(self.value, str):
            return self.value is None and declared.get("type") == "string"
        return not self.value.replace(".", "").replace("-", "").isdigit()

    def sent(self, step: Step, text: Json) -> Step:
        """The step with another value there."""
        match self.where:
            case Where.PATH:
                return replace(step, path_parameters={**step.path_parameters, self.name: text})
            case Where.QUERY:
                return replace(step, query={**step.query, self.name: text})
            case Where.HEADER:
                kept = {k: v for k, v in step.headers.items() if k.lower() != self.name.lower()}
                return replace(step, headers={**kept, self.name: text})
            case Where.COOKIE:
                return replace(step, headers={**step.headers, "Cookie": f"{self.name}={text}"})
            case Where.BODY:
                return replace(step, json=_put(step.json, self.path, text))
            case Where.FORM:
                return replace(step, form=_put(step.form, self.path, text))
            case Where.PART | Where.FILE:
                return replace(step, multipart=_put(step.multipart, self.path, text))
            case Where.TEXT:
                return replace(step, text=text)
            case Where.NAME:
                return replace(step, json={**step.json, text: "1"})


def inputs(
    step: Step, document: Document | None = None, usual_headers: tuple[str, ...] = ()
) -> tuple[Input, ...]:
    """Every input of a step, those of its body first; lists by their first entry.

    `usual_headers` are looked at although nobody sends or declares them.
    """
    declaration = None if document is None else document.declaration(step.operation)
    found = [
        *_body(step, document, declaration),
        *_declared(step, document, declaration, Place.QUERY, Where.QUERY, step.query),
        *_path(step, document, declaration),
        *_headers(step, document, declaration, usual_headers),
        *_declared(step, document, declaration, Place.COOKIE, Where.COOKIE, {}),
    ]
    return tuple(found[:_MOST])


def _declared(
    step: Step,
    document: Document | None,
    declaration: Declaration | None,
    place: Place,
    where: Where,
    sent: dict[str, Json],
) -> Iterator[Input]:
    schemas = _schemas(document, declaration, place)
    for name, value in sent.items():
        first = value[0] if isinstance(value, list) and value else value
        yield Input(where, (name,), first, schemas.get(name))
    for name, schema in schemas.items():
        if name not in sent:
            yield Input(where, (name,), None, schema)


def _schemas(
    document: Document | None, declaration: Declaration | None, place: Place
) -> dict[str, Json]:
    if document is None or declaration is None:
        return {}
    return {each.name: document.resolve(each.schema) for each in declaration.parameters_in(place)}


def _path(
    step: Step, document: Document | None, declaration: Declaration | None
) -> Iterator[Input]:
    schemas = _schemas(document, declaration, Place.PATH)
    for part in step.operation.path.split("{")[1:]:
        name = part.partition("}")[0]
        value = step.path_parameters.get(name, f"{{{name}}}")
        yield Input(Where.PATH, (name,), value, schemas.get(name))


def _headers(
    step: Step,
    document: Document | None,
    declaration: Declaration | None,
    usual: tuple[str, ...],
) -> Iterator[Input]:
    seen: set[str] = set(_NOT_OURS)
    schemas = _schemas(document, declaration, Place.HEADER)
    for name in (*step.headers, *schemas, *usual):
        if name.lower() not in seen:
            seen.add(name.lower())
            yield Input(Where.HEADER, (name,), step.headers.get(name), schemas.get(name))


def _body(
    step: Step, document: Document | None, declaration: Declaration | None
) -> Iterator[Input]:
    schema: Json = None
    if document is not None and declaration is not None and declaration.bodies:
        schema = document.resolve(declaration.bodies[0].schema)
    if step.json is not None:
        yield from _leaves(Where.BODY, step.json, schema, document, ())
        if isinstance(step.json, dict):
            yield Input(Where.NAME, ())
    elif step.form is not None:
        yield from _leaves(Where.FORM, step.form, schema, document, ())
    elif step.multipart is not None:
        for name, value in step.multipart.items():
            if isinstance(value, dict):
                yield Input(Where.FILE, (name, _FILE), value.get(_FILE))
            else:
                yield Input(Where.PART, (name,), value)
    elif step.text is not None:
        yield Input(Where.TEXT, (), step.text)


def _leaves(
    where: Where, value: Json, schema: Json, document: Document | None, path: Path
) -> Iterator[Input]:
    declared = document.resolve(schema) if document is not None else schema
    declared = declared if isinstance(declared, dict) else {}
    if isinstance(value, dict) and len(path) < _DEPTH:
        known = declared.get("properties")
        known = known if isinstance(known, dict) else {}
        for name, each in value.items():
            yield from _leaves(where, each, known.get(name), document, (*path, name))
        for name, each in known.items():
            if name not in value and not path:
                resolved = document.resolve(each) if document is not None else each
                yield Input(where, (name,), None, resolved)
    elif isinstance(value, list) and len(path) < _DEPTH:
        for index, each in enumerate(value[:1]):
            yield from _leaves(where, each, declared.get("items"), document, (*path, index))
    elif path:
        yield Input(where, path, value, declared or None)


def _put(value: Json, path: Path, text: Json) -> Any:
    if not path:
        return text
    if isinstance(value, list):
        copied: Any = list(value)
        inside = value[path[0]] if isinstance(path[0], int) else None
    else:
        copied = dict(value or {})
        inside = copied.get(path[0])
    copied[path[0]] = _put(inside, path[1:], text)
    return copied
