"""A service that insists on TLS to its database."""

import pytest
from tiny_worlds import ask, refused, run

from seamproof.boundaries.authority import create_authority
from seamproof.core.errors import DatabaseError, ServiceError

CREATES = """
    {python} -c "import os, psycopg
with psycopg.connect(os.environ['TINY_URL']) as connection:
    assert connection.pgconn.ssl_in_use
    connection.execute('CREATE TABLE counted (n int)')"
"""


def test_a_service_and_its_migration_insist_on_tls_and_on_our_authority(project):
    async def body(world):
        modes = {each.stat().st_mode & 0o777 for each in (world.folder / "tls").iterdir()}
        return modes, await ask(world.replicas[0])

    url = "{database.url}?sslmode=verify-full&sslrootcert={database.ca}"
    config = project(env={"TINY_URL": url}, database={"tls": True, "migrate": CREATES})
    assert run(config, body)[0] == ({0o600}, "0")


@pytest.mark.parametrize("mode", ["", "lazy"])
def test_a_service_that_insists_on_tls_is_told_how_to_have_it(project, mode):
    config = project(
        env={"TINY_URL": "{database.url}?sslmode=require", "MODE": mode},
        service={"ready": "/count" if mode else "/", "start_timeout": 3},
    )
    assert "set database.tls = true" in refused(config, ServiceError).hint


def test_so_is_its_migration(project):
    url = "{database.url}?sslmode=require"
    config = project(env={"TINY_URL": url}, database={"migrate": CREATES})
    assert "set database.tls = true" in refused(config, DatabaseError).hint


def test_a_service_that_trusts_another_authority_is_told_ours(project, tmp_path):
    other = create_authority(tmp_path / "other").certificate
    url = f"{{database.url}}?sslmode=verify-full&sslrootcert={other}"
    error = refused(project(env={"TINY_URL": url}, database={"tls": True}), ServiceError)
    assert "whose file is {database.ca}" in error.hint
