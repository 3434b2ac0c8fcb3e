"""What of both directions is forwarded, hidden, replaced or kept back.

Rules:
- Frames that nothing is ordered at are forwarded as the bytes that came.
- While nothing can be ordered (`transparent`), bytes may be forwarded before they are shown here,
  by `saw_client` and `saw_server`: reading them then costs nobody a wait.
- What an order makes us send is answered too; those replies are hidden.
- An order is obeyed at Execute, whatever became of Parse and Bind. A hold takes place at Bind.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from seamproof.wire.postgres.events import IDLE, Action, Gate, Output, Statement
from seamproof.wire.postgres.faults import (
    ENDED,
    Cut,
    LoseReply,
    Order,
    Raise,
    Refuse,
    raising,
    raising_execute,
    refusal,
)
from seamproof.wire.postgres.framing import RUN, UNTYPED, Framer
from seamproof.wire.postgres.messages import (
    CANCEL_REQUEST,
    ClientProtocolError,
    message,
    query,
    startup_parameters,
)
from seamproof.wire.postgres.prepared import Prepared
from seamproof.wire.postgres.replies import Mark, Replies, follow
from seamproof.wire.postgres.scripts import Script, split

_SILENT: Final = Output()
_COPY_IN: Final = ord("G")
_BEGINS: Final = re.compile(rb"\s*(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)


class Conversation:
    """One client and its server, from the StartupMessage. It never reads a clock or a socket."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._client = Framer.of_client()
        self._server = Framer.of_server()
        self._replies = Replies(gate.on_passed)
        self._prepared = Prepared()
        # Bytes of the message under way that were forwarded before it was complete.
        self._client_ahead = 0
        self._server_ahead = 0
        self._late = False
        self._altering = False
        self._held = False
        self._let_through = False
        self._released = False
        self._rest = b""
        self._action: Action | None = None
        self._over = False
        self._injections = 0
        self._aside = b""
        self._handlers = {
            UNTYPED: self._on_packet,
            ord("Q"): self._on_query,
            ord("P"): self._on_parse,
            ord("B"): self._on_bind,
            ord("E"): self._on_execute,
            ord("D"): self._on_describe,
            ord("C"): self._on_close,
            ord("S"): self._on_sync,
            ord("H"): self._on_flush,
            ord("F"): self._on_function_call,
            ord("c"): self._on_copy_end,
            ord("f"): self._on_copy_end,
            ord("X"): self._on_terminate,
        }

    # ------------------------------------------------------------------------ what is seen

    @property
    def status(self) -> int | None:
        """The transaction status, as exact as the replies seen; None before the first."""
        return self._replies.status

    @property
    def backend(self) -> int | None:
        """The server's process id, from BackendKeyData."""
        return self._replies.backend

    @property
    def pending(self) -> bool:
        """Whether an answer is awaited, or a message is on its way. What is held is not."""
        if self._held:
            return self._replies.answering
        return bool(self._replies.expected) or self._client.partial

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and no transaction is open."""
        return self.status in (None, IDLE) and not self._replies.expected and not self._held

    @property
    def held(self) -> bool:
        """Whether the client's next frame waits for `release`."""
        return self._held

    @property
    def transparent(self) -> bool:
        """Whether whatever comes next, from either side, is forwarded as it comes."""
        if self._gate.armed or self._held or self._over or self._replies.status is None:
            return False
        if self._altering:
            self._altering = bool(self._replies.expected or self._replies.lost)
        return not self._altering

    # ------------------------------------------------------------------------ both directions

    def from_client(self, data: bytes, now: float) -> Output:
        """Take bytes of the client. Raises ClientProtocolError."""
        if self._over:
            return _SILENT
        framer = self._client
        if self._held:
            framer.keep(data)
            return _SILENT
        spans = framer.feed(data)
        buffer = framer.buffer
        forward: list[bytes] = []
        sent = end = ahead = self._client_ahead
        for code, start, end in spans:
            if code == RUN:
                continue
            self._late = start < ahead
            instead = self._handle(code, buffer, start, end, now)
            if instead is None or self._late:
                continue
            forward += (buffer[sent:start], instead)
            sent = end
            if self._action is not None:
                if self._action is Action.HOLD:
                    framer.unread(end if self._rest else start)
                break
        self._late = False
        if spans:
            self._client_ahead = 0
        forward.append(buffer[sent:end])
        aside, self._aside = self._aside, b""
        return Output(b"".join(forward), aside, self._act())

    def saw_client(self, data: bytes, now: float) -> None:
        """Take bytes of the client that are forwarded already. Raises ClientProtocolError."""
        framer = self._client
        spans = framer.feed(data)
        for code, start, end in spans:
            if code != RUN:
                self._handle(code, framer.buffer, start, end, now)
        self._client_ahead = framer.kept

    def release(self, now: float) -> Output:
        """Let the held frame go, and what came behind it."""
        if not self._held:
            return _SILENT
        self._released = Mark.DIVISION in self._replies.expected
        if self._released:
            # The rest of a Query is sent only when what comes before it has succeeded.
            return _SILENT
        self._held = False
        self._let_through = not self._replies.failed_division
        if self._let_through:
            self._client.put_back(self._rest)
        self._rest, self._replies.failed_division = b"", False
        return self.from_client(b"", now)

    def from_server(self, data: bytes, now: float) -> Output:
        """Take bytes of the server. Raises ServerProtocolError."""
        if self._over:
            return _SILENT
        framer = self._server
        spans = framer.feed(data)
        buffer = framer.buffer
        forward: list[bytes] = []
        sent = end = ahead = self._server_ahead
        for code, start, end in spans:
            if self._may_see(code, buffer, start, end, now) or start < ahead:
                continue
            forward.append(buffer[sent:start])
            sent = end
            if self._replies.done:
                self._action = Action.CLOSE
                break
        if spans:
            self._server_ahead = 0
            self._settle()
        forward.append(buffer[sent:end])
        shown = b"".join(forward)
        if self._released and self._action is None:
            to_server, to_client, action = self.release(now)
            return Output(to_server, shown + to_client, action)
        return Output(b"", shown, self._act())

    def saw_server(self, data: bytes, now: float) -> None:
        """Take bytes of the server that are forwarded already. Raises ServerProtocolError."""
        framer = self._server
        handlers = self._replies.handlers
        for code, start, end in framer.feed(data):
            if code == RUN:
                self._replies.rows(framer.buffer[start:end])
            else:
                handlers[code](framer.buffer, start, end, now)
        self._server_ahead = framer.kept
        self._settle()

    def _handle(self, code: int, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        try:
            return self._handlers[code](buffer, start, end, now)
        except ValueError as error:
            raise ClientProtocolError("sent a message whose text does not end") from error

    def _may_see(self, code: int, buffer: bytes, start: int, end: int, now: float) -> bool:
        replies = self._replies
        losing = replies.lost is not None and replies.losing
        if code == RUN:
            replies.rows(buffer[start:end])
            visible = True
        else:
            visible = replies.handlers[code](buffer, start, end, now)
        # Without CopyInResponse the client would not send what is to be copied.
        return code == _COPY_IN if losing else visible

    def _settle(self) -> None:
        """Forget the portals that ended with their transaction."""
        if self._replies.settled:
            self._replies.settled = False
            if self._replies.status == IDLE:
                self._prepared.end_portals()

    def _act(self) -> Action | None:
        action, self._action = self._action, None
        self._over = action is Action.CLOSE
        return action

    # ------------------------------------------------------------------------ the client's side
    #
    # A handler returns None to forward its message, or what to forward instead.

    def _on_packet(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        packet = buffer[start:end]
        code = int.from_bytes(packet[4:8], "big")
        if code == CANCEL_REQUEST:
            # It has this connection to itself, and the server closes it without an answer.
            return None
        parameters = startup_parameters(packet)
        shown = " ".join(f"{name}={value}" for name, value in parameters.items())
        statement = Statement(shown, now, simple=True)
        match self._gate.on_connect(statement, parameters):
            case None:
                self._replies.expected += (statement, Mark.QUERY)
                return None
            case Refuse(sqlstate):
                self._aside += refusal(sqlstate)
                statement.ended, statement.sqlstate = now, sqlstate
        statement.reached = True
        self._action = Action.CLOSE
        return b""

    def _on_query(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if self._replies.skipping:
            return None
        sql = buffer[start + 5 : end - 1]
        script = Script(sql, split(sql, backslashes=self._replies.backslashes))
        if self._must_wait(script.text(0)):
            return b""
        expected = self._replies.expected
        status = self._replies.status or IDLE
        divisible: Collection[int] = ()
        if self._gate.armed:
            divisible = script.divisible(in_transaction=status != IDLE)
        instead: bytes | None = None
        for index, part in enumerate(script.parts):
            statement = Statement(script.text(index), now, True, status)
            status = follow(status, part.tag, statement.sql)
            if instead is not None:
                # The server skips it, behind the error.
                self._pass(statement)
                continue
            if index in divisible and self._must_wait(statement.sql):
                expected.append(Mark.DIVISION)
                self._altering = True
                first, self._rest = script.divide(index)
                return first
            match self._ordered(statement):
                case Raise(sqlstate, ends_transaction):
                    if ends_transaction:
                        expected.insert(len(expected) - 1, Mark.OUR_ROLLBACK)
                    error = raising(sqlstate, ends_transaction=ends_transaction)
                    instead = script.replace(index, error)
                case Cut():
                    if index == 0:
                        return self._close_before(statement)
                    self._replies.lost = statement
                    expected += (Mark.OUR_ERROR, Mark.QUERY)
                    return script.replace(index, raising(ENDED))
                case LoseReply() if index < len(script.parts) - 1:
                    expected += (Mark.OUR_ERROR, Mark.QUERY)
                    return script.insert_after(index, raising(ENDED))
        expected.append(Mark.QUERY)
        begin = self._beginning(sql) if len(script.parts) == 1 else None
        return query(begin) if instead is None and begin is not None else instead

    def _on_function_call(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if self._replies.skipping:
            return None
        oid = int.from_bytes(buffer[start + 5 : start + 9], "big")
        statement = Statement(f"<function {oid}>", now, True, self._replies.status or IDLE)
        order = self._ordered(statement)
        if isinstance(order, Cut):
            return self._close_before(statement)
        self._replies.expected.append(Mark.QUERY)
        return query(raising(order.sqlstate)) if isinstance(order, Raise) else None

    def _on_parse(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if not self._replies.skipping:
            name, sql = self._prepared.parse(buffer, start, end)
            self._replies.expected.append(sql)
            begin = self._beginning(sql.encode())
            if begin is not None:
                types = buffer[end - 2 : end]
                return message(b"P", name + b"\0" + begin + b"\0" + types)
        return None

    def _on_bind(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if self._replies.skipping:
            return None
        portal, statement = self._prepared.bound(buffer, start, end)
        if self._must_wait(statement.sql):
            # Here and not at Execute: the portal's snapshot is taken at Bind.
            return b""
        self._prepared.bind(portal, statement, buffer, start, end)
        self._replies.expected.append(Mark.BIND)
        return None

    def _on_execute(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if self._replies.skipping:
            return None
        self._replies.flushed = False
        prepared, bound = self._prepared.executed(buffer, start, end)
        before = self._replies.status or IDLE
        statement = Statement(prepared.sql, now, False, before, bound, prepared)
        match self._ordered(statement):
            case Raise(sqlstate, ends_transaction):
                self._replies.expected.pop()
                if ends_transaction:
                    self._replies.expected += (Mark.OUR_PARSE, Mark.OUR_BIND, Mark.OUR_ROLLBACK)
                self._replies.expected += (Mark.OUR_PARSE, Mark.OUR_BIND, statement)
                self._injections += 1
                name = b"_seamproof_%d" % self._injections
                return raising_execute(sqlstate, name, ends_transaction=ends_transaction)
            case Cut():
                return self._close_before(statement)
        return None

    def _on_describe(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if not self._replies.skipping:
            described = self._prepared.described(buffer, start, end)
            self._replies.expected.append(described or Mark.DESCRIBE)
        return None

    def _on_close(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if not self._replies.skipping:
            self._prepared.close(buffer, start, end)
            self._replies.expected.append(Mark.CLOSE)
        return None

    def _on_sync(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        if self._replies.copying:
            return None
        self._replies.skipping = False
        self._replies.expected.append(Mark.SYNC)
        return None

    def _on_flush(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        self._replies.flush()
        if self._replies.done:
            self._action = Action.CLOSE
            return b""
        return None

    def _on_copy_end(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        self._replies.copying = False
        return None

    def _on_terminate(self, buffer: bytes, start: int, end: int, now: float) -> bytes | None:
        return None

    def _beginning(self, sql: bytes) -> bytes | None:
        """What begins a transaction at the level that is wanted, in place of a text that does."""
        level = self._gate.isolation
        if not level or self._late or not _BEGINS.match(sql):
            return None
        return b"BEGIN ISOLATION LEVEL " + level.upper().encode()

    def _must_wait(self, sql: str) -> bool:
        if self._let_through:
            self._let_through = False
        elif self._gate.armed and not self._late and self._gate.holds(sql):
            self._held = True
            self._action = Action.HOLD
            return True
        return False

    def _ordered(self, statement: Statement) -> Order | None:
        """Ask the gate, and await what the server will say to the statement."""
        if self._late:
            self._pass(statement)
            return None
        order = self._gate.on_statement(statement)
        self._altering = self._altering or order is not None
        if isinstance(order, LoseReply):
            self._replies.lost = statement
        if not isinstance(order, Cut):
            self._replies.expected.append(statement)
        return order

    def _pass(self, statement: Statement) -> None:
        self._gate.on_passed(statement)
        self._replies.expected.append(statement)

    def _close_before(self, statement: Statement) -> bytes:
        statement.reached = True
        self._action = Action.CLOSE
        return b""
