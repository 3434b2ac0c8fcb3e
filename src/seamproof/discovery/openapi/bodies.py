"""Request bodies: Request Body Objects of 3, `in: body` and `in: formData` of 2.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seamproof.core.document import Body
from seamproof.core.model import Json
from seamproof.discovery.openapi.media import FORM, FORMS, JSON, MULTIPART, rank, sent_as
from seamproof.discovery.openapi.parameters import bare, examples
from seamproof.discovery.openapi.schemas import Schemas
from seamproof.discovery.openapi.source import Piece, Source


class Bodies:
    """Reads the bodies of one document; each that is referred to once."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        self._source = source
        self._schemas = schemas
        self._read: dict[str, tuple[Body, ...]] = {}

    def of_request_body(self, piece: Piece) -> tuple[Body, ...]:
        """A Request Body Object's, one for each media type."""
        if piece.value is None:
            return ()
        found = self._source.follow(piece)
        if found is None:
            return ()
        if found.at not in self._read:
            self._read[found.at] = _ordered(self._of_content(found))
        return self._read[found.at]

    def _of_content(self, piece: Piece) -> Iterator[Body]:
        required = self._source.flag(piece.get("required"))
        for key, media in self._source.content(piece.get("content")):
            schema = media.get("schema")
            yield Body(
                sent_as(key),
                self._schemas.convert(schema.value, schema.at),
                required,
                self._examples(media, schema),
            )

    def of_parameters(self, pieces: Iterable[Piece], consumes: tuple[str, ...]) -> tuple[Body, ...]:
        """Those that 2.0 has among its parameters: the body, or else the form."""
        pieces = list(pieces)
        for each in pieces:
            if each.get("in").value == "body":
                return self._of_body(each, consumes)
        fields = [each for each in pieces if each.get("in").value.lower() == "formdata"]
        return self._of_form(fields, consumes) if fields else ()

    def _of_body(self, piece: Piece, consumes: tuple[str, ...]) -> tuple[Body, ...]:
        schema = piece.get("schema")
        converted = self._schemas.convert(schema.value, schema.at)
        required = self._source.flag(piece.get("required"))
        given = self._examples(piece, schema)
        # A form has no `in: body`: where only forms are consumed, that is what was forgotten.
        types = [each for each in map(sent_as, consumes) if each not in FORMS] or [JSON]
        return _ordered(Body(each, converted, required, given) for each in types)

    def _of_form(self, fields: list[Piece], consumes: tuple[str, ...]) -> tuple[Body, ...]:
        properties: dict[str, Json] = {}
        required: list[str] = []
        files = False
        for each in fields:
            name = each.get("name").value
            files = files or each.get("type").value == "file"
            schema = self._schemas.convert(bare(each).value, each.at)
            given = [*examples(self._source, each), *schema.get("examples", ())]
            properties[name] = {**schema, "examples": given} if given else schema
            if self._source.flag(each.get("required")):
                required.append(name)
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        types = [each for each in map(sent_as, consumes) if each in FORMS]
        types = [MULTIPART] if files else types or [FORM]
        return _ordered(Body(each, schema, bool(required)) for each in types)

    def _examples(self, piece: Piece, schema: Piece) -> tuple[Json, ...]:
        own = examples(self._source, piece)
        return (*own, *self._schemas.examples(schema.value, schema.at))


def _ordered(bodies: Iterable[Body]) -> tuple[Body, ...]:
    """The first of each media type: JSON first, then forms, then the others as they come."""
    by_type: dict[str, Body] = {}
    for each in bodies:
        by_type.setdefault(each.content_type, each)
    return tuple(sorted(by_type.values(), key=lambda each: rank(each.content_type)))
