"""TLS that ends at the boundary: how it begins, how it ends, and what is kept out of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
import sys
import time
from collections.abc import Iterator
from struct import pack
from typing import Any

import psycopg
import pytest
from boundary_harness import Loop, Proxy, background, gone, open_proxy

from seamproof.boundaries.authority import Authority, create_authority
from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.protocols import Address

pytestmark = pytest.mark.timeout(60)

WRITE = "INSERT INTO orders (note) VALUES (%s)"
SSL = pack("!II", 8, 80877103)
START = pack("!II", 41, 0x30000) + b"user\0postgres\0database\0boundary\0\0"
CANCEL = pack("!IIII", 16, 80877102, 1, 1)


@pytest.fixture(params=["uvloop", "asyncio"])
def tls_loop(request: pytest.FixtureRequest, loop: Loop) -> Iterator[Loop]:
    if request.param == "uvloop":
        yield loop
        return
    plain = Loop(asyncio.new_event_loop)
    yield plain
    plain.close()


@pytest.fixture
def proxy(tls_loop: Loop, upstream: Address, direct: Any, authority: Authority) -> Iterator[Proxy]:
    with open_proxy(tls_loop, upstream, authority) as proxy:
        yield proxy


@pytest.fixture
def boundary(tls_loop: Loop, upstream: Address, authority: Authority) -> Iterator[PostgresBoundary]:
    """One whose clients may break the protocol."""
    boundary = PostgresBoundary(0, upstream.host, upstream.port, tls=authority.context)
    tls_loop.run(boundary.start())
    yield boundary
    assert tls_loop.run(boundary.wait_quiet(0.01, 5))
    tls_loop.run(boundary.stop())


def connect(proxy: Proxy, **options: Any) -> psycopg.Connection[Any]:
    assert proxy.authority
    ca = str(proxy.authority.certificate)
    options = {"sslmode": "verify-full", "sslrootcert": ca} | options
    return psycopg.connect(proxy.url, autocommit=True, **options)


def open_raw(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def secured(port: int, authority: Authority, *, alpn: bool = True) -> ssl.SSLSocket:
    """A connection by direct negotiation, which tells a crash from an orderly end."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if alpn:
        context.set_alpn_protocols(["postgresql"])
    return context.wrap_socket(
        open_raw(port), server_hostname="localhost", suppress_ragged_eofs=False
    )


def everything(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(4096), b""))


# ---------------------------------------------------------------------------- how it begins


def test_bytes_in_the_clear_behind_the_request_are_not_taken(
    boundary: PostgresBoundary, tls_loop: Loop
) -> None:
    with open_raw(boundary.port) as client:
        client.sendall(SSL + START)
        assert b"C08P01\0Mseamproof: the client sent bytes in the clear" in everything(client)
    assert tls_loop.call(boundary.startups) == ()


def test_nor_are_those_behind_the_answer(boundary: PostgresBoundary, tls_loop: Loop) -> None:
    with open_raw(boundary.port) as client:
        client.sendall(SSL)
        assert client.recv(1) == b"S"
        client.sendall(START)
        with pytest.raises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(client, server_hostname="localhost")
    assert tls_loop.call(boundary.startups) == ()
    assert gone(tls_loop, boundary)
    assert boundary.tls_failure is not None
    assert not boundary.tls_failure.declined


def test_a_handshake_in_small_pieces(
    boundary: PostgresBoundary, authority: Authority, tls_loop: Loop
) -> None:
    """Both ways to begin; what comes with the last piece of the handshake is not lost."""
    for opening in (b"", SSL):
        context = ssl.create_default_context(cafile=str(authority.certificate))
        context.set_alpn_protocols(["postgresql"])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with open_raw(boundary.port) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if opening:
                client.sendall(opening)
                assert client.recv(1) == b"S"
            agreed = False
            while not agreed:
                try:
                    session.do_handshake()
                    agreed = True
                    session.write(START)
                except ssl.SSLWantReadError:
                    pass
                data = outgoing.read()
                for at in range(0, len(data), 40):
                    client.sendall(data[at : at + 40])
                    time.sleep(0.001)
                incoming.write(b"" if agreed else client.recv(65536))
            incoming.write(client.recv(65536))
            assert session.read(1) == b"R"
    assert [each.database for each in tls_loop.call(boundary.startups)] == ["boundary"] * 2


def test_direct_negotiation_wants_the_protocol_named(
    boundary: PostgresBoundary, authority: Authority, tls_loop: Loop
) -> None:
    with secured(boundary.port, authority, alpn=False) as client:
        assert b"does not name 'postgresql' by ALPN" in everything(client)
    assert tls_loop.call(boundary.startups) == ()


def test_channel_binding_cannot_be_had(proxy: Proxy) -> None:
    with pytest.raises(psycopg.OperationalError, match="channel binding is required, but server"):
        connect(proxy, channel_binding="require")


def test_who_was_declined_and_went_away_is_noted(upstream: Address, loop: Loop) -> None:
    with open_proxy(loop, upstream) as proxy:
        psycopg.connect(proxy.url, sslmode="prefer").close()
        assert proxy.boundary.tls_failure is None
        with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
            psycopg.connect(proxy.url, sslmode="require")
        assert gone(proxy.loop, proxy.boundary)
        assert proxy.boundary.tls_failure
        assert proxy.boundary.tls_failure.declined
        psycopg.connect(proxy.url, sslmode="prefer").close()
        assert proxy.boundary.tls_failure is None


# ---------------------------------------------------------------------------- how it ends


def test_a_cut_ends_as_a_crash_does(proxy: Proxy, authority: Authority) -> None:
    proxy.begin(Fault(FaultKind.CUT, CrossingKey("<connect>")))
    with secured(proxy.boundary.port, authority) as client:
        client.sendall(START)
        with pytest.raises(ssl.SSLEOFError):
            client.recv(1)


def test_a_server_that_ends_in_order_says_so(proxy: Proxy, authority: Authority) -> None:
    with secured(proxy.boundary.port, authority) as client:
        client.sendall(CANCEL)
        assert everything(client) == b""


def test_a_client_that_has_said_its_last_is_answered_still(
    proxy: Proxy, direct: psycopg.Connection[Any]
) -> None:
    connection = connect(proxy)
    connection.pgconn.send_query(b"INSERT INTO orders SELECT 1, 'late' FROM pg_sleep(0.3)")
    connection.close()
    assert not proxy.quiet(limit=0.1)
    assert proxy.quiet()
    assert direct.execute("SELECT note FROM orders").fetchall() == [("late",)]


def test_a_client_that_leaves_before_it_asks_for_anything_leaves_nothing(
    boundary: PostgresBoundary, authority: Authority, tls_loop: Loop
) -> None:
    for said in (b"", SSL[:3], START[:9]):
        with open_raw(boundary.port) as client:
            client.sendall(said)
        assert gone(tls_loop, boundary)
    secured(boundary.port, authority).close()
    assert gone(tls_loop, boundary)


# ---------------------------------------------------------------------------- what passes


def test_much_in_both_directions(proxy: Proxy) -> None:
    value = "x" * 3_000_000
    with connect(proxy) as connection:
        (there_and_back,) = connection.execute("SELECT %s::text", (value,)).fetchone()  # type: ignore[misc]
        assert there_and_back == value
        rows = connection.execute("SELECT repeat('y', 100000) FROM generate_series(1, 200)")
        assert sum(len(each) for (each,) in rows) == 20_000_000


def test_a_slow_reader_does_not_fill_our_memory(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        query = "SELECT repeat('x', 1000000) FROM generate_series(1, 60)"
        received = 0
        for number, (value,) in enumerate(connection.cursor().stream(query)):
            received += len(value)
            if number == 0:
                time.sleep(0.5)
                (link,) = proxy.boundary._links.values()
                assert link._client is not None
                assert proxy.loop.call(link._client.get_write_buffer_size) < 2_000_000
        assert received == 60_000_000


def test_a_pause_and_a_hold(proxy: Proxy, direct: psycopg.Connection[Any]) -> None:
    with connect(proxy) as connection:
        proxy.loop.call(proxy.boundary.pause)
        kept = background(connection.execute, WRITE, ("kept",))
        new = background(lambda: connect(proxy).close())
        time.sleep(0.1)
        assert not kept.done()
        assert not new.done()
        proxy.loop.call(proxy.boundary.resume)
        kept.result(5)
        new.result(5)
        key = CrossingKey("INSERT INTO orders (note) VALUES (?)", 2)
        hold = proxy.loop.call(proxy.boundary.hold, key)
        held = background(connection.execute, WRITE, ("held",))
        proxy.loop.run(hold.reached(), 5)
        assert direct.execute("SELECT note FROM orders").fetchall() == [("kept",)]
        proxy.loop.call(hold.release)
        held.result(5)
    assert direct.execute("SELECT count(*) FROM orders").fetchone() == (2,)


# ---------------------------------------------------------------------------- the authority


def test_only_its_owner_reads_the_keys(authority: Authority) -> None:
    files = list(authority.certificate.parent.iterdir())
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    assert "PRIVATE KEY" not in authority.certificate.read_text()


def test_without_cryptography_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delitem(sys.modules, "seamproof.boundaries.authority.certificates", False)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ConfigurationError) as caught:
        create_authority(tmp_path / "tls")
    assert "pip install 'seamproof[tls]'" in caught.value.hint
