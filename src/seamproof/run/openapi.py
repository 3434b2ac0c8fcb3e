"""The service's own word on an operation that it answers with 404 or 405.

The document is asked for once, and only when there is such an operation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from seamproof.core.events import Event, Notice
from seamproof.core.history import Request
from seamproof.core.model import Operation
from seamproof.discovery import document
from seamproof.discovery.document import Document, Unreadable
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.lane import Door

NOT_FOUND = frozenset({404, 405})
"""Statuses of a path or method that there is not (RFC 9110, sections 15.5.5 and 15.5.6)."""
TIMEOUT = 15.0
"""Seconds that the service may take for its document."""


class OpenApi:
    """What `service.openapi` leads to: a path on the service, or a file of the project."""

    def __init__(
        self, place: str | None, root: Path, door: Door, emit: Callable[[Event], None]
    ) -> None:
        self._place = place
        self._root = root
        self._door = door
        self._emit = emit
        self._document: Document | None = None
        self._asked = False

    async def missing(self, operation: Operation) -> str:
        """That the document has no such operation, and which may be meant; else nothing."""
        found = await self._read()
        if found is None or found.has(operation):
            return ""
        near = found.nearest(operation)
        meant = f", did you mean {near.id}?" if near is not None else ""
        return f"{self._place} has no {operation.id}{meant}"

    async def _read(self) -> Document | None:
        if self._asked or self._place is None:
            return self._document
        self._asked = True
        try:
            data = await self._fetch(self._place)
            self._document = await asyncio.to_thread(document.read, data)
        except Unreadable as error:
            self._emit(Notice(f"{self._place} cannot be read: {error}", "see service.openapi"))
        return self._document

    async def _fetch(self, place: str) -> bytes:
        if place.startswith("/"):
            return await self._from_service(place)
        if "://" in place:
            raise Unreadable("only a path on the service, or a file of the project, is read")
        path = (self._root / place).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise Unreadable("it is outside the project")
        return await asyncio.to_thread(_bounded, path)

    async def _from_service(self, path: str) -> bytes:
        request = requests.encode(
            Request("GET", path, (("Accept", "application/json"),)), self._door.name
        )
        answer = await lane.send(self._door.host, self._door.port, request, timeout=TIMEOUT)
        if answer.response is None:
            raise Unreadable(f"the service gives no answer ({answer.silence})")
        if not answer.response.ok:
            raise Unreadable(f"the service answers {answer.response.status}")
        if answer.response.truncated:
            raise Unreadable("it is too large")
        return answer.response.body


def _bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(document.MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(error.strerror or type(error).__name__) from None
