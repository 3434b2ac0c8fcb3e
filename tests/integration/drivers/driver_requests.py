"""The same requests, made by each driver as a service makes them: from a pool that it keeps.

A request inserts a note into `orders`, most of them into `lines` also. Where a driver has no pool
of its own the class takes a new connection for one that says of itself that it is closed.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boundary_harness import Loop

from seamproof.core.protocols import Address

READ = "SELECT count(*) FROM orders WHERE note = "
ORDER = "INSERT INTO orders (note) VALUES "
LINE = "INSERT INTO lines (note) VALUES "


def script(note: str) -> str:
    """Several statements in one message, with a transaction of their own."""
    return f"BEGIN; {ORDER}('{note}'); {LINE}('{note}'); COMMIT"


def implicit(note: str) -> str:
    """Several statements in one message, which are one transaction by that alone."""
    return f"{ORDER}('{note}'); {LINE}('{note}')"


@dataclass(frozen=True)
class Target:
    """Where a driver finds its database, and whom it trusts where it must use TLS."""

    address: Address
    authority: Path | None = None

    @property
    def keywords(self) -> dict[str, Any]:
        """What libpq takes."""
        address = self.address
        found = {
            "host": address.host,
            "port": address.port,
            "user": address.user,
            "password": address.password,
            "dbname": address.name,
        }
        if self.authority is None:
            return found
        return found | {"sslmode": "verify-full", "sslrootcert": str(self.authority)}

    @property
    def context(self) -> ssl.SSLContext | bool:
        """What drivers without libpq take."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else False


@dataclass(frozen=True)
class Raised:
    """What a driver raised: its class, and the SQLSTATE where it has one."""

    name: str
    sqlstate: str | None = None


class Driver:
    """Requests, and what is known of the driver's errors."""

    requests: tuple[str, ...] = ("transaction", "autocommit", "savepoint", "script", "implicit")
    lost: tuple[str, ...]
    """The classes that say that the connection was lost."""
    lost_states: tuple[str | None, ...] = (None,)
    """The SQLSTATEs that they give to it."""
    refused: tuple[str, ...] = ("OperationalError",)
    """The classes that say that a connection was refused, by 53300."""
    gives_up: tuple[str, ...] = ()
    """The places at which an error costs the connection, by the driver's own choice."""
    connects_again = False
    """Whether a connection that cannot be made is tried again, and the request waits for it."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def request(self, name: str, note: str) -> None:
        getattr(self, name)(note)

    def close(self) -> None:
        raise NotImplementedError

    @staticmethod
    def raised(error: Any) -> Raised:
        """Read an error. SQLAlchemy wraps it, Django chains it."""
        inner = getattr(error, "orig", None) or error.__cause__ or error
        for each in (error, inner):
            state = getattr(each, "sqlstate", None) or getattr(each, "pgcode", None)
            if state is not None:
                return Raised(type(error).__name__, state)
        return Raised(type(error).__name__)

    @staticmethod
    def error(sqlstate: str) -> str:
        """Return the class of an error of this SQLSTATE."""
        raise NotImplementedError


class AsyncDriver(Driver):
    """On a loop of its own that runs between requests also, as that of a service does."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._loop = Loop()

    def request(self, name: str, note: str) -> None:
        self._loop.run(getattr(self, name)(note), 15)

    def close(self) -> None:
        self._loop.run(self._close())
        self._loop.close()

    async def _close(self) -> None:
        raise NotImplementedError
