"""Statements and portals of the extended protocol, by the names that the client gives them."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.wire.postgres.messages import MAX_BOUND, parameter_types, text


@dataclass(slots=True, eq=False)
class PreparedStatement:
    """What a Parse has prepared."""

    sql: str
    types: tuple[int, ...] = ()
    """Of its parameters, as far as somebody has said so: the client with the Parse (0 where it
    leaves one to the server), or the server, who is asked by a Describe."""


class Prepared:
    """What Parse, Bind and Close say, for Execute to be understood.

    Each method takes a buffer, and where the message lies in it; each raises ValueError where a
    name in it does not end.
    """

    def __init__(self) -> None:
        self._statements: dict[bytes, PreparedStatement] = {}
        self._portals: dict[bytes, tuple[PreparedStatement, bytes]] = {}

    def parse(self, buffer: bytes, start: int, end: int) -> tuple[bytes, str]:
        """Learn a statement from its Parse. Returns its name and its text."""
        name_end = buffer.index(0, start + 5, end)
        name = buffer[start + 5 : name_end]
        sql_end = buffer.index(0, name_end + 1, end)
        sql = text(buffer[name_end + 1 : sql_end])
        self._statements[name] = PreparedStatement(sql, parameter_types(buffer, sql_end + 1))
        return name, sql

    def bound(self, buffer: bytes, start: int, end: int) -> tuple[bytes, PreparedStatement]:
        """Return the portal that a Bind names, and the statement that it is of."""
        portal_end = buffer.index(0, start + 5, end)
        name = buffer[portal_end + 1 : buffer.index(0, portal_end + 1, end)]
        # Else prepared by SQL: PREPARE shares its names with the protocol.
        statement = self._statements.get(name) or PreparedStatement(f"EXECUTE {text(name)}")
        return buffer[start + 5 : portal_end], statement

    def described(self, buffer: bytes, start: int, end: int) -> PreparedStatement | None:
        """Return the statement that a Describe asks about; None where it does so about a portal."""
        if buffer[start + 5 : start + 6] != b"S":
            return None
        return self._statements.get(buffer[start + 6 : buffer.index(0, start + 6, end)])

    def bind(
        self, portal: bytes, statement: PreparedStatement, buffer: bytes, start: int, end: int
    ) -> None:
        """Learn a portal from its Bind, whose values stay in the bytes until somebody asks."""
        self._portals[portal] = (statement, buffer[start : min(end, start + MAX_BOUND)])

    def executed(self, buffer: bytes, start: int, end: int) -> tuple[PreparedStatement, bytes]:
        """Return the statement that an Execute runs, and its Bind; that is empty where the portal
        is a cursor's."""
        portal = buffer[start + 5 : buffer.index(0, start + 5, end)]
        return self._portals.get(portal) or (PreparedStatement(f"FETCH {text(portal)}"), b"")

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
