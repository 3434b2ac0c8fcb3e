"""What killed runs left on a test server: told by the comment on each run's role.

A run's role is created, and given a comment, in one transaction and before any database; each
database of the run has a name that begins with the role's. So nothing of a run is ever there
without a role that says whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from seamproof.core.errors import SafetyError, SeamproofError
from seamproof.database.postgres.admin import Admin, connect
from seamproof.database.postgres.given import GivenServer
from seamproof.database.settings import DatabaseSettings

_RUN = "seamproof: run "
_DRIFT = 2.0
"""Seconds that a start time may seem to move when the machine's clock is set."""


def note(machine: str) -> str:
    """The comment for the role of this run: which machine, which process, since when."""
    me = psutil.Process()
    return f"{_RUN}{machine} {me.pid} {me.create_time()}"


async def reap(admin: Admin, machine: str) -> None:
    """Drop what runs of this machine left that were killed, and nothing else."""
    rows = await admin.rows(
        "SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles"
        " WHERE rolname LIKE 'seamproof\\_%%'"
        " AND starts_with(shobj_description(oid, 'pg_authid'), %s)",
        f"{_RUN}{machine} ",
    )
    for role, text in rows:
        _, pid, started = text.removeprefix(_RUN).split()
        if not _runs(int(pid), float(started)):
            for name in await databases(admin, role):
                await admin.drop_database(name)
            await admin.drop_role(role)


async def databases(admin: Admin, role: str) -> list[str]:
    """The databases of the run that has this role."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1"
    return [name for (name,) in await admin.rows(query, f"{role}_")]


def _runs(pid: int, started: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - started) < _DRIFT
    except psutil.NoSuchProcess:
        return False


async def drop(settings: DatabaseSettings, kind: str, details: Mapping[str, str]) -> bool:
    """Drop a database or a role that an intent names, on the configured server.

    Says whether it is gone. What lies on a server that is not configured any more is left alone,
    as is what is not marked as ours.
    """
    if not settings.url:
        return False
    given = GivenServer(settings, machine="")
    at = (given.admin.host, str(given.admin.port))
    if at != (details.get("host"), details.get("port")):
        return False
    try:
        await given.inspect()
        admin = Admin(await connect(given.admin))
    except SeamproofError:
        return False
    try:
        name = details.get("name", "")
        if kind == "database":
            await admin.drop_database(name)
        elif name.startswith("seamproof_"):
            await admin.drop_role(name)
    except SafetyError:
        return False
    finally:
        await admin.close()
    return True
