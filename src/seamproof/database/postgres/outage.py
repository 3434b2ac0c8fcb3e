"""What an error says of the server: it went away, or its disk is full."""

from __future__ import annotations

import asyncio
import time

import psycopg

from seamproof.core.errors import DatabaseError, MachineError, SeamproofError
from seamproof.core.protocols import Address
from seamproof.database.postgres.admin import connect
from seamproof.database.postgres.session import Connection, run

_ENDED = ("57P", "08")
"""Classes of SQLSTATE: the operator intervened, and connection exceptions."""
_NO_SPACE = {
    "53100": "the disk of the database server is full",
    "58030": "the database server cannot read or write its files",
}
_POLL = 0.1


def lost(error: BaseException) -> bool:
    """Whether it says that the connection to the server has ended."""
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(_ENDED)


def no_space(sqlstate: str | None) -> MachineError | None:
    """What a statement's SQLSTATE says of the server's disk, None for any other error."""
    problem = _NO_SPACE.get(sqlstate or "")
    if problem is None:
        return None
    return MachineError(
        f"{problem} (SQLSTATE {sqlstate})",
        hint="free some space there; what was found before that stands",
    )


def explained(error: BaseException) -> SeamproofError | None:
    """What went wrong with the server, for a person; None where that is not what the error says."""
    full = no_space(error.sqlstate) if isinstance(error, psycopg.Error) else None
    if full is not None:
        return full
    if not lost(error):
        return None
    said = " ".join(str(error).split())
    return DatabaseError(
        f"the database server went away in the middle of the run: {said}",
        hint="see the server's log: was it stopped, or did it run out of memory or disk?",
    )


async def lives(connection: Connection) -> bool:
    """Whether a session has not been ended."""
    try:
        await run(connection, "SELECT")
    except psycopg.Error as error:
        return not lost(error)
    return True


async def wait_for(address: Address, limit: float) -> None:
    """Wait until a server that went away answers again. Raises DatabaseError after `limit` seconds,
    and where it lets nobody in."""
    deadline = time.monotonic() + limit
    while True:
        try:
            await (await connect(address)).close()
        except psycopg.Error as error:
            if time.monotonic() < deadline:
                await asyncio.sleep(_POLL)
                continue
            raise explained(error) or error from None
        return
