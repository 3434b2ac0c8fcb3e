"""A port on loopback, for every boundary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from seamproof.core.errors import MachineError

LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 512


async def listen(
    factory: Callable[[], asyncio.BaseProtocol], port: int
) -> tuple[asyncio.Server, int]:
    """Listen on loopback, at a free port where `port` is 0. Returns the server and the port.

    Raises MachineError where the port is taken.
    """
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(factory, LOOPBACK, port, backlog=_BACKLOG)
    except OSError as error:
        raise MachineError(
            f"port {port} on {LOOPBACK} cannot be used: {error.strerror}",
            hint="end the program that listens there, or let a free port be chosen",
        ) from error
    return server, server.sockets[0].getsockname()[1]
