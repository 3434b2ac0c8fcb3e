"""Response Objects: what an operation says that it answers, and what of it others take."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from seamproof.core.document import Answer, Link, Place
from seamproof.core.model import Json, Operation
from seamproof.discovery.openapi.media import JSON, media_type
from seamproof.discovery.openapi.parameters import bare
from seamproof.discovery.openapi.schemas import Schemas
from seamproof.discovery.openapi.source import Dialect, Piece, Source, tokens_of

_STATUS = re.compile(r"[1-5](\d\d|XX)|default")


class Answers:
    """Reads the responses of one document; each that is referred to once."""

    def __init__(self, source: Source, schemas: Schemas, targets: Targets) -> None:
        self._source = source
        self._schemas = schemas
        self._targets = targets
        self._read: dict[tuple[str, str, tuple[str, ...]], Answer] = {}

    def of(self, responses: Piece, produces: tuple[str, ...]) -> tuple[Answer, ...]:
        """The answers of a Responses Object. `produces` are the media types of 2.0."""
        found: list[Answer] = []
        for key, each in self._source.entries(responses):
            if key.startswith("x-"):
                continue
            status = key.upper() if key.lower() != "default" else "default"
            if not _STATUS.fullmatch(status):
                self._source.problem(each.at, "no status")
                continue
            piece = self._source.follow(each)
            found.append(Answer(status) if piece is None else self._answer(status, piece, produces))
        return tuple(found)

    def _answer(self, status: str, piece: Piece, produces: tuple[str, ...]) -> Answer:
        key = (piece.at, status, produces)
        if key not in self._read:
            self._read[key] = Answer(
                status,
                self._content(piece, produces),
                self._headers(piece),
                self._links(piece),
                self._required(piece),
            )
        return self._read[key]

    def _content(self, piece: Piece, produces: tuple[str, ...]) -> dict[str, Json]:
        if self._source.dialect is Dialect.V2:
            schema = piece.get("schema")
            if schema.value is None:
                return {}
            converted = self._schemas.convert(schema.value, schema.at)
            types = tuple(filter(None, map(media_type, produces))) or (JSON,)
            return dict.fromkeys(types, converted)
        found: dict[str, Json] = {}
        for key, media in self._source.content(piece.get("content")):
            schema = media.get("schema")
            converted = self._schemas.convert(schema.value, schema.at)
            found.setdefault(media_type(key) or "*/*", converted)
        return found

    def _headers(self, piece: Piece) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for name, each in self._source.entries(piece.get("headers")):
            header = self._source.follow(each)
            if header is not None:
                schema = header.get("schema") if "schema" in header.value else bare(header)
                found[name] = self._schemas.convert(schema.value, schema.at)
        return found

    def _required(self, piece: Piece) -> tuple[str, ...]:
        """The headers that are always there (Header Object, `required`)."""
        entries = self._source.entries(piece.get("headers"))
        headers = ((name, self._source.follow(each)) for name, each in entries)
        return tuple(n for n, each in headers if each and each.get("required").value is True)

    def _links(self, piece: Piece) -> tuple[Link, ...]:
        links = (self._link(each) for _, each in self._source.entries(piece.get("links")))
        return tuple(each for each in links if each is not None)

    def _link(self, each: Piece) -> Link | None:
        piece = self._source.follow(each)
        if piece is None:
            return None
        operation = self._targets.of(piece)
        if operation is None:
            self._source.problem(piece.at, "a link to no operation of the document")
            return None
        parameters: dict[str, str] = {}
        for name, value in self._source.entries(piece.get("parameters")):
            place, _, rest = name.partition(".")
            text = value.value if isinstance(value.value, str) else json.dumps(value.value)
            # `path.id`, where two places have a parameter of the name.
            parameters[rest if rest and place in tuple(Place) else name] = text
        return Link(operation, parameters)


class Targets:
    """The document's operations by what a link calls them."""

    def __init__(self, by_id: Mapping[str, Operation], by_place: Mapping[str, Operation]) -> None:
        self._by_id = by_id
        self._by_place = by_place

    def of(self, link: Piece) -> Operation | None:
        """The operation that a Link Object leads to, None where it leads to none."""
        name, reference = link.get("operationId").value, link.get("operationRef").value
        if isinstance(name, str):
            return self._by_id.get(name)
        if isinstance(reference, str) and reference.startswith("#"):
            return self._by_place.get("\0".join(tokens_of(reference)))
        return None
