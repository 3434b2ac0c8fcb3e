"""A document's bytes to what it declares: paths, operations, and everything that they name.

    bytes -> parsing -> Source -> operations' pieces -> Declarations -> what they refer to

Two walks over the paths: links lead to operations, so these are all known before any is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from seamproof.core.document import Body, Declaration, Document, Parameter, SecurityScheme
from seamproof.core.model import Json, Operation
from seamproof.discovery.openapi import parameters, security, servers
from seamproof.discovery.openapi.answers import Answers, Targets
from seamproof.discovery.openapi.bodies import Bodies
from seamproof.discovery.openapi.parameters import Parameters
from seamproof.discovery.openapi.parsing import Unreadable, parse
from seamproof.discovery.openapi.schemas import Schemas
from seamproof.discovery.openapi.source import Dialect, Exhausted, Piece, Source, shown

MAX_OPERATIONS = 5_000
MAX_PATH = 2_000
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LITERAL = "/{}:@!$&'()*+,;=-._~%"
"""What a path template may hold as it is (RFC 3986, section 3.3)."""


def read(data: bytes, *, location: str = "", base: str | None = None) -> Document:
    """What a document declares. Raises Unreadable.

    `location` is the URL or path where it was found: relative URLs of servers start from there.
    `base` is the path that its paths are below, where that is known better than it says.
    """
    root, version, dialect = _opened(data)
    return _Reader(Source(root, dialect), location, base).document(version)


def bases(data: bytes, *, location: str = "") -> tuple[str, ...]:
    """The paths that a document's may be below, the one that `read` takes first.

    Raises Unreadable.
    """
    root, _, dialect = _opened(data)
    return servers.base_paths(Source(root, dialect), Piece(root, "#"), location)


def _opened(data: bytes) -> tuple[dict[str, Json], str, Dialect]:
    root = parse(data)
    if not isinstance(root, dict) or not isinstance(root.get("paths"), dict):
        raise Unreadable("it has no `paths`")
    version, dialect = _version(root)
    return root, version, dialect


def _version(root: dict[str, Json]) -> tuple[str, Dialect]:
    """The version as it is written, and what it means. Many drafts have none."""
    written = root.get("openapi") or root.get("swagger") or root.get("swaggerVersion") or ""
    version = shown(str(written)) if isinstance(written, str | int | float) else ""
    if version.startswith("1"):
        raise Unreadable(f"it is Swagger {version}: only 2.0 and 3 are read")
    old = ("swagger", "definitions", "basePath", "securityDefinitions")
    v2 = version.startswith("2") if version else any(each in root for each in old)
    return version, Dialect.V2 if v2 else Dialect.V3


@dataclass(frozen=True, slots=True)
class _Found:
    """An operation and where the document has it."""

    operation: Operation
    piece: Piece
    item: Piece
    """Its Path Item Object."""
    fixed: tuple[Parameter, ...]
    """Query parameters that are in the path's key."""
    operation_id: str


class _Reader:
    def __init__(self, source: Source, location: str, base: str | None) -> None:
        self._source = source
        self._location = location
        self._root = Piece(source.root, "#")
        self._base = base or ""
        self._given = base is not None
        self._schemas = Schemas(source)
        self._parameters = Parameters(source, self._schemas)
        self._bodies = Bodies(source, self._schemas)
        self._known: dict[str, SecurityScheme] = {}
        self._by_id: dict[str, Operation] = {}
        self._by_place: dict[str, Operation] = {}
        self._answers = Answers(source, self._schemas, Targets(self._by_id, self._by_place))

    def document(self, version: str) -> Document:
        """All of it that can be used."""
        declarations: list[Declaration] = []
        try:
            if not self._given:
                found = servers.base_paths(self._source, self._root, self._location)
                self._base = found[0]
            self._known = security.schemes(self._source, self._root, self._base)
            if self._root.get("webhooks").value:
                self._source.problem("#/webhooks", "webhooks are not read: nobody can send them")
            declarations += map(self._declaration, self._operations())
        except Exhausted:
            left = f"it is too much to read: only {len(declarations)} operations are"
            self._source.problem("#/paths", left)
        title = self._root.get("info").get("title").value
        return Document(
            tuple(declarations),
            self._known,
            self._schemas.definitions(),
            version,
            title if isinstance(title, str) else "",
            self._source.problems,
        )

    # The first walk: which operations there are

    def _operations(self) -> list[_Found]:
        found: dict[Operation, _Found] = {}
        for each in self._walk():
            if each.operation in found:
                text = f"{shown(each.operation.id)} is there already"
                self._source.problem(each.piece.at, text)
                continue
            if len(found) == MAX_OPERATIONS:
                self._source.problem("#/paths", f"only {MAX_OPERATIONS} operations are read")
                break
            found[each.operation] = each
        return list(found.values())

    def _walk(self) -> Iterator[_Found]:
        for key, each in self._source.entries(self._root.get("paths")):
            if key.startswith("x-"):
                continue
            item = self._item(each)
            path = self._path(key, each.at) if item is not None else None
            if item is None or path is None:
                continue
            for key_of_3_2 in ("additionalOperations", "query"):
                if item.get(key_of_3_2).value:
                    text = "methods beyond those of OpenAPI 3.1 are not read"
                    self._source.problem_once(item.get(key_of_3_2).at, text)
            base = servers.of_servers(self._source, item.get("servers"), self._location)
            for method in _METHODS:
                piece = item.get(method)
                if piece.value is None:
                    continue
                if not isinstance(piece.value, dict):
                    self._source.problem(piece.at, "no operation")
                    continue
                own = servers.of_servers(self._source, piece.get("servers"), self._location)
                below = next(b for b in (own, base, self._base) if b is not None)
                operation = Operation(method.upper(), below + path)
                fixed = parameters.of_query(key.partition("?")[2].partition("#")[0])
                self._by_place.setdefault("\0".join(("paths", key, method)), operation)
                yield _Found(operation, piece, item, fixed, self._operation_id(piece, operation))

    def _item(self, piece: Piece) -> Piece | None:
        """A Path Item Object, with what another lends it by a reference."""
        if not isinstance(piece.value, dict):
            self._source.problem(piece.at, "no path item")
            return None
        if "$ref" not in piece.value:
            return piece
        found = self._source.follow(piece)
        own = {key: value for key, value in piece.value.items() if key != "$ref"}
        if found is None:
            return Piece(own, piece.at)
        # Places of what is its own are as those of what is lent: one of the two is approximate.
        return Piece({**found.value, **own}, found.at) if own else found

    def _path(self, key: str, at: str) -> str | None:
        path = key.partition("#")[0].partition("?")[0]
        if _CONTROL.search(path) or len(path) > MAX_PATH:
            self._source.problem(at, "no path, or too long: left out")
            return None
        if not path.startswith("/"):
            self._source.problem(at, "a path begins with a slash: it is read as if it did")
            path = f"/{path}"
        return quote(parameters.plain_path(path), safe=_LITERAL)

    def _operation_id(self, piece: Piece, operation: Operation) -> str:
        name = self._source.text(piece.get("operationId"))
        if name and self._by_id.setdefault(name, operation) is not operation:
            self._source.problem(piece.at, f"another operation is called {shown(name)}")
            return ""
        return name

    # The second walk: what each of them declares

    def _declaration(self, found: _Found) -> Declaration:
        source, piece, operation = self._source, found.piece, found.operation
        source.spend()
        if piece.get("callbacks").value:
            source.problem_once(
                piece.get("callbacks").at, "callbacks are not read: the service sends them"
            )
        pieces = parameters.merged(source, (found.item.get("parameters"), piece.get("parameters")))
        return Declaration(
            operation,
            found.operation_id,
            source.text(piece.get("summary")),
            tuple(filter(None, map(source.text, source.items(piece.get("tags"))))),
            (*found.fixed, *self._parameters.of(pieces, operation.path)),
            self._request_bodies(piece, pieces),
            self._answers.of(piece.get("responses"), self._media(piece, "produces")),
            self._security(piece),
            source.flag(piece.get("deprecated")),
        )

    def _request_bodies(self, piece: Piece, pieces: list[Piece]) -> tuple[Body, ...]:
        if self._source.dialect is Dialect.V2:
            return self._bodies.of_parameters(pieces, self._media(piece, "consumes"))
        return self._bodies.of_request_body(piece.get("requestBody"))

    def _media(self, piece: Piece, key: str) -> tuple[str, ...]:
        """What 2.0 consumes or produces: the operation's own, else the document's."""
        if self._source.dialect is not Dialect.V2:
            return ()
        own = piece if isinstance(piece.get(key).value, list) else self._root
        listed = self._source.items(own.get(key))
        return tuple(filter(None, map(self._source.text, listed)))

    def _security(self, piece: Piece) -> tuple[frozenset[str], ...]:
        """The operation's own, else the document's.

        An empty list of its own lets anybody in; where there is no scheme at all it says nothing:
        some tools write it everywhere.
        """
        own = piece.get("security")
        if own.value is None:
            return security.requirements(self._source, self._root.get("security"), self._known)
        if own.value == []:
            return (frozenset(),) if self._known else ()
        return security.requirements(self._source, own, self._known)
