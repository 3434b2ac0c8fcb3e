"""Free ports on loopback, and who holds one that is not free."""

from __future__ import annotations

import errno
import secrets
import socket
from typing import Final

import psutil

from seamproof.core.errors import MachineError

LOOPBACK = "127.0.0.1"
_RANGE: Final = range(10_000, 26_000)


class Ports:
    """Hands out free ports, none of them twice: a child binds its own only some time later.

    They are of a range that no system takes the ports of outgoing connections from (Linux begins at
    32768, RFC 6335 at 49152): until the child has bound it, one of those could take it. No database
    has its usual port in it.
    """

    def __init__(self) -> None:
        self._given: set[int] = set()

    def free(self) -> int:
        """A port that nobody has bound. Raises MachineError where there is none."""
        for _ in range(len(_RANGE)):
            # Not by `random`, which the suites of two processes may have seeded alike.
            port = secrets.choice(_RANGE)
            if port not in self._given and _bindable(port, reuse=False):
                self._given.add(port)
                return port
        raise MachineError(
            f"no port from {_RANGE.start} to {_RANGE.stop - 1} is free on {LOOPBACK}",
            hint="end programs that listen there",
        )


def require_free(port: int, *, who: str) -> None:
    """Raise MachineError, naming its holder, where something listens on a port."""
    if is_free(port):
        return
    held = holder(port)
    raise MachineError(
        f"{who} cannot use port {port}: {held or 'another program'} listens on it",
        hint="stop that program, or let the port be chosen with {port}",
    )


def is_free(port: int) -> bool:
    """Whether nothing listens on a port; whoever does is not disturbed."""
    return _bindable(port)


def _bindable(port: int, *, reuse: bool = True) -> bool:
    with socket.socket() as probe:
        # As most servers do: connections in TIME_WAIT do not hold a port, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def holder(port: int) -> str | None:
    """Who listens on a port, as `redis-server (pid 812)`; None where that is not to be known."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for each in connections:
        where: tuple[object, ...] = each.laddr
        if each.status == psutil.CONN_LISTEN and each.pid and where[1:] == (port,):
            try:
                return f"{psutil.Process(each.pid).name()} (pid {each.pid})"
            except psutil.Error:
                return f"pid {each.pid}"
    return None
