"""Where what is sent goes, and what no server has said."""

from __future__ import annotations

from typing import Protocol

from seamproof.wire.postgres.messages import message
from seamproof.wire.postgres.sharing.client import Client


class Ports(Protocol):
    """Where what is sent goes."""

    def to_server(self, data: bytes) -> None:
        """Send to the server."""
        ...

    def to_client(self, client: Client, data: bytes) -> None:
        """Send to a client; to one that has gone, nothing."""
        ...

    def on_waiting(self, client: Client) -> None:
        """A client begins to wait for its turn."""
        ...


def ready(status: int) -> bytes:
    """ReadyForQuery, with a transaction status."""
    return message(b"Z", bytes((status,)))


def refusal(sqlstate: str, problem: str) -> bytes:
    """An ErrorResponse of ours."""
    fields = (("S", "ERROR"), ("V", "ERROR"), ("C", sqlstate), ("M", problem))
    body = b"".join(code.encode() + value.encode() + b"\0" for code, value in fields)
    return message(b"E", body + b"\0")
