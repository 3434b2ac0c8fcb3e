import asyncio

import pytest

from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings


@pytest.fixture(scope="session")
def test_server(tmp_path_factory):
    """The URL of a running server: a world on it starts faster than with one of its own."""
    folder = tmp_path_factory.mktemp("server")
    with asyncio.Runner() as runner:
        server = runner.run(Postgres().provision(DatabaseSettings(), folder))
        yield server.admin.url()
        runner.run(server.stop())
