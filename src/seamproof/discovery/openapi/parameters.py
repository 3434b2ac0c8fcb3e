"""Parameter Objects of 2.0 and 3. Bodies, which 2.0 has among them, are in `bodies`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from seamproof.core.document import Parameter, Place
from seamproof.core.model import Json
from seamproof.discovery.openapi.media import media_type
from seamproof.discovery.openapi.schemas import Schemas
from seamproof.discovery.openapi.source import Dialect, Piece, Source, shown

_NAME = re.compile(r"\{([^{}/]*)\}")
_ODD = re.compile(r"[^\w.-]|^(?=[^A-Za-z_])", re.ASCII)
_ELSEWHERE = frozenset({"accept", "content-type", "authorization"})
"""Headers that other parts of the document describe (Parameter Object, `name`)."""
_STYLES = {
    "csv": ("", False),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""2.0's formats of lists, and 3's styles."""
_OWN = frozenset(
    {"name", "in", "description", "required", "example", "examples", "allowEmptyValue"}
    | {"collectionFormat", "style", "explode", "schema", "content", "deprecated", "allowReserved"}
)
"""What a parameter says of itself; the rest is the schema of 2.0's, which has no `schema`."""


def plain_name(name: str) -> str:
    """A path parameter's name as a template of ours can hold it: it is never sent."""
    return _ODD.sub("_", name) or "_"


def plain_path(path: str) -> str:
    """A path template whose parameters have plain names."""
    return _NAME.sub(lambda match: f"{{{plain_name(match[1])}}}", path)


def merged(source: Source, levels: Iterable[Piece]) -> list[Piece]:
    """The parameters of a path and of its operation, the later lists over the earlier."""
    found: dict[tuple[Json, Json], Piece] = {}
    for level in levels:
        for each in source.items(level):
            piece = source.follow(each)
            if piece is None:
                continue
            place, name = piece.get("in").value, piece.get("name").value
            if not isinstance(place, str) or not isinstance(name, str):
                source.problem(piece.at, "a parameter needs `in` and `name`")
                continue
            found["" if place == "body" else name, place] = piece
    return list(found.values())


class Parameters:
    """Reads the parameters of one document; each that is referred to once."""

    def __init__(self, source: Source, schemas: Schemas) -> None:
        self._source = source
        self._schemas = schemas
        self._read: dict[str, Parameter | None] = {}

    def of(self, pieces: Iterable[Piece], path: str) -> tuple[Parameter, ...]:
        """Those that are no bodies. Those of the path are all there, and are those of `path`."""
        declared = [each for each in map(self._parameter, pieces) if each is not None]
        wanted = dict.fromkeys(_NAME.findall(path))
        kept: list[Parameter] = []
        for each in declared:
            if each.place is Place.PATH and each.name not in wanted:
                continue
            kept.append(each)
        present = {each.name for each in kept if each.place is Place.PATH}
        missing = [name for name in wanted if name not in present]
        self._source.spend(len(missing))
        kept += [Parameter(name, Place.PATH, {"type": "string"}, True) for name in missing]
        return tuple(kept)

    def _parameter(self, piece: Piece) -> Parameter | None:
        if piece.at not in self._read:
            self._read[piece.at] = self._made(piece)
        return self._read[piece.at]

    def _made(self, piece: Piece) -> Parameter | None:
        name, where = piece.get("name").value, piece.get("in").value.lower()
        if where in {"body", "formdata"}:
            return None
        try:
            place = Place(where)
        except ValueError:
            self._source.problem(piece.get("in").at, f"{shown(where)} is no place of a parameter")
            return None
        if place is Place.HEADER and name.lower() in _ELSEWHERE:
            return None
        if place is Place.PATH:
            name = plain_name(name)
        schema, content_type = self._schema(piece)
        style, explode = self._style(piece, place)
        required = place is Place.PATH or self._source.flag(piece.get("required"))
        return Parameter(
            name,
            place,
            self._schemas.convert(schema.value, schema.at),
            required,
            self._examples(piece, schema),
            style,
            explode,
            content_type,
        )

    def _schema(self, piece: Piece) -> tuple[Piece, str]:
        """The parameter's raw schema, and the media type of one that is `content`."""
        for key, media in self._source.content(piece.get("content")):
            if isinstance(media.value, dict):
                return media.get("schema"), media_type(key)
        if "schema" in piece.value or self._source.dialect is Dialect.V3:
            return piece.get("schema"), ""
        return bare(piece), ""

    def _style(self, piece: Piece, place: Place) -> tuple[str, bool | None]:
        collection = piece.get("collectionFormat").value
        if self._source.dialect is Dialect.V2 and piece.get("type").value == "array":
            if isinstance(collection, str) and collection not in _STYLES:
                self._source.problem(piece.at, f"lists as {shown(collection)} are sent as csv")
                collection = "csv"
            style, explode = _STYLES[collection if isinstance(collection, str) else "csv"]
            return (style, explode) if place in {Place.QUERY, Place.COOKIE} else ("", None)
        explode = piece.get("explode").value
        style = self._source.text(piece.get("style"))
        return style, explode if isinstance(explode, bool) else None

    def _examples(self, piece: Piece, schema: Piece) -> tuple[Json, ...]:
        own = [*examples(self._source, piece)]
        for _, media in self._source.content(piece.get("content")):
            own += examples(self._source, media)
        return (*own, *self._schemas.examples(schema.value, schema.at))


def bare(piece: Piece) -> Piece:
    """The schema of a parameter or header of 2.0, which has it among its own keys."""
    return Piece({k: v for k, v in piece.value.items() if k not in _OWN}, piece.at)


def examples(source: Source, piece: Piece) -> Iterator[Json]:
    """The examples of a parameter, header or media type: `example`, `x-example`, `examples`."""
    if not isinstance(piece.value, dict):
        return
    for key in ("example", "x-example"):
        if key in piece.value:
            yield piece.value[key]
    several = piece.get("examples")
    if isinstance(several.value, list):
        yield from several.value
        return
    for _, each in source.entries(several):
        if not isinstance(each.value, dict):
            yield each.value
            continue
        found = source.follow(each)
        for key in ("value", "dataValue"):  # the latter is 3.2's
            if found is not None and key in found.value:
                yield found.value[key]


def of_query(query: str) -> tuple[Parameter, ...]:
    """Those that a path's key has in it, as in `/?Action=List`: each has its one value."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return tuple(Parameter(k, Place.QUERY, {"const": v}, True, (v,)) for k, v in pairs)
