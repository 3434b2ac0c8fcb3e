"""The boundary where something is wrong: a fault without a meaning, bad input, an end too soon."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

import psycopg
import pytest
from boundary_harness import WRITE, Loop, background, connect

from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.errors import Bug, MachineError
from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.protocols import Address

pytestmark = pytest.mark.timeout(60)

SHAPE = "INSERT INTO orders (note) VALUES (?)"


def test_a_fault_without_a_meaning_is_a_bug(proxy) -> None:
    with pytest.raises(Bug, match="has no meaning at a begin"):
        proxy.begin(Fault(FaultKind.ERROR, CrossingKey("BEGIN"), "40001"))


def test_an_error_in_a_transaction_that_failed_already_is_not_reached(proxy) -> None:
    fault = Fault(FaultKind.ERROR, CrossingKey(SHAPE), "40001")
    proxy.begin(fault)
    with connect(proxy) as connection:
        connection.execute("BEGIN")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute(WRITE, ("a",))
        connection.execute("ROLLBACK")
    assert proxy.reached() == ()


def test_a_database_that_cannot_be_reached_is_named(loop: Loop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    boundary = PostgresBoundary(0, "127.0.0.1", port)
    loop.run(boundary.start())
    with pytest.raises(psycopg.OperationalError, match=f"cannot reach .* 127.0.0.1:{port}"):
        psycopg.connect(f"postgresql://u@127.0.0.1:{boundary.port}/d")
    assert loop.run(boundary.wait_quiet(0.01, 5))
    loop.run(boundary.stop())


def test_a_port_in_use_is_the_machines_fault(loop: Loop, upstream: Address) -> None:
    boundary = PostgresBoundary(0, upstream.host, upstream.port, port=upstream.port)
    with pytest.raises(MachineError, match=f"port {upstream.port}"):
        loop.run(boundary.start())
    loop.run(boundary.stop())


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01\0\0"])
def test_a_client_that_speaks_something_else_is_told_so(data: bytes, loop, upstream) -> None:
    boundary = PostgresBoundary(0, upstream.host, upstream.port)
    loop.run(boundary.start())
    with socket.create_connection(("127.0.0.1", boundary.port), timeout=5) as client:
        client.sendall(data)
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert b"C08P01\0Mseamproof: the client" in answer
    (violation,) = loop.call(boundary.violations)
    assert violation.startswith("the client ")
    assert loop.run(boundary.wait_quiet(0.01, 5))
    loop.run(boundary.stop())


def test_a_backend_that_is_ended_ends_the_clients_connection(proxy, direct) -> None:
    with connect(proxy) as connection:
        running = background(connection.execute, "SELECT pg_sleep(20)")
        time.sleep(0.2)
        direct.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.errors.AdminShutdown):
            running.result(5)
    assert proxy.quiet()
    assert proxy.loop.call(proxy.boundary.connections) == ()


def test_a_slow_reader_does_not_fill_our_memory(proxy) -> None:
    """200 MB are asked for and not read: what the boundary takes of them is bounded."""
    with connect(proxy) as connection:
        query = "SELECT repeat('x', 1000000) FROM generate_series(1, 200)"
        received = 0
        for number, (value,) in enumerate(connection.cursor().stream(query)):
            received += len(value)
            if number == 0:
                time.sleep(1)
                (link,) = proxy.boundary._links.values()
                assert proxy.loop.call(link._client.get_write_buffer_size) < 2_000_000
                assert not link._server.is_reading()
        assert received == 200_000_000


def test_stopping_ends_every_connection(loop: Loop, upstream: Address) -> None:
    boundary = PostgresBoundary(0, upstream.host, upstream.port)
    loop.run(boundary.start())
    connection = psycopg.connect(replace(upstream, port=boundary.port).url(), autocommit=True)
    loop.run(boundary.stop())
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", boundary.port))
    loop.run(boundary.stop())


def test_a_unix_socket_upstream(loop: Loop, upstream: Address, direct) -> None:
    (folder,) = direct.execute("SHOW unix_socket_directories").fetchone()
    if not folder:
        pytest.skip("the server listens on no Unix socket")
    boundary = PostgresBoundary(0, folder.split(",")[0], upstream.port)
    loop.run(boundary.start())
    with psycopg.connect(replace(upstream, port=boundary.port).url()) as connection:
        assert connection.execute("SELECT inet_client_addr()").fetchone() == (None,)
    loop.run(boundary.stop())
