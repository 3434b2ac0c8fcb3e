"""What the server still has to answer, in order, and what of that a client may see.

The rules are those of `wire.postgres.replies`, for one session of many clients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from seamproof.wire.postgres.sharing.control import Effect


class Kind(Enum):
    """What is answered."""

    PARSE = ord("1")
    BIND = ord("2")
    CLOSE = ord("3")
    DESCRIBE = ord("T")
    STATEMENT = ord("C")
    READY = ord("Z")
    """The end of a Query, of a function call, or of what came before a Sync."""
    OURS = 0
    """The whole of a Query that no client has sent."""


ENDS: Final = {
    ord("1"): Kind.PARSE,
    ord("2"): Kind.BIND,
    ord("3"): Kind.CLOSE,
    ord("T"): Kind.DESCRIBE,
    ord("n"): Kind.DESCRIBE,
    ord("C"): Kind.STATEMENT,
    ord("I"): Kind.STATEMENT,
    ord("s"): Kind.STATEMENT,
}
"""Of which kind is done with a message of this type. Rows are described where nobody has asked for
it, too: in the answer to a Query."""


@dataclass(slots=True)
class Awaited:
    """One answer."""

    kind: Kind
    hidden: bool = False
    tag: str = ""
    """The command tag that the client sees in place of the server's."""
    sql: bytes = b""
    bound: bytes = b""
    effect: Effect = Effect.NONE
    chains: bool = False
    batched: bool = False
    """Whether it is of the extended protocol, where the server skips all up to Sync on an error."""
    synced: bool = False
    """Whether a Sync is answered."""
    then: Callable[[bytes], None] | None = None
    """Called with the server's error, if there was one, when all of ours is done."""
    error: bytes = b""


class Expected:
    """The answers that are awaited."""

    def __init__(self) -> None:
        self._queue: deque[Awaited] = deque()

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, *awaited: Awaited) -> None:
        """Await these too."""
        self._queue.extend(awaited)

    @property
    def head(self) -> Awaited | None:
        """What is answered now."""
        return self._queue[0] if self._queue else None

    def done(self, code: int) -> Awaited | None:
        """Take the message that ends an answer; None where what is awaited goes on."""
        head = self.head
        if head is None or head.kind is not ENDS.get(code):
            return None
        return self._queue.popleft()

    def failed(self) -> Awaited | None:
        """Skip what the server does not answer behind an error, and return what has failed.

        Behind one in a batch that is all up to its Sync, behind one in a Query the rest of that.
        """
        head = self.head
        if head is None or head.kind is Kind.OURS:
            return head
        while self._queue and not (
            self._queue[0].kind is Kind.READY and (self._queue[0].synced or not head.batched)
        ):
            self._queue.popleft()
        return head

    def ready(self) -> Awaited | None:
        """Take ReadyForQuery, and return what it ends."""
        while self._queue:
            first = self._queue.popleft()
            if first.kind in (Kind.READY, Kind.OURS):
                return first
        return None

    def copies(self) -> None:
        """Forget the Syncs that the server ignores while it takes copied data."""
        self._queue = deque(each for each in self._queue if not each.synced)
