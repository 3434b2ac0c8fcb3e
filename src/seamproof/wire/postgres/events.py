"""What a conversation tells whoever sits on it, and what it asks them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from seamproof.wire.postgres.faults import Order
from seamproof.wire.postgres.messages import bound_values
from seamproof.wire.postgres.prepared import PreparedStatement

IDLE, OPEN, FAILED = b"ITE"
"""ReadyForQuery's status byte."""


@dataclass(slots=True, eq=False)
class Statement:
    """One thing asked of the server, and what became of it. Times are the caller's."""

    sql: str
    started: float
    """When it was sent; within a Query, when the statement before it had ended."""
    simple: bool
    """Whether it is of a Query, a function call or the connection's start, not an Execute."""
    before: int = IDLE
    """The transaction's status. Until the answer comes, what is expected of those before it."""
    bound: bytes = b""
    prepared: PreparedStatement | None = None
    """What an Execute is of."""
    ended: float | None = None
    tag: str | None = None
    sqlstate: str | None = None
    message: str | None = None
    after: int | None = None
    canaries: tuple[str, ...] = ()
    """Those in the rows that it was answered with."""
    reached: bool = False
    """Whether the server came to it, or the connection was ended in its place: what is ordered at
    a statement behind an error does not take place."""

    @property
    def parameters(self) -> tuple[str | None, ...]:
        """The values bound to it."""
        if not self.bound:
            return ()
        return bound_values(self.bound, self.prepared.types if self.prepared else ())


class Action(Enum):
    """What the transport must do beside writing."""

    CLOSE = "close"
    """End both connections, after what was written."""
    HOLD = "hold"
    """The client's next frame waits for `release`."""


class Output(NamedTuple):
    """What to write to either side, then what to do."""

    to_server: bytes = b""
    to_client: bytes = b""
    action: Action | None = None


class Gate(Protocol):
    """Sees every statement of one connection before the server does, and gives orders."""

    @property
    def armed(self) -> bool:
        """Whether it may order or hold anything. It does not become so unnoticed: what was
        forwarded before is shown to the conversation first."""
        ...

    @property
    def isolation(self) -> str:
        """The level that every transaction begins at, whatever it names; empty for its own."""
        ...

    def on_connect(self, statement: Statement, parameters: dict[str, str]) -> Order | None:
        """Take the connection's start."""
        ...

    def on_statement(self, statement: Statement) -> Order | None:
        """Take a statement that is about to be executed."""
        ...

    def on_passed(self, statement: Statement) -> None:
        """Take a statement that nothing can be ordered at: it has reached the server already."""
        ...

    def holds(self, sql: str) -> bool:
        """Say whether the next statement must wait."""
        ...
