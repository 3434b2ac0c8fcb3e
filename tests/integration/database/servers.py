"""What the tests of servers share: a cache of their own, a workspace, small helpers."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.postgres.server import PostgresServer
from seamproof.database.settings import DatabaseSettings

TABLE = "CREATE TABLE items (id serial PRIMARY KEY, name text)"


@pytest.fixture(scope="session")
def own_cache() -> Iterator[Path]:
    """A cache folder that the server's user can reach, and that is gone after the tests."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3
    parent = memory if roomy else Path("/var/tmp")
    folder = Path(tempfile.mkdtemp(prefix="seamproof-test-", dir=parent))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def workspace(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_cache))
    return tmp_path


@asynccontextmanager
async def provided(
    workspace: Path, settings: DatabaseSettings | None = None, **options: Any
) -> AsyncIterator[PostgresServer]:
    server = await Postgres().provision(settings or DatabaseSettings(), workspace, **options)
    try:
        yield server
    finally:
        await server.stop()


def fresh_key() -> str:
    return uuid.uuid4().hex


def running(
    *statements: str, calls: list[Address] | None = None
) -> Callable[[Address], Awaitable[None]]:
    """A preparation that runs statements, and notes that it was called."""

    async def prepare(address: Address) -> None:
        if calls is not None:
            calls.append(address)
        async with await psycopg.AsyncConnection.connect(address.url(), autocommit=True) as each:
            for statement in statements:
                await each.execute(statement.encode())

    return prepare


async def ask(address: Address, query: str) -> Any:
    """The only value of a query, None for a statement without one."""
    async with await psycopg.AsyncConnection.connect(address.url(), autocommit=True) as each:
        cursor = await each.execute(query.encode())
        row = await cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def gone(path: Path, pid: int, limit: float = 20.0) -> bool:
    """Whether a directory and a process go away in time."""
    for _ in range(int(limit * 20)):
        if not path.exists() and not alive(pid):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
