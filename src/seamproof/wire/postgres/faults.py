"""What may be ordered at a statement, and how an error is made real on the backend.

Rules:
- An error is raised by the backend itself. A made-up ErrorResponse would leave its transaction
  alive, and a later COMMIT would store what the service believes to be lost.
- A failed COMMIT leaves no transaction (status I): before the error comes a ROLLBACK of ours.
- Of several statements in one Query, those before the fault are executed and those after it are
  not. A lost reply ends the connection between the statement and the next: what is not committed
  by then is undone.
- An error at BEGIN, SAVEPOINT or ROLLBACK does not happen in the world; there the connection is
  cut. A connection is refused only at its start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from seamproof.core.experiment import Fault, FaultKind
from seamproof.core.history import CrossingKind
from seamproof.wire.postgres.messages import fatal, prepare_and_execute

TOO_MANY_CONNECTIONS: Final = "53300"
ENDED: Final = "57P01"
"""What is raised, and never shown, where a Query must not go on."""
_ROLLBACK: Final = "ROLLBACK"

_SQLSTATE = re.compile(r"(?!0[012])[0-9A-Z]{5}")
"""Classes 00 to 02 are success, warning and no data: RAISE cannot raise them."""

# As the server itself says it (its source's ereport calls), since services match on texts.
_TEXTS: Final = {
    "08006": "connection failure",
    "23503": "insert or update on table violates foreign key constraint",
    "23505": "duplicate key value violates unique constraint",
    "23514": "new row for relation violates check constraint",
    "25006": "cannot execute statement in a read-only transaction",
    "40001": "could not serialize access due to concurrent update",
    "40P01": "deadlock detected",
    "53100": "could not extend file: No space left on device",
    "53200": "out of memory",
    "53300": "sorry, too many clients already",
    "55P03": "canceling statement due to lock timeout",
    "57014": "canceling statement due to statement timeout",
    "57P01": "terminating connection due to administrator command",
}
_NO_ERROR: Final = frozenset({CrossingKind.BEGIN, CrossingKind.SAVEPOINT, CrossingKind.ROLLBACK})


@dataclass(frozen=True, slots=True)
class Raise:
    """Let the backend raise this SQLSTATE where it would have run the statement."""

    sqlstate: str
    ends_transaction: bool = False
    """The statement is a COMMIT: whether it succeeds or fails, no transaction is left."""


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection before the statement reaches the backend."""


@dataclass(frozen=True, slots=True)
class LoseReply:
    """Let the backend do its work, deliver no reply, and end the connection when it is done."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the connection's start with this SQLSTATE."""

    sqlstate: str = TOO_MANY_CONNECTIONS


Order: TypeAlias = Raise | Cut | LoseReply | Refuse


def order(fault: Fault, kind: CrossingKind) -> Order:
    """Return what a fault orders at a crossing of this kind. Raises ValueError where it cannot."""
    match fault.kind, kind:
        case FaultKind.CUT, _:
            return Cut()
        case FaultKind.REFUSED, CrossingKind.CONNECT:
            return Refuse(_valid(fault.sqlstate or TOO_MANY_CONNECTIONS))
        case FaultKind.REPLY_LOST, _ if kind not in (CrossingKind.CONNECT, *_NO_ERROR):
            return LoseReply()
        case FaultKind.ERROR, _ if kind not in (CrossingKind.CONNECT, *_NO_ERROR):
            return Raise(_valid(fault.sqlstate or ""), kind is CrossingKind.COMMIT)
    raise ValueError(f"{fault.label} has no meaning at a {kind} ({fault.at.shape})")


def _valid(sqlstate: str) -> str:
    if not _SQLSTATE.fullmatch(sqlstate):
        raise ValueError(f"{sqlstate!r} is no SQLSTATE that a backend can raise")
    return sqlstate


def _injected(sqlstate: str) -> str:
    return f"{_TEXTS.get(sqlstate, 'error')} (injected by seamproof)"


def raising(sqlstate: str, *, ends_transaction: bool = False) -> bytes:
    """Return the SQL that stands in for a statement of a Query that shall fail."""
    return (f"{_ROLLBACK};" if ends_transaction else "").encode() + _raising(sqlstate).encode()


def raising_execute(sqlstate: str, name: bytes, *, ends_transaction: bool = False) -> bytes:
    """Build what stands in for an Execute that shall fail: its Parse and Bind are answered too."""
    rollback = prepare_and_execute(name + b"_end", _ROLLBACK) if ends_transaction else b""
    return rollback + prepare_and_execute(name, _raising(sqlstate))


def _raising(sqlstate: str) -> str:
    return (
        f"DO $seamproof$BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}',"
        f" MESSAGE = '{_injected(sqlstate)}'; END$seamproof$"
    )


def refusal(sqlstate: str) -> bytes:
    """Build the answer to a StartupMessage that is refused."""
    return fatal(sqlstate, _injected(sqlstate))
