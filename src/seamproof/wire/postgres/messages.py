"""Message types, their limits, and the bodies that are read or written.

Rules (manual, "Message Formats"): a message is one byte of type, four bytes of length that count
themselves, and the body. What a client sends first has no type byte. Names and texts end in NUL.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import error as StructError
from struct import pack, unpack_from
from typing import Final

from seamproof.wire.postgres.values import as_text


class ProtocolError(Exception):
    """Bytes that are not the protocol. `side` says who sent them."""

    side = ""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the {self.side} {problem}")


class ClientProtocolError(ProtocolError):
    """The client's (the service's driver's) fault."""

    side = "client"


class ServerProtocolError(ProtocolError):
    """The server's fault."""

    side = "server"


# What a client may send instead of a StartupMessage: its code is in the version's place.
CANCEL_REQUEST: Final = 80877102
SSL_REQUEST: Final = 80877103
GSSENC_REQUEST: Final = 80877104

# How `framing` treats a type: not in the protocol, passed unread (and of any or of limited
# length), or given whole (of limited length, or as long as we lend).
UNKNOWN, STREAMED, BRIEF, SHORT, LONG = 0, 1, 2, 3, 4

MAX_STARTUP: Final = 10_000
"""MAX_STARTUP_PACKET_LENGTH of the server; holds for every untyped packet."""
MAX_SHORT: Final = 30_000
"""What libpq takes as the limit of messages that cannot be long (fe-protocol3.c)."""
MAX_LONG: Final = 256 * 1024 * 1024
"""Messages that are held whole are bounded by what we lend a hostile peer, not by the server's
limit of 1 GiB."""
MAX_STREAMED: Final = 0x7FFFFFFF
MAX_BOUND: Final = 64 * 1024
"""Bytes kept of a Bind message, for its values."""


def _table(treatments: dict[int, bytes]) -> bytes:
    table = bytearray(256)
    for treatment, codes in treatments.items():
        for code in codes:
            table[code] = treatment
    return bytes(table)


# Close, Describe, Execute, Flush, Sync, Terminate, CopyDone, CopyFail; Bind, Parse, Query,
# FunctionCall. CopyData and every answer to an authentication request pass unread.
CLIENT_TYPES: Final = _table({STREAMED: b"d", BRIEF: b"p", SHORT: b"CDEHSXc", LONG: b"BPQFf"})

# ParseComplete, BindComplete, CloseComplete, NoData, PortalSuspended, EmptyQueryResponse,
# CommandComplete, ReadyForQuery, BackendKeyData, CopyInResponse, ParameterStatus; ErrorResponse,
# NoticeResponse, RowDescription, ParameterDescription. Rows, copied data, notifications and
# authentication pass unread.
SERVER_TYPES: Final = _table(
    {STREAMED: b"DdVA", BRIEF: b"RvcHW", SHORT: b"123nsICZKGS", LONG: b"ENTt"}
)


# ---------------------------------------------------------------------------- reading


def text(data: bytes) -> str:
    """Decode a text whatever the client's encoding: what is not UTF-8 stays visible."""
    return data.decode("utf-8", "backslashreplace")


def startup_parameters(packet: bytes) -> dict[str, str]:
    """Read the names and values of a StartupMessage."""
    words = packet[8:].split(b"\0")
    return {
        text(name): text(value)
        for name, value in zip(words[::2], words[1::2], strict=False)
        if name
    }


def error_fields(message: bytes) -> dict[str, str]:
    """Read an ErrorResponse or NoticeResponse: field code to text (manual, "Error Fields")."""
    return {chr(field[0]): text(field[1:]) for field in message[5:].split(b"\0") if field}


def parameter_types(message: bytes, at: int) -> tuple[int, ...]:
    """Read the numbers of parameters' types, which a Parse and a ParameterDescription end in. None
    where the body is malformed."""
    try:
        (count,) = unpack_from("!H", message, at)
        return unpack_from(f"!{count}I", message, at + 2)
    except StructError:
        return ()


def bound_values(message: bytes, types: Sequence[int] = ()) -> tuple[str | None, ...]:
    """Read the values of a Bind message as text, binary ones by their types (`values`).

    Values beyond `MAX_BOUND` are cut and end in an ellipsis. A malformed body has no values: the
    server is the one to refuse it.
    """
    try:
        at = message.index(0, message.index(0, 5) + 1) + 1
        (count,) = unpack_from("!H", message, at)
        formats = unpack_from(f"!{count}H", message, at + 2)
        at += 2 + 2 * count
        (values,) = unpack_from("!H", message, at)
        at += 2
        if count == 1:
            formats *= values
        found: list[str | None] = []
        for index in range(values):
            if at + 4 > len(message):
                break
            (length,) = unpack_from("!i", message, at)
            at += 4
            if length < 0:
                found.append(None)
                continue
            value = message[at : at + length]
            binary = index < len(formats) and formats[index] == 1
            oid = types[index] if index < len(types) else 0
            shown = as_text(value, oid) if binary else text(value)
            found.append(shown if len(value) == length else shown + "…")
            at += length
        return tuple(found)
    except (ValueError, StructError):
        return ()


# ---------------------------------------------------------------------------- writing


def message(code: bytes, body: bytes = b"") -> bytes:
    """Build a message of a type."""
    return code + pack("!I", 4 + len(body)) + body


def query(sql: bytes) -> bytes:
    """Build a simple Query."""
    return message(b"Q", sql + b"\0")


def prepare_and_execute(name: bytes, sql: str) -> bytes:
    """Build Parse, Bind and Execute of a statement and a portal of this name, without values."""
    return (
        message(b"P", name + b"\0" + sql.encode() + b"\0\0\0")
        + message(b"B", name + b"\0" + name + b"\0" + bytes(6))
        + message(b"E", name + b"\0" + bytes(4))
    )


def fatal(sqlstate: str, problem: str) -> bytes:
    """Build an ErrorResponse that ends a connection."""
    fields = (("S", "FATAL"), ("V", "FATAL"), ("C", sqlstate), ("M", problem))
    body = b"".join(code.encode() + value.encode() + b"\0" for code, value in fields)
    return message(b"E", body + b"\0")
