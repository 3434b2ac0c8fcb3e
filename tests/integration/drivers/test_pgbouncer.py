"""A pool between the service and the boundary: what is still known of whose a statement is."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from boundary_harness import Proxy
from driver_fleet import Fleet

from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import CrossingKind
from seamproof.core.protocols import Address

pytestmark = [pytest.mark.long, pytest.mark.timeout(60)]

WRITE = CrossingKey("INSERT INTO orders (note) VALUES (?)")
COMMIT = CrossingKey("COMMIT")
CONFIGURATION = """\
[databases]
{address.name} = host={address.host} port={address.port} user={address.user} \
password={address.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
server_login_retry = 0
"""


@pytest.fixture
def proxy(fleet: Fleet) -> Proxy:
    return fleet.boundary(fleet.database("embedded"))


@pytest.fixture
def pooled(proxy: Proxy, tmp_path: Path) -> Iterator[Address]:
    """The address of a pool with one connection to the boundary."""
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    configuration = tmp_path / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(address=proxy.address, port=port))
    # It refuses to run as root.
    user = ["-u", "nobody"] if getpass.getuser() == "root" else []
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([program, "-q", *user, configuration], stderr=log, stdout=log)
    try:
        address = replace(proxy.address, port=port)
        limit = time.monotonic() + 10
        while True:
            with suppress(psycopg.OperationalError):
                connect(address).close()
                break
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < limit, (tmp_path / "log").read_text()
        yield address
    finally:
        process.terminate()
        process.wait(10)


def connect(address: Address) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(address.url(), autocommit=True, prepare_threshold=None)


def transfer(connection: psycopg.Connection[tuple[object, ...]], note: str) -> None:
    with connection.transaction():
        connection.execute("INSERT INTO orders (note) VALUES (%s)", (note,))


def stored(fleet: Fleet, note: str) -> bool:
    with connect(fleet.database("embedded")) as direct:
        query = "SELECT 1 FROM orders WHERE note = %s"
        return direct.execute(query, (note,)).fetchone() is not None


def test_clients_of_a_pool_are_one_connection(proxy: Proxy, pooled: Address) -> None:
    with connect(pooled) as one, connect(pooled) as other:
        proxy.begin()
        for connection in (one, other):
            transfer(connection, uuid4().hex)
    assert proxy.quiet()
    crossings = proxy.crossings()
    kinds = [CrossingKind.BEGIN, CrossingKind.WRITE, CrossingKind.COMMIT]
    assert [each.kind for each in crossings] == kinds * 2
    assert len({each.connection for each in crossings}) == 1


def test_faults_behind_a_pool_are_real(fleet: Fleet, proxy: Proxy, pooled: Address) -> None:
    for kind, state, remains in (
        (FaultKind.ERROR, "40001", False),
        (FaultKind.CUT, None, False),
        (FaultKind.REPLY_LOST, None, True),
    ):
        note = uuid4().hex
        with connect(pooled) as connection:
            fault = Fault(kind, COMMIT, state)
            proxy.begin(fault)
            with pytest.raises(psycopg.OperationalError) as caught:
                transfer(connection, note)
            assert proxy.quiet()
            assert proxy.reached() == (fault,)
            # The pool gives up the client whose server it has lost, in words of its own.
            assert connection.closed is (kind is not FaultKind.ERROR)
            if state is not None:
                assert caught.value.sqlstate == state
        assert stored(fleet, note) is remains
        with connect(pooled) as connection:
            proxy.begin()
            transfer(connection, note + "next")
        assert stored(fleet, note + "next")
    assert proxy.loop.call(proxy.boundary.violations) == ()
