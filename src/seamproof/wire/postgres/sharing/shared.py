"""Whose turn it is on the shared session, and what passes.

    from_client(client, type, message)  ->  its inbox  ->  its turn  ->  to_server
    from_server(data)                   ->  to_client, of whoever has the turn

It reads no clock and no socket: what it sends goes to `Ports`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from seamproof.wire.postgres.events import FAILED, IDLE, OPEN
from seamproof.wire.postgres.framing import RUN, Framer
from seamproof.wire.postgres.messages import (
    ServerProtocolError,
    error_fields,
    message,
    query,
    text,
)
from seamproof.wire.postgres.sharing import control
from seamproof.wire.postgres.sharing.client import Client
from seamproof.wire.postgres.sharing.control import Effect, State
from seamproof.wire.postgres.sharing.ports import Ports, ready, refusal
from seamproof.wire.postgres.sharing.replies import ENDS, Awaited, Expected, Kind
from seamproof.wire.postgres.sharing.requests import translated

TERMINATE: Final = ord("X")
_SYNC: Final = ord("S")
_ENDS_REQUEST: Final = frozenset(b"QSF")
_COPIES: Final = frozenset((RUN, ord("c"), ord("f")))
_HELD: Final = b'SAVEPOINT "seamproof held"'
_FAILS: Final = control.raising("25P02", "the transaction was rolled back when its test had ended")
_IN_USE: Final = "55P03"
_READS: Final = frozenset(
    {"BEGIN", "CLOSE", "COMMIT", "DEALLOCATE", "DECLARE", "EXPLAIN", "FETCH", "MOVE", "PREPARE"}
    | {"RESET", "ROLLBACK", "SELECT", "SET", "SHOW", "START"}
)
"""First words of command tags: what has changed no row, as far as the server tells."""


class Shared:
    """One session of the server, for all clients. `deferred` is `State.deferred`."""

    def __init__(self, ports: Ports, deferred: tuple[bytes, ...] = ()) -> None:
        self._ports = ports
        self._deferred = deferred
        self._framer = Framer.of_server()
        self._expected = Expected()
        self._clients: set[Client] = set()
        self._waiting: deque[Client] = deque()
        self._turn: Client | None = None
        self._status = IDLE
        self._begun = False
        self._committed = False
        """Whether a client has committed what it wrote."""
        self._dressed = b""
        self._asked = False
        """Whether the client awaits ReadyForQuery."""
        self._busy = False
        """Whether nothing may be sent before our own Query is answered."""
        self._skipping = False
        """Whether the server ignores everything up to a Sync that is not sent yet."""
        self._copying = False
        self._forgotten: list[bytes] = []
        """Prepared statements whose client has gone."""

    # ------------------------------------------------------------------------ around a test

    @property
    def settled(self) -> bool:
        """Whether nothing is under way. A transaction may be open between two statements."""
        if self._busy or self._asked or self._expected or self._waiting:
            return False
        return self._turn is None or self._between(self._turn)

    def rollback(self, then: Callable[[bool], None]) -> None:
        """Take back everything, and tell whether that was done. Call while it is settled.

        It is not where a client is in a transaction that has written, and none has committed: a
        suite keeps one for several tests, and what it wrote is of them all.
        """
        holder = self._turn
        if holder is not None and holder.wrote and not self._committed:
            then(False)
            return

        def done(error: bytes) -> None:
            self._begun = self._committed = False
            self._status, self._dressed = IDLE, b""
            if holder is not None:
                self._give_up(holder)
            for each in self._clients:
                each.lost = each.open and (each.lost or each.wrote or each.local)
                each.placed = each.wrote = each.local = False
            then(not error)

        if self._begun:
            self._send(b"ROLLBACK", done)
        else:
            done(b"")

    def mark(self, then: Callable[[bool], None]) -> None:
        """Take the state that is there as what `back` restores. Call while it is settled."""
        first = b"" if self._begun else b"BEGIN; "
        self._begun = True
        self._send(first + _HELD, lambda error: then(not error))

    def back(self, then: Callable[[bool], None]) -> None:
        """Restore what `mark` took. Call while it is settled."""

        def done(error: bytes) -> None:
            self._dressed = b""
            then(not error)

        self._send(b"ROLLBACK TO " + _HELD, done)

    # ------------------------------------------------------------------------ clients

    def join(self, client: Client) -> None:
        """Take a client, which has been greeted."""
        self._clients.add(client)

    def serves(self, number: int) -> bool:
        """Whether it is this client's turn."""
        return self._turn is not None and self._turn.number == number

    def from_client(self, client: Client, code: int, data: bytes) -> None:
        """Take one message, or a piece of copied data; TERMINATE as well where a client is lost."""
        if client.skipping and code != TERMINATE:
            if code == _SYNC:
                client.skipping = False
                self._ports.to_client(client, ready(FAILED if client.open else IDLE))
            return
        client.inbox.append((code, data))
        if client is not self._turn and client not in self._waiting:
            self._waiting.append(client)
            self._go()
            if client in self._waiting:
                self._ports.on_waiting(client)
            return
        self._go()

    def refuse(self, client: Client, problem: str) -> bool:
        """Answer what a client waits with by an error. Returns whether it was waiting."""
        if client not in self._waiting:
            return False
        self._waiting.remove(client)
        client.lost = client.open
        self._ports.to_client(client, refusal(_IN_USE, problem))
        while client.inbox:
            code, _ = client.inbox.popleft()
            if code in _ENDS_REQUEST:
                self._ports.to_client(client, ready(FAILED if client.open else IDLE))
                break
        else:
            client.skipping = True
        if client.inbox:
            self._waiting.append(client)
            self._ports.on_waiting(client)
        return True

    def _go(self) -> None:
        """Send what can be sent."""
        while not self._busy:
            client = self._turn
            if client is None:
                if not self._waiting:
                    break
                self._turn = self._waiting.popleft()
            elif client.inbox and (not self._asked or self._copying):
                self._take(client, *client.inbox.popleft())
            elif self._waiting and self._may_step_aside(client):
                self._step_aside(client)
            else:
                break

    def _between(self, client: Client) -> bool:
        """Whether a client is between two statements, or has had them prepared only."""
        return not (client.inbox or self._asked or self._expected or self._skipping)

    def _may_step_aside(self, client: Client) -> bool:
        kept = client.wrote or client.local
        return self._between(client) and (self._status == FAILED or not kept)

    def _step_aside(self, client: Client) -> None:
        if self._status == FAILED:
            client.lost = True
        sql = control.RELEASE
        if self._status == FAILED:
            sql = control.ROLLBACK + b"; " + sql

        def aside(error: bytes) -> None:
            client.placed = client.wrote = False
            self._give_up(client)

        self._send(sql, aside)

    def _give_up(self, client: Client) -> None:
        """End a client's turn. What it has sent meanwhile waits for the next."""
        self._turn = None
        if client.inbox:
            self._waiting.append(client)
            self._ports.on_waiting(client)

    # ------------------------------------------------------------------------ one client's turn

    def _take(self, client: Client, code: int, data: bytes) -> None:
        if code == TERMINATE:
            self._leave(client)
            return
        if self._copying and code in _COPIES:
            self._ports.to_server(data)
            return
        if code in _COPIES or (self._skipping and code != _SYNC):
            # The server ignores it.
            self._pass_on(client)
            return
        if not client.placed:
            self._place(client)
        found = translated(
            client, code, data, State(client.open, self._status == FAILED, self._deferred)
        )
        self._expected.add(*found.awaited)
        if code in _ENDS_REQUEST:
            self._asked = True
            self._skipping = False
        self._ports.to_server(found.sent)

    def _pass_on(self, client: Client) -> None:
        """End a turn in which nothing was sent."""
        if not client.placed and not client.inbox:
            self._turn = None

    def _place(self, client: Client) -> None:
        """Begin a client's transaction, in a session that is its own."""
        sent = [] if self._begun else [b"BEGIN"]
        dress = client.dress()
        if dress != self._dressed:
            sent.append(dress)
            self._dressed = dress
        sent += [*map(control.deallocate, self._forgotten), control.BEGIN]
        lost, client.lost = client.lost, False
        if lost:
            sent.append(_FAILS)
        self._forgotten.clear()
        self._begun = client.placed = True
        self._status = FAILED if lost else OPEN

        def placed(error: bytes) -> None:
            if error and not lost:
                said = error_fields(error).get("M", "")
                raise ServerProtocolError(f"refused what a client has set for its session: {said}")

        self._expected.add(Awaited(Kind.OURS, then=placed))
        self._ports.to_server(query(b"; ".join(sent)))

    def _leave(self, client: Client) -> None:
        """End a client that says that it goes, or is lost."""
        if client.placed and (self._asked or self._expected or self._skipping):
            self._wind_up(client)
        elif client.placed:
            client.open = client.placed = False
            self._send(control.ROLLBACK + b"; " + control.RELEASE, lambda error: self._left(client))
        else:
            self._left(client)

    def _wind_up(self, client: Client) -> None:
        """Bring what it left half said to an end."""
        client.inbox.appendleft((TERMINATE, b""))
        if self._copying:
            self._copying = False
            self._ports.to_server(message(b"f", b"the client has gone\0"))
        if not self._asked or self._skipping:
            self._expected.add(Awaited(Kind.READY, synced=True))
            self._asked, self._skipping = True, False
            self._ports.to_server(message(b"S"))

    def _left(self, client: Client) -> None:
        self._forgotten += [client.renamed(each) for each in client.prepared]
        self._clients.discard(client)
        self._turn = None
        if client.local:
            self._dressed = b""

    # ------------------------------------------------------------------------ the server's side

    def from_server(self, data: bytes) -> None:
        """Take bytes of the server. Raises ServerProtocolError."""
        shown: list[bytes] = []
        for code, start, end in self._framer.feed(data):
            part = self._framer.buffer[start:end]
            if code == ord("Z"):
                self._show(shown)
                self._on_ready(part)
                continue
            visible = self._on_message(code, part)
            if visible:
                shown.append(visible)
        self._show(shown)
        if self._copying:
            # It may have been sent before the server asked for it.
            self._go()

    def _show(self, shown: list[bytes]) -> None:
        if shown and self._turn is not None:
            self._ports.to_client(self._turn, b"".join(shown))
        shown.clear()

    def _on_message(self, code: int, part: bytes) -> bytes:
        """What the client sees of it."""
        head = self._expected.head
        if code == ord("E"):
            return self._on_error(part)
        if head is None or head.kind is Kind.OURS:
            return b""
        if code == ord("G"):
            self._copying = True
            self._expected.copies()
        done = self._expected.done(code) if code in ENDS else None
        if done is not None and done.kind is Kind.STATEMENT:
            return self._on_complete(done, code, part)
        return b"" if head.hidden else part

    def _on_complete(self, done: Awaited, code: int, part: bytes) -> bytes:
        client = self._turn
        self._copying = False
        if client is None:
            return b""
        tag = part[5:-1] if code == ord("C") else b""
        if not done.tag and not done.hidden and text(tag).partition(" ")[0] not in _READS:
            client.wrote = client.wrote or bool(tag)
        if done.sql:
            client.note(done.sql, done.bound)
        if done.hidden:
            return b""
        self._apply(client, done.effect, chains=done.chains)
        return message(b"C", done.tag.encode() + b"\0") if done.tag else part

    def _apply(self, client: Client, effect: Effect, *, chains: bool) -> None:
        if effect is Effect.NONE:
            return
        if effect is Effect.OPENS:
            client.open = True
            return
        self._over(client, committed=effect is Effect.COMMITS)
        client.open = chains

    def _over(self, client: Client, *, committed: bool) -> None:
        """A client's transaction has ended."""
        if committed:
            self._committed = self._committed or client.wrote
            client.keep()
            self._dressed = b"" if client.local else client.dress()
        else:
            client.undo()
        client.wrote = client.local = False

    def _on_error(self, part: bytes) -> bytes:
        failed = self._expected.failed()
        if failed is None:
            return part
        if failed.kind is Kind.OURS:
            failed.error = part
            return b""
        self._copying = False
        self._skipping = failed.batched and not self._expected
        if failed.effect is Effect.COMMITS and self._turn is not None:
            # A failed COMMIT leaves no transaction.
            self._turn.open = False
        return part

    def _on_ready(self, part: bytes) -> None:
        if part[5] not in (IDLE, OPEN, FAILED):
            raise ServerProtocolError("sent ReadyForQuery with no status that is known")
        self._status = part[5]
        done = self._expected.ready()
        if done is None or done.hidden:
            return
        if done.kind is Kind.OURS:
            if done.then is not None:
                self._busy = False
                done.then(done.error)
            self._go()
            return
        self._asked = self._copying = False
        client = self._turn
        if client is None:
            return
        if client.open:
            self._ports.to_client(client, part)
            self._go()
        else:
            self._end(client)

    def _end(self, client: Client) -> None:
        """End the transaction that a request is without BEGIN."""
        if self._status == FAILED:
            self._finish(client)
            return

        def released(error: bytes) -> None:
            if error:
                self._ports.to_client(client, error)
                self._finish(client)
                return
            self._over(client, committed=True)
            self._yield(client)

        self._send(b"; ".join((*self._deferred, control.RELEASE)), released)

    def _finish(self, client: Client) -> None:
        def released(error: bytes) -> None:
            self._over(client, committed=False)
            self._yield(client)

        self._send(control.ROLLBACK + b"; " + control.RELEASE, released)

    def _yield(self, client: Client) -> None:
        client.placed = False
        client.portals.clear()
        self._ports.to_client(client, ready(IDLE))
        self._give_up(client)

    def _send(self, sql: bytes, then: Callable[[bytes], None]) -> None:
        self._busy = True
        self._expected.add(Awaited(Kind.OURS, then=then))
        self._ports.to_server(query(sql))
