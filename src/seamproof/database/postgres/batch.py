"""Several statements in one round trip, at little more than what the server needs for them.

    Parse* Bind Execute  Bind Execute  …  Sync   ->   results, in order   ReadyForQuery

psycopg's own pipeline waits for the socket once a statement, in Python; an undo of five tables is
twenty statements, and would spend more time there than in the server. This is libpq's pipeline
mode (the manual's section 34.5) through psycopg's public wrapper of libpq, with one wait a batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from psycopg import OperationalError, errors, pq

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

    from seamproof.database.postgres.session import Connection

Values: TypeAlias = tuple[str | None, ...]

_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)

_numbers = count()
_prepared: WeakKeyDictionary[Connection, dict[str, bytes]] = WeakKeyDictionary()


class Answer:
    """What one statement of a batch gave; all values are text."""

    __slots__ = ("_result",)

    def __init__(self, result: PGresult) -> None:
        self._result = result

    def rows(self) -> list[Values]:
        """Every row."""
        value = self._result.get_value
        columns = range(self._result.nfields)
        found: list[Values] = []
        for row in range(self._result.ntuples):
            cells = [value(row, column) for column in columns]
            found.append(tuple([None if cell is None else str(cell, "utf-8") for cell in cells]))
        return found

    def row(self) -> Values:
        """The only row."""
        (row,) = self.rows()
        return row


class Batch:
    """Statements with `$1` placeholders, whose parameters are texts. Prepared once a session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._statements: list[tuple[str, Sequence[str | None]]] = []

    def add(self, query: str, *parameters: str | None) -> int:
        """Add a statement, and return the index of its answer."""
        self._statements.append((query, parameters))
        return len(self._statements) - 1

    async def send(self) -> list[Answer]:
        """Send what was added, and wait for every answer.

        Outside a transaction the batch is one of its own. Raises psycopg's error of the first
        statement that failed; those after it did not run.
        """
        statements, self._statements = self._statements, []
        known = _prepared.setdefault(self._connection, {})
        fresh: dict[str, bytes] = {}
        async with self._connection.lock:
            connection = self._connection.pgconn
            connection.enter_pipeline_mode()
            try:
                own = _queue(connection, statements, known, fresh)
                results = await _exchange(connection)
            except BaseException:
                # Half a conversation: nothing more can be said on this connection.
                connection.finish()
                raise
            connection.exit_pipeline_mode()
        for result in results:
            if result.status not in _DONE:
                raise _error(result)
        known.update(fresh)
        return [Answer(results[index]) for index in own]


def _queue(
    connection: PGconn,
    statements: Sequence[tuple[str, Sequence[str | None]]],
    known: dict[str, bytes],
    fresh: dict[str, bytes],
) -> list[int]:
    """Queue everything, and return which of the results are the statements' own."""
    own: list[int] = []
    results = 0
    for query, parameters in statements:
        name = known.get(query) or fresh.get(query)
        if name is None:
            name = fresh[query] = f"seamproof_{next(_numbers)}".encode()
            connection.send_prepare(name, query.encode())
            results += 1
        values = [None if value is None else value.encode() for value in parameters]
        connection.send_query_prepared(name, values)
        own.append(results)
        results += 1
    connection.pipeline_sync()
    return own


async def _exchange(connection: PGconn) -> list[PGresult]:
    """Write what is queued, and read up to ReadyForQuery, both at once: either side may be full."""
    results: list[PGresult] = []
    unsent = connection.flush()
    while True:
        await _ready(connection.socket, write=bool(unsent))
        connection.consume_input()
        unsent = connection.flush() if unsent else 0
        while not connection.is_busy():
            result = connection.get_result()
            if result is None:
                if connection.status != pq.ConnStatus.OK:
                    raise OperationalError("the server closed the connection")
                continue  # The end of one statement's results.
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                return results
            results.append(result)


async def _ready(socket: int, *, write: bool) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(socket, wake)
    if write:
        loop.add_writer(socket, wake)
    try:
        await ready
    finally:
        loop.remove_reader(socket)
        if write:
            loop.remove_writer(socket)


def _error(result: PGresult) -> Exception:
    state = bytes(result.error_field(pq.DiagnosticField.SQLSTATE) or b"XX000").decode()
    message = bytes(result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
    try:
        kind = errors.lookup(state)
    except KeyError:
        kind = errors.DatabaseError
    return kind(message or result.error_message.decode())
