"""Which reply belongs to which statement.

Rules (manual, "Message Flow"):
- The server answers in order. `expected` holds what is still to be answered: a Parse as its SQL,
  Describe as the statement that it asks about, Bind, Close, Sync and the end of a Query as marks,
  and a `Statement` for each Execute and each statement of a Query.
- After an error the server skips to the end of the Query, in the extended protocol to the next
  Sync, and so do we.
- A Query and a Sync are each answered by one ReadyForQuery, whose status counts. Before it the
  command tags of BEGIN and COMMIT say where a transaction begins and ends. Without them what
  belongs to one Query or comes before one Sync is one transaction, which is open until then.
- While data is copied in, the server ignores Sync; the one after CopyDone counts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, TypeAlias

from seamproof.wire.postgres import canaries
from seamproof.wire.postgres.events import FAILED, IDLE, OPEN, Statement
from seamproof.wire.postgres.messages import (
    ServerProtocolError,
    error_fields,
    parameter_types,
    text,
)
from seamproof.wire.postgres.prepared import PreparedStatement

# A transaction begins and ends within a batch by these command tags.
_OPENS: Final = frozenset({"BEGIN", "START TRANSACTION"})
_ENDS: Final = frozenset({"COMMIT", "ROLLBACK", "PREPARE TRANSACTION"})
_STATUSES: Final = (b"I", b"T", b"E")
_TO_SAVEPOINT: Final = re.compile(r"\bROLLBACK\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b", re.IGNORECASE)
_CHAINS: Final = re.compile(r"\bAND\s+CHAIN\b", re.IGNORECASE)
_SETTING: Final = b"standard_conforming_strings\0"
_EDGE: Final = canaries.LONGEST - 1


class Mark(Enum):
    """A reply that is awaited and is no statement's own. Those to what we sent are hidden."""

    BIND = 1
    CLOSE = 2
    DESCRIBE = 3
    """Of a portal, or of a statement that is not known."""
    SYNC = 4
    QUERY = 5
    """The ReadyForQuery of a Query, a function call or the connection's start."""
    OUR_PARSE = 6
    OUR_BIND = 7
    OUR_ROLLBACK = 8
    OUR_ERROR = 9
    """By which what follows in a Query is kept from being executed."""
    DIVISION = 10
    """The ReadyForQuery of the first part of a Query that is held within."""


_ENDED_BY_READY: Final = (Mark.SYNC, Mark.QUERY, Mark.DIVISION)

Expected: TypeAlias = str | Mark | Statement | PreparedStatement


def follow(status: int, command: str, sql: str) -> int:
    """Return the transaction's status after a statement of this command tag or first word."""
    if command in _OPENS:
        return OPEN
    if command in _ENDS:
        stays = _CHAINS if command != "ROLLBACK" or _CHAINS.search(sql) else _TO_SAVEPOINT
        return OPEN if stays.search(sql) else IDLE
    return FAILED if status == FAILED else OPEN


class Replies:
    """What one connection's server still has to answer, and what its answers say."""

    def __init__(self, on_refused: Callable[[Statement], None]) -> None:
        self.expected: deque[Expected] = deque()
        self.status: int | None = None
        """The transaction status, as exact as the replies seen; None before the first."""
        self.backend: int | None = None
        """The server's process id, from BackendKeyData."""
        self.skipping = False
        """Whether the server ignores everything up to a Sync that the client has not sent."""
        self.copying = False
        """Whether the server takes copied data, and ignores Sync."""
        self.flushed = False
        """Whether the client waits without having sent Sync."""
        self.lost: Statement | None = None
        """The statement whose reply, and all after it, is not to be delivered."""
        self.backslashes = False
        """Whether they escape in plain literals: standard_conforming_strings is off."""
        self.done = False
        """Whether the server has done the work of `lost`."""
        self.failed_division = False
        """Whether an error in the first part of a Query skips the rest; who reads it resets it."""
        self.settled = False
        """Whether ReadyForQuery has come and nothing is awaited; who reads it resets it."""
        self._losing = False
        self._last: Statement | None = None
        self._edge = b""
        self._on_refused = on_refused
        self.handlers = {
            ord("1"): self._on_parsed,
            ord("2"): self._on_bound,
            ord("3"): self._on_closed,
            ord("T"): self._on_described,
            ord("n"): self._on_described,
            ord("t"): self._on_types,
            ord("C"): self._on_complete,
            ord("I"): self._on_complete,
            ord("s"): self._on_complete,
            ord("E"): self._on_error,
            ord("N"): self._on_notice,
            ord("G"): self._on_copy_in,
            ord("K"): self._on_backend_key,
            ord("S"): self._on_parameter,
            ord("Z"): self._on_ready,
        }
        """By type; each returns whether the client may see the message."""

    @property
    def losing(self) -> bool:
        """Whether the replies of `lost` have begun."""
        if not self._losing and self.lost is not None and self.expected:
            self._losing = self.expected[0] in (self.lost, Mark.OUR_ERROR)
        return self._losing

    @property
    def answering(self) -> bool:
        """Whether the server owes an answer of its own accord. What is not followed by Sync it
        keeps to itself."""
        return any(each in _ENDED_BY_READY for each in self.expected)

    def flush(self) -> None:
        """Note that the client waits for what it sent up to here."""
        self.flushed = True
        self.done = self.lost is not None and self.lost.ended is not None

    def rows(self, data: bytes) -> None:
        """Take a piece of a result: rows, or a part of one."""
        piece = self._edge + data
        self._edge = piece[-_EDGE:]
        seen = canaries.among(piece)
        if seen:
            asked = next((each for each in self.expected if type(each) is Statement), None)
            if asked is not None:
                asked.canaries = tuple(dict.fromkeys((*asked.canaries, *seen)))

    def _head(self) -> Expected | None:
        return self.expected[0] if self.expected else None

    def _on_parsed(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        head = self._head()
        if head is Mark.OUR_PARSE or type(head) is str:
            self.expected.popleft()
        return head is not Mark.OUR_PARSE

    def _on_bound(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        head = self._head()
        if head is Mark.OUR_BIND or head is Mark.BIND:
            self.expected.popleft()
        return head is not Mark.OUR_BIND

    def _on_closed(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        if self._head() is Mark.CLOSE:
            self.expected.popleft()
        return True

    def _on_described(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        head = self._head()
        if head is Mark.DESCRIBE or type(head) is PreparedStatement:
            self.expected.popleft()
        return True

    def _on_types(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        # What its rows are follows.
        head = self._head()
        if type(head) is PreparedStatement:
            head.types = parameter_types(buffer, start + 5)
        return True

    def _on_complete(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        head = self._head()
        if head is Mark.OUR_ROLLBACK:
            self.expected.popleft()
            return False
        if type(head) is not Statement:
            return True
        self.expected.popleft()
        self._last = head
        self._edge = b""  # what it ends with is none of the next one's
        head.reached, head.ended = True, now
        if buffer[start] == ord("C"):
            head.tag = text(buffer[start + 5 : end - 1])
        if self.status is not None:
            head.before = self.status
            head.after = self.status = follow(self.status, head.tag or "", head.sql)
        following = self._head()
        if not head.simple:
            if head is self.lost and self.flushed and Mark.SYNC not in self.expected:
                # The client waits for this reply alone: no ReadyForQuery will come.
                self.done = True
        elif type(following) is Statement:
            following.started = now
        return True

    def _on_error(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        head = self._head()
        if head is None:
            return True
        if head is Mark.OUR_ERROR:
            if self.lost is not None:
                self.lost.reached = True
            self._last = None
            self._skip_to(Mark.QUERY)
            return False
        fields = error_fields(buffer[start:end])
        self.copying = False
        failed = self._failed(head, now)
        if failed is not None:
            failed.ended = now
            failed.reached = failed.reached or failed is head
            failed.sqlstate, failed.message = fields.get("C"), fields.get("M")
            if self.status is not None and failed.tag is None:
                failed.before = self.status
            if self.status == OPEN:
                self.status = FAILED
            failed.after = self.status
            self._last = failed
        if self.status is None:
            self.expected.clear()
        elif head is not Mark.SYNC and (failed is None or failed.simple):
            self._skip_to(Mark.QUERY, Mark.DIVISION)
            if self._head() is Mark.DIVISION:
                self.expected[0] = Mark.QUERY
                self.failed_division = True
        else:
            self._skip_to(Mark.SYNC)
            # The Sync that ends the skipping may have been sent already.
            self.skipping = not self.expected
        return True

    def _skip_to(self, *marks: Mark) -> None:
        losing = self.losing
        while self.expected and self.expected[0] not in marks:
            skipped = self.expected.popleft()
            if not losing and skipped in (self.lost, Mark.OUR_ERROR):
                # It is not reached, and the connection lives on.
                self.lost = None

    def _failed(self, head: Expected, now: float) -> Statement | None:
        """Return the statement that an error is about, when the reply to `head` was awaited."""
        if head in _ENDED_BY_READY:
            # A transaction that Sync commits, as with a deferred constraint.
            return self._last
        for each in self.expected:
            if each in _ENDED_BY_READY:
                break
            if type(each) is Statement:
                return each
        if type(head) is not str:
            return None
        refused = Statement(head, now, False, self.status or IDLE)
        refused.ended = now
        self._on_refused(refused)
        return refused

    def _on_notice(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        return self._head() is not Mark.OUR_ROLLBACK

    def _on_parameter(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        if buffer.startswith(_SETTING, start + 5):
            self.backslashes = buffer[start + 5 + len(_SETTING) : end - 1] == b"off"
        return True

    def _on_copy_in(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        self.copying = True
        # A Sync that was sent with the COPY is ignored by the server.
        while Mark.SYNC in self.expected:
            self.expected.remove(Mark.SYNC)
        return True

    def _on_backend_key(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        self.backend = int.from_bytes(buffer[start + 5 : start + 9], "big")
        return True

    def _on_ready(self, buffer: bytes, start: int, end: int, now: float) -> bool:
        if buffer[start + 5 : end] not in _STATUSES:
            raise ServerProtocolError("sent ReadyForQuery with no status that is known")
        self.status = buffer[start + 5]
        done: Expected | None = None
        while self.expected:
            done = self.expected.popleft()
            if done in _ENDED_BY_READY:
                break
            if type(done) is Statement and done.simple and self._last is None:
                # A function call and the connection's start are answered by nothing else.
                self._last = done
                done.reached = True
        if self._last is not None:
            self._last.after, self._last.ended = self.status, now
            self._last = None
        self.settled = not self.expected
        if self._losing:
            self.done = True
        return done is not Mark.DIVISION
