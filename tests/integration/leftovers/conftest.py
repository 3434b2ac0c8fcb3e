"""Fixtures: surroundings with a server of our own, and with a given one."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings

# The till and its project are the command line's; this folder is collected before theirs.
sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))

from surroundings import Surroundings

Make = Callable[[str], Surroundings]


@pytest.fixture(scope="session")
def given_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that was there before."""
    folder = tmp_path_factory.mktemp("server")
    with asyncio.Runner() as runner:
        server = runner.run(Postgres().provision(DatabaseSettings(), folder))
        yield server.admin.url()
        runner.run(server.stop())


@pytest.fixture(scope="session", params=["own", pytest.param("given", marks=pytest.mark.long)])
def around(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Surroundings]:
    """Surroundings in which one run was made already. Every test leaves them as they were."""
    url = request.getfixturevalue("given_server") if request.param == "given" else ""
    root = tmp_path_factory.mktemp("around")
    # The server's user must reach the cache, which he does not below a private folder.
    shared = Path(tempfile.mkdtemp(prefix="seamproof-leftovers-", dir=_roomy()))
    shared.chmod(0o755)
    made = Surroundings.make(root, shared / "cache", url)
    try:
        made.usual = made.whole(root / "first")
        yield made
    finally:
        made.close()
        shutil.rmtree(shared, ignore_errors=True)


def _roomy() -> Path:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3
    return memory if roomy else Path("/var/tmp")
