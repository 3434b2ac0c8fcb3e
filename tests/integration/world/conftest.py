import asyncio

import psutil
import pytest
from tiny_worlds import CREATE, TINY, runs_tiny

from seamproof.config.loading import parse
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings
from seamproof.world import guard


@pytest.fixture(scope="session")
def test_server(tmp_path_factory):
    """The URL of a running server: a world on it starts faster than with one of its own."""
    folder = tmp_path_factory.mktemp("server")
    with asyncio.Runner() as runner:
        server = runner.run(Postgres().provision(DatabaseSettings(), folder))
        yield server.admin.url()
        runner.run(server.stop())


@pytest.fixture
def project(tmp_path, test_server):
    """Makes configurations of the tiny service; nothing of it may be left at the end."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001_counted.sql").write_text(CREATE)

    def make(*, service=None, env=None, database=None, **sections):
        data = {
            "service": {
                "command": f"{{python}} {TINY} {{port}}",
                "env": {"TINY_URL": "{database.url}", **(env or {})},
                "start_timeout": 20,
                "replicas": 1,
                **(service or {}),
            },
            "database": {"url": test_server, **(database or {})},
            **sections,
        }
        return parse(data, tmp_path)

    yield make
    left = [each for each in psutil.process_iter() if runs_tiny(each)]
    assert not left, left
    assert not list(tmp_path.glob(".seamproof/cache/intents/*.jsonl"))
    assert not list(tmp_path.glob(".seamproof/cache/run-*"))


@pytest.fixture
def impatient(monkeypatch):
    """A service is not waited for as long until it connects."""
    monkeypatch.setattr(guard, "_PATIENCE", 0.5)
