"""What a service's own document declares, in OpenAPI's terms, whatever version it is written in.

A reader (`discovery.openapi`) turns OpenAPI 2.0, 3.0 and 3.1 into this one form. Schemas are JSON
Schema, draft 2020-12, as plain data: `nullable` has become a type, boolean bounds have become
numbers. A `$ref` stays, and points into `definitions`, because schemas may hold themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from seamproof.core.model import Json, Operation

_PARAMETER = re.compile(r"\{[^{}]*\}")
MAX_REFERENCES = 32
"""References that lead on to another, before a schema counts as one that says nothing."""


class Place(StrEnum):
    """Where a parameter is sent (Parameter Object, `in`)."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A Parameter Object."""

    name: str
    place: Place
    schema: Json = field(default_factory=dict)
    required: bool = False
    examples: tuple[Json, ...] = ()
    """Those of the parameter, then those of its schema."""
    style: str = ""
    """How lists and objects are written; empty where it is the place's default."""
    explode: bool | None = None
    content_type: str = ""
    """The media type that its value is written in, as JSON; empty where it is written by style."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request body in one media type. Form fields of OpenAPI 2.0 are one with an object."""

    content_type: str
    schema: Json = field(default_factory=dict)
    required: bool = False
    examples: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A Link Object: what of a response is a parameter of which operation."""

    operation: Operation
    parameters: dict[str, str] = field(default_factory=dict)
    """Parameter name to runtime expression, as `$response.body#/id`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A Response Object."""

    status: str
    """As declared: `200`, `2XX` or `default`."""
    content: dict[str, Json] = field(default_factory=dict)
    """Media type to schema."""
    headers: dict[str, Json] = field(default_factory=dict)
    """Header name to schema."""
    links: tuple[Link, ...] = ()
    required_headers: tuple[str, ...] = ()
    """The names of those headers that are always there."""


class SchemeKind(StrEnum):
    """The kinds of Security Scheme Objects, HTTP's told apart by their scheme."""

    BASIC = "basic"
    BEARER = "bearer"
    HTTP = "http"
    """Another scheme of HTTP, as Digest."""
    API_KEY = "api-key"
    OAUTH2 = "oauth2"
    OPENID = "openid"
    MUTUAL_TLS = "mutual-tls"


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A Security Scheme Object."""

    name: str
    kind: SchemeKind
    place: Place | None = None
    """Where an API key is sent."""
    parameter: str = ""
    """The header, query parameter or cookie that carries an API key."""
    flows: dict[str, str] = field(default_factory=dict)
    """OAuth2's flows, as `password`, and the URL or path that each takes its token from."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """An Operation Object: what the document says of one operation."""

    operation: Operation
    """Its path is the whole path on the service, base path included."""
    operation_id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    """Those of the path and its own; its own win."""
    bodies: tuple[Body, ...] = ()
    """One for each media type; JSON first, then forms."""
    answers: tuple[Answer, ...] = ()
    security: tuple[frozenset[str], ...] = ()
    """Alternatives, each the names of schemes that are asked for together. An empty alternative
    lets anybody in. No alternative at all: nothing is declared, which says nothing."""
    deprecated: bool = False

    def parameters_in(self, place: Place) -> tuple[Parameter, ...]:
        """The parameters that are sent in one place."""
        return tuple(each for each in self.parameters if each.place is place)

    @property
    def public(self) -> bool:
        """Whether the document lets anybody in."""
        return frozenset() in self.security


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document."""

    declarations: tuple[Declaration, ...] = ()
    """In the document's order."""
    schemes: dict[str, SecurityScheme] = field(default_factory=dict)
    definitions: dict[str, Json] = field(default_factory=dict)
    """What a `$ref` leads to, by the whole reference: `#/components/schemas/Order`."""
    version: str = ""
    """Of OpenAPI, as it says: `3.1.0`, `2.0`."""
    title: str = ""
    problems: tuple[str, ...] = ()
    """What of it could not be used, each with its JSON Pointer: shown to a person."""

    def declaration(self, operation: Operation) -> Declaration | None:
        """What it declares of an operation, whatever its path calls its parameters; None where it
        has no such."""
        known = [each for each in self.declarations if each.operation.method == operation.method]
        exact = (each for each in known if each.operation.path == operation.path)
        form = _PARAMETER.sub("{}", operation.path)
        alike = (each for each in known if _PARAMETER.sub("{}", each.operation.path) == form)
        return next(exact, None) or next(alike, None)

    def resolve(self, schema: Json) -> Json:
        """A schema whose own `$ref` is followed, not those inside. One that leads nowhere, or in a
        circle, is `{}`: it says nothing. Keywords beside a `$ref` are kept, and win."""
        beside: dict[str, Json] = {}
        for _ in range(MAX_REFERENCES):
            if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
                return {**schema, **beside} if beside and isinstance(schema, dict) else schema
            beside = {k: v for k, v in schema.items() if k != "$ref"} | beside
            schema = self.definitions.get(schema["$ref"], {})
        return beside
