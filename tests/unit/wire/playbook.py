"""Conversations as data: what a client and a server say in turn, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import pack

from seamproof.wire.postgres.conversation import Conversation
from seamproof.wire.postgres.events import Action, Output, Statement
from seamproof.wire.postgres.faults import Order
from seamproof.wire.postgres.messages import message

SSL = pack("!II", 8, 80877103)
GSS = pack("!II", 8, 80877104)
SYNC, FLUSH, TERMINATE = message(b"S"), message(b"H"), message(b"X")
COPY_DONE = message(b"c")
PARSED, BOUND, CLOSED, NO_DATA = message(b"1"), message(b"2"), message(b"3"), message(b"n")
EMPTY, SUSPENDED = message(b"I"), message(b"s")
COPY_IN, COPY_OUT = message(b"G", b"\0\0\0"), message(b"H", b"\0\0\0")
AUTHENTICATED = message(b"R", bytes(4))
NEGOTIATED = message(b"v", pack("!II", 0x30000, 0))


def startup(version: int = 0x30000, **parameters: str) -> bytes:
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return pack("!II", 8 + len(body), version) + body


def cancel(pid: int, key: bytes) -> bytes:
    return pack("!III", 12 + len(key), 80877102, pid) + key


def query(sql: str) -> bytes:
    return message(b"Q", sql.encode() + b"\0")


def parse(sql: str, name: str = "") -> bytes:
    return message(b"P", f"{name}\0{sql}\0".encode() + b"\0\0")


def bind(*values: bytes | None, name: str = "", portal: str = "", binary: bool = False) -> bytes:
    body = f"{portal}\0{name}\0".encode() + pack("!HHH", 1, binary, len(values))
    for value in values:
        body += pack("!i", -1) if value is None else pack("!i", len(value)) + value
    return message(b"B", body + pack("!H", 0))


def execute(portal: str = "", limit: int = 0) -> bytes:
    return message(b"E", portal.encode() + b"\0" + pack("!I", limit))


def describe(kind: str = "P", name: str = "") -> bytes:
    return message(b"D", f"{kind}{name}\0".encode())


def close(kind: str = "S", name: str = "") -> bytes:
    return message(b"C", f"{kind}{name}\0".encode())


def copied(data: bytes) -> bytes:
    return message(b"d", data)


def row(*values: bytes) -> bytes:
    told = values or (b"1",)
    fields = b"".join(pack("!i", len(each)) + each for each in told)
    return message(b"D", pack("!H", len(told)) + fields)


def columns() -> bytes:
    return message(b"T", pack("!H", 0))


def complete(tag: str) -> bytes:
    return message(b"C", tag.encode() + b"\0")


def ready(status: str = "I") -> bytes:
    return message(b"Z", status.encode())


def error(sqlstate: str, text: str = "no") -> bytes:
    return message(b"E", f"SERROR\0C{sqlstate}\0M{text}\0\0".encode())


def notice(text: str = "hm") -> bytes:
    return message(b"N", f"SNOTICE\0C00000\0M{text}\0\0".encode())


def key(pid: int, secret: bytes = b"abcd") -> bytes:
    return message(b"K", pack("!I", pid) + secret)


def notification() -> bytes:
    return message(b"A", pack("!I", 7) + b"channel\0payload\0")


def parameter(name: str, value: str) -> bytes:
    return message(b"S", f"{name}\0{value}\0".encode())


WELCOME = AUTHENTICATED + parameter("TimeZone", "UTC") + key(4711) + ready()


@dataclass
class Script:
    """A gate that orders by the statement's text."""

    orders: dict[str, Order] = field(default_factory=dict)
    hold: str = ""
    isolation: str = ""
    connect: Order | None = None
    statements: list[Statement] = field(default_factory=list)
    passed: list[Statement] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def armed(self) -> bool:
        return bool(self.orders or self.hold or self.isolation)

    def on_connect(self, statement: Statement, parameters: dict[str, str]) -> Order | None:
        self.statements.append(statement)
        self.parameters = parameters
        return self.connect

    def on_statement(self, statement: Statement) -> Order | None:
        self.statements.append(statement)
        return self.orders.get(statement.sql)

    def on_passed(self, statement: Statement) -> None:
        self.passed.append(statement)

    def holds(self, sql: str) -> bool:
        return sql == self.hold


class Play:
    """A conversation with what was forwarded so far."""

    def __init__(self, script: Script | None = None, *, connected: bool = True) -> None:
        self.script = script or Script()
        self.conversation = Conversation(self.script)
        self.clock = 0.0
        self.to_server = b""
        self.to_client = b""
        self.actions: list[Action] = []
        if connected:
            self.client(startup(user="u", database="d"))
            self.server(WELCOME)
            self.script.statements.clear()
            self.to_server = self.to_client = b""

    def client(self, *data: bytes) -> Play:
        """Say this as the client."""
        self.clock += 1
        return self._take(self.conversation.from_client(b"".join(data), self.clock))

    def server(self, *data: bytes) -> Play:
        """Say this as the server."""
        self.clock += 1
        return self._take(self.conversation.from_server(b"".join(data), self.clock))

    def release(self) -> Play:
        return self._take(self.conversation.release(self.clock))

    def expect(self, *, to_server: bytes = b"", to_client: bytes = b"") -> Play:
        """Assert on what was forwarded since the last time."""
        assert (self.to_server, self.to_client) == (to_server, to_client)
        self.to_server = self.to_client = b""
        return self

    @property
    def last(self) -> Statement:
        return self.script.statements[-1]

    def _take(self, output: Output) -> Play:
        self.to_server += output.to_server
        self.to_client += output.to_client
        if output.action is not None:
            self.actions.append(output.action)
        return self


def extended(sql: str, *values: bytes | None) -> bytes:
    """Parse, Bind, Describe, Execute, Sync in one piece, as libpq sends them."""
    return parse(sql) + bind(*values) + describe() + execute() + SYNC


__all__ = [each for each in dir() if not each.startswith("_")]
