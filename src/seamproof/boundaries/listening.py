"""A port on loopback, for every boundary."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final

from seamproof.core.errors import MachineError

LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 512


class Listening(ABC):
    """Whoever takes connections at one port, a free one where `port` is 0."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._server: asyncio.Server | None = None

    @abstractmethod
    def _accept(self) -> asyncio.BaseProtocol:
        """Take a connection."""

    async def start(self) -> None:
        """Listen on loopback. Raises MachineError where the port is taken."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(self._accept, LOOPBACK, self.port, backlog=_BACKLOG)
        except OSError as error:
            raise MachineError(
                f"port {self.port} on {LOOPBACK} cannot be used: {error.strerror}",
                hint="end the program that listens there, or let a free port be chosen",
            ) from error
        self._server, self.port = server, server.sockets[0].getsockname()[1]

    def _close_port(self) -> None:
        """Take no connections any more. A second call does nothing."""
        if self._server is not None:
            self._server.close()
            self._server = None
