"""Statements and portals of the extended protocol, by the names that the client gives them."""

from __future__ import annotations

from seamproof.wire.postgres.messages import MAX_BOUND, text


class Prepared:
    """What Parse, Bind and Close say, for Execute to be understood.

    Each method takes a buffer, and where the message lies in it; each raises ValueError where a
    name in it does not end.
    """

    def __init__(self) -> None:
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, tuple[str, bytes]] = {}

    def parse(self, buffer: bytes, start: int, end: int) -> tuple[bytes, str]:
        """Learn a statement from its Parse. Returns its name and its text."""
        name_end = buffer.index(0, start + 5, end)
        name = buffer[start + 5 : name_end]
        sql = text(buffer[name_end + 1 : buffer.index(0, name_end + 1, end)])
        self._statements[name] = sql
        return name, sql

    def bound(self, buffer: bytes, start: int, end: int) -> tuple[bytes, str]:
        """Return the portal that a Bind names, and the text of the statement that it is of."""
        portal_end = buffer.index(0, start + 5, end)
        name = buffer[portal_end + 1 : buffer.index(0, portal_end + 1, end)]
        sql = self._statements.get(name)
        if sql is None:
            # Prepared by SQL: PREPARE shares its names with the protocol.
            sql = f"EXECUTE {text(name)}"
        return buffer[start + 5 : portal_end], sql

    def bind(self, portal: bytes, sql: str, buffer: bytes, start: int, end: int) -> None:
        """Learn a portal from its Bind, whose values stay in the bytes until somebody asks."""
        self._portals[portal] = (sql, buffer[start : min(end, start + MAX_BOUND)])

    def executed(self, buffer: bytes, start: int, end: int) -> tuple[str, bytes]:
        """Return the statement that an Execute runs, and its Bind; that is empty where the portal
        is a cursor's."""
        portal = buffer[start + 5 : buffer.index(0, start + 5, end)]
        return self._portals.get(portal) or (f"FETCH {text(portal)}", b"")

    def close(self, buffer: bytes, start: int, end: int) -> None:
        """Forget what a Close names."""
        name = buffer[start + 6 : buffer.index(0, start + 6, end)]
        if buffer[start + 5 : start + 6] == b"S":
            self._statements.pop(name, None)
        else:
            self._portals.pop(name, None)

    def end_portals(self) -> None:
        """Forget the portals, which end with their transaction."""
        self._portals.clear()
