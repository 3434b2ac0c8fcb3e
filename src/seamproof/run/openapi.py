"""What the service says of itself: its OpenAPI document.

`service.openapi` says where it is. Where it says nothing, the paths are tried on which frameworks
have theirs, and the first that reads is taken; where none does, the service's own code is asked for
its routes. All of that is done once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from seamproof.core.counting import counted
from seamproof.core.document import Document
from seamproof.core.events import Event, Notice
from seamproof.core.history import Request
from seamproof.core.model import Operation
from seamproof.discovery import openapi
from seamproof.discovery.openapi import Unreadable, matching
from seamproof.discovery.openapi.parsing import MAX_BYTES
from seamproof.discovery.routes import HIDDEN
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.lane import Door
from seamproof.run.fetching import Fetched, fetch

NOT_FOUND = frozenset({404, 405})
"""Statuses of a path or method that there is not (RFC 9110, sections 15.5.5 and 15.5.6)."""
TIMEOUT = 15.0
"""Seconds that the service may take for its document."""
SEARCH = 60.0
"""Seconds that the search on the usual paths may take."""
SHOWN = 12
"""Problems of a document that are shown."""
TRIED = 3
"""Paths that are asked for, to see below which base the service has them."""
USUAL = (
    "/openapi.json",
    "/openapi.yaml",
    "/swagger.json",
    "/swagger.yaml",
    "/v3/api-docs",
    "/v2/api-docs",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/api/swagger.json",
    "/api/schema/",
    "/docs/openapi.json",
    "/docs/swagger.json",
    "/api-docs",
    "/api-docs.json",
    "/api-json",
    "/docs-json",
    "/documentation/json",
    "/swagger/v1/swagger.json",
    "/swagger/doc.json",
    "/q/openapi",
    "/__api__",
    "/v1/__api__",
    "/openapi",
    "/.well-known/openapi.json",
    "/.well-known/openapi.yaml",
)
"""Where frameworks have it: FastAPI, springdoc, Springfox, Nest, ASP.NET, DRF, Fastify, Quarkus,
Pyramid."""
_SAY = "say where it is: service.openapi"

Routes: TypeAlias = Callable[[], Awaitable[Document]]
"""Asks the service's own code for its routes. Raises Unreadable."""


class OpenApi:
    """The service's document, wherever it is: on the service, in the project, or at a URL."""

    def __init__(
        self,
        place: str | None,
        root: Path,
        door: Door,
        emit: Callable[[Event], None],
        routes: Routes | None = None,
    ) -> None:
        self._place = place
        self._routes = routes
        self._root = root
        self._door = door
        self._emit = emit
        self._document: Document | None = None
        self._where = "" if place is None else _shown(place)
        self._asked = False
        self._told = False
        self._of_code = False
        """Whether it is made of the service's own routes."""

    async def document(self) -> Document | None:
        """The service's document, None where there is none that can be read.

        A service may write something when it is asked, or when its code is: as everything behind
        the mark, the next experiment undoes it.
        """
        if self._place is None:
            await self._search()
        else:
            await self._read(self._place)
        if self._document is not None and not self._told:
            self._told = True
            self._tell(self._document)
        return self._document

    async def at_hand(self) -> Document | None:
        """The same, where it takes no search: from a place that is configured, or found before."""
        return await self.document() if self._place is not None else self._document

    async def missing(self, operation: Operation) -> str:
        """That the document has no such operation, and which may be meant; else nothing.

        Nothing is searched for: a place that is configured is asked, or what was found before.
        """
        if self._place is not None:
            await self._read(self._place)
        found = self._document
        if found is None or matching.has(found, operation):
            return ""
        near = matching.nearest(found, operation)
        meant = f", did you mean {near.id}?" if near is not None else ""
        return f"{self._where} has no {operation.id}{meant}"

    async def undeclared(self) -> tuple[Operation, ...]:
        """The routes of the service's own code that its document does not have."""
        found = await self.document()
        if found is None or self._routes is None or self._of_code:
            return ()
        try:
            table = await self._routes()
        except Unreadable as error:
            text = f"whether the document leaves routes out is not known: {error}"
            self._emit(Notice(text))
            return ()
        return tuple(
            each.operation for each in table.declarations if not matching.has(found, each.operation)
        )

    async def _read(self, place: str) -> None:
        if self._asked:
            return
        self._asked = True
        try:
            self._document = await self._at(place)
        except Unreadable as error:
            text = f"{self._where} cannot be read: {error}"
            self._emit(Notice(text, "see service.openapi", warning=True))

    async def _search(self) -> None:
        if self._asked:
            return
        self._asked = True
        try:
            async with asyncio.timeout(SEARCH):
                await self._try_paths()
        except TimeoutError:
            self._emit(Notice(f"the search for a document ended after {SEARCH:g} s", _SAY))
        if self._document is None:
            await self._ask_routes()

    async def _try_paths(self) -> None:
        for path in USUAL:
            try:
                found = await self._at(path)
            except Unreadable:
                continue
            # Others have `paths` also: only what says that it is such a document is one here.
            if found.version and found.declarations:
                self._document, self._where = found, path
                return

    async def _ask_routes(self) -> None:
        """The route table of the service's own code, the last resort."""
        why = ""
        try:
            if self._routes is not None:
                found = _shown_routes(await self._routes())
                if found.declarations:
                    self._document, self._where = found, f"its own code, {found.title}"
                    self._of_code = True
                    return
                why = "; its code, when it is asked, has no routes"
        except Unreadable as error:
            why = f"; its code cannot be asked for its routes: {error}"
        text = f"the service has no OpenAPI document on any of the usual paths{why}"
        self._emit(Notice(text, _SAY, warning=True))

    def _tell(self, document: Document) -> None:
        """Say what was found where, and what of it cannot be used."""
        version = f"OpenAPI {document.version}" if document.version else "a document"
        count = counted(len(document.declarations), "operation")
        self._emit(Notice(f"{self._where}: {version}, {count}"))
        for each in document.problems[:SHOWN]:
            self._emit(Notice(f"{self._where}: {each}"))
        if len(document.problems) > SHOWN:
            more = len(document.problems) - SHOWN
            self._emit(Notice(f"{self._where}: and {more} more that cannot be used"))

    async def _at(self, place: str) -> Document:
        """The document at a place. Raises Unreadable."""
        if place.startswith("/"):
            url, name = f"http://{self._door.host}:{self._door.port}{place}", self._door.name
            fetched = await fetch(url, timeout=TIMEOUT, limit=MAX_BYTES, name=name)
        elif "://" in place:
            fetched = await fetch(place, timeout=TIMEOUT, limit=MAX_BYTES)
        else:
            fetched = Fetched("", await asyncio.to_thread(_of_file, self._root, place))
        found = await asyncio.to_thread(openapi.read, fetched.body, location=fetched.url)
        return await self._based(found, fetched, place)

    async def _based(self, found: Document, fetched: Fetched, place: str) -> Document:
        """The document below the path where the service has it: a gateway may lend it another."""
        known = await asyncio.to_thread(openapi.bases, fetched.body, location=fetched.url)
        if len(known) == 1 or await self._answers(found):
            return found
        for base in known[1:]:
            other = await asyncio.to_thread(
                openapi.read, fetched.body, location=fetched.url, base=base
            )
            if await self._answers(other):
                text = f"{_shown(place)}: its paths are below {base or '/'} here"
                self._emit(Notice(f"{text}, not below {known[0]}"))
                return other
        return found

    async def _answers(self, document: Document) -> bool:
        """Whether the service has one of the paths that can be asked for as they are."""
        plain = [
            each.operation.path
            for each in document.declarations
            if each.operation.method == "GET" and not any(p.required for p in each.parameters)
        ]
        for path in plain[:TRIED]:
            request = requests.encode(Request("GET", path, ()), self._door.name)
            sent = await lane.send(self._door.host, self._door.port, request, timeout=TIMEOUT)
            if sent.response is None or sent.response.status not in NOT_FOUND:
                return True
        return not plain


def _shown_routes(table: Document) -> Document:
    """Without the routes that the code itself leaves out of documents."""
    shown = tuple(each for each in table.declarations if HIDDEN not in each.tags)
    return replace(table, declarations=shown)


def _of_file(root: Path, place: str) -> bytes:
    path = (root / place).resolve()
    if not path.is_relative_to(root.resolve()):
        raise Unreadable("it is outside the project")
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(error.strerror or type(error).__name__) from None


def _shown(place: str) -> str:
    """A place as messages have it: a URL without user and password."""
    if "@" not in place or "://" not in place:
        return place
    try:
        split = urlsplit(place)
    except ValueError:
        return "service.openapi"
    return split._replace(netloc=split.netloc.rpartition("@")[2]).geturl()
