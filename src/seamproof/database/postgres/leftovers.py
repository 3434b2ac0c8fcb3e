"""What killed runs left on a test server: told by the comment on each run's role.

A run's role is created, and given a comment, in one transaction and before any database; each
database of the run has a name that begins with the role's. So nothing of a run is ever there
without a role that says whose it is. The role of a template that is being built says the same.

A database is created first and marked then. One that a kill left between the two is told by its
owner: each of ours is created with a role of ours as its owner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psutil

from seamproof.database.postgres.admin import Admin
from seamproof.database.postgres.marker import PREFIX, mark_database, marked

_RUN = "seamproof: run "
_BUILD = "seamproof: build "
_DRIFT = 2.0
"""Seconds that a start time may seem to move when the machine's clock is set."""
_PATIENCE = 10.0
"""Seconds that the sessions of a dead run may take to end."""

_OURS = """
    SELECT EXISTS (SELECT FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
                    WHERE d.datname = %s AND d.datname LIKE 'seamproof\\_%%'
                      AND r.rolname LIKE 'seamproof\\_t\\_%%'
                      AND starts_with(shobj_description(r.oid, 'pg_authid'), 'seamproof: '))
"""
_BUILT = """
    SELECT datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
     WHERE r.rolname = %s AND d.datname ~ %s
"""


def note(machine: str) -> str:
    """The comment for the role of this run: which machine, which process, since when."""
    return _RUN + _here(machine)


def building_note(machine: str) -> str:
    """The comment for the role of a template that this run builds."""
    return _BUILD + _here(machine)


def _here(machine: str) -> str:
    me = psutil.Process()
    return f"{machine} {me.pid} {me.create_time()}"


async def reap(admin: Admin, machine: str) -> None:
    """Drop what runs of this machine left that were killed, and nothing else."""
    async for role in _dead(admin, _RUN, machine):
        await _end_sessions(admin, role)
        for name in await databases(admin, role):
            await drop_ours(admin, name)
        await admin.drop_role(role)
    async for template in _dead(admin, _BUILD, machine):
        await discard(admin, template)


async def _dead(admin: Admin, kind: str, machine: str) -> AsyncIterator[str]:
    rows = await admin.rows(
        "SELECT rolname, shobj_description(oid, 'pg_authid') FROM pg_roles"
        " WHERE rolname LIKE 'seamproof\\_%%'"
        " AND starts_with(shobj_description(oid, 'pg_authid'), %s)",
        f"{kind}{machine} ",
    )
    for role, text in rows:
        _, pid, started = text.removeprefix(kind).split()
        if not _runs(int(pid), float(started)):
            yield role


async def _end_sessions(admin: Admin, role: str) -> None:
    """End a dead run's own sessions: one may be creating a database still, which nobody would know
    of when it is done."""
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit:
        ended = await admin.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s OR starts_with(application_name, %s)",
            role,
            f"{role}_",
        )
        if not ended:
            return
        await asyncio.sleep(0.02)


async def drop_ours(admin: Admin, name: str) -> None:
    """Drop a database that a killed run left; one that is not ours, whatever its name, stays."""
    if not await marked(admin.connection, name):
        ((ours,),) = await admin.rows(_OURS, name)
        if not ours:
            return
        await mark_database(admin.connection, name)
    await admin.drop_database(name)


async def discard(admin: Admin, template: str) -> None:
    """Drop what there is of a template that was not finished."""
    for (name,) in await admin.rows(_BUILT, template, f"^{PREFIX}[0-9a-f]{{12}}$"):
        await drop_ours(admin, name)
    await admin.drop_role(f"{template}_use")
    await admin.drop_role(template)


async def databases(admin: Admin, role: str) -> list[str]:
    """The databases of the run that has this role."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1"
    return [name for (name,) in await admin.rows(query, f"{role}_")]


def _runs(pid: int, started: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - started) < _DRIFT
    except psutil.NoSuchProcess:
        return False
