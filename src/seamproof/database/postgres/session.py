"""Our own connection to a service's database, whose settings make every text and plan the same.

It is a superuser's: it sees rows whatever row-level security says, and acts in replica role, in
which neither the service's triggers nor its foreign keys fire.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.conninfo import make_conninfo

from seamproof.core.protocols import Address

Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]
Cursor: TypeAlias = AsyncRawCursor[tuple[Any, ...]]

PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
"""What the text of a value depends on. A float printed with 1 is the shortest exact one."""

_SESSION = {
    "seamproof.bypass": "on",
    "session_replication_role": "replica",
    "synchronous_commit": "off",
    "lock_timeout": "10s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "jit": "off",
    "client_min_messages": "warning",
    # An undo finds rows by place or by key. Tables of a test database were often never analysed,
    # so the planner's estimates would be guesses: plan once, and never by reading a whole table
    # where there is another way.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


def conninfo(address: Address, **options: str) -> str:
    """A libpq connection string for an address."""
    return make_conninfo(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password or None,
        dbname=address.name,
        **options,
    )


def _options(settings: dict[str, str]) -> str:
    """Settings for libpq's `options`, whose separator is a space escaped by a backslash."""
    escaped = {name: value.replace(" ", "\\ ") for name, value in settings.items()}
    return " ".join(f"-c {name}={value}" for name, value in escaped.items())


async def connect(address: Address) -> Connection:
    """Connect as ourselves to a service's database."""
    # psycopg would prepare statements of its own, and after a ROLLBACK deallocate all: ours too.
    return await AsyncConnection.connect(
        conninfo(
            address,
            application_name="seamproof",
            options=_options(PINNED | _SESSION),
        ),
        autocommit=True,
        prepare_threshold=None,
    )


async def run(connection: Connection, query: str, parameters: Sequence[object] = ()) -> Cursor:
    """Execute one statement with `$1` placeholders; in a pipeline, queue it."""
    cursor: Cursor = AsyncRawCursor(connection)
    return await cursor.execute(query.encode(), parameters or None)


async def run_script(connection: Connection, script: str) -> None:
    """Execute several statements at once, as one transaction."""
    cursor: Cursor = AsyncRawCursor(connection)
    await cursor.execute(script.encode(), prepare=False)


@asynccontextmanager
async def undone_on_failure(connection: Connection) -> AsyncIterator[None]:
    """Roll back where the block fails before its COMMIT."""
    try:
        yield
    except BaseException:
        if not connection.closed:
            await connection.rollback()
        raise
