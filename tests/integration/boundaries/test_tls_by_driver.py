"""Every driver, every way to encrypt, either loop: what works in the clear works over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import uvloop
from boundary_harness import Loop, Proxy, gone, open_proxy
from tls_drivers import DRIVERS, REQUIRE

from seamproof.boundaries.authority import Authority, create_authority
from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.protocols import Address

pytestmark = pytest.mark.timeout(60)

KEY = CrossingKey("INSERT INTO orders (note) VALUES (?)")
WAYS = [(name, mode) for name, driver in DRIVERS.items() for mode in driver.modes]
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="module", params=LOOPS)
def tls_loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    loop = Loop(LOOPS[request.param])
    yield loop
    loop.close()


@pytest.fixture
def proxy(tls_loop: Loop, upstream: Address, direct: Any, authority: Authority) -> Iterator[Proxy]:
    with open_proxy(tls_loop, upstream, authority) as proxy:
        yield proxy


@pytest.fixture(params=WAYS, ids="-".join)
def driver(request: pytest.FixtureRequest, proxy: Proxy, authority: Authority) -> Iterator[Any]:
    name, mode = request.param
    made = DRIVERS[name](proxy.address, mode, authority.certificate)
    yield made
    made.close()


def notes(direct: psycopg.Connection[Any]) -> set[str]:
    return {note for (note,) in direct.execute("SELECT note FROM orders")}


def test_a_statement(driver: Any, proxy: Proxy, direct: psycopg.Connection[Any]) -> None:
    driver.write("passed")
    assert notes(direct) == {"passed"}
    assert KEY in [each.key for each in proxy.crossings()]
    driver.close()
    assert gone(proxy.loop, proxy.boundary)


def test_an_error(driver: Any, proxy: Proxy, direct: psycopg.Connection[Any]) -> None:
    driver.write("warm")
    proxy.begin(Fault(FaultKind.ERROR, KEY, "40001"))
    with pytest.raises(Exception) as caught:
        driver.write("struck")
    assert driver.sqlstate(caught.value) == "40001"
    driver.write("next")
    assert notes(direct) == {"warm", "next"}


@pytest.mark.parametrize(("kind", "stored"), [(FaultKind.CUT, False), (FaultKind.REPLY_LOST, True)])
def test_a_connection_that_is_lost(
    driver: Any, kind: FaultKind, stored: bool, proxy: Proxy, direct: psycopg.Connection[Any]
) -> None:
    driver.write("warm")
    fault = Fault(kind, KEY)
    proxy.begin(fault)
    with pytest.raises(driver.lost):
        driver.write("struck")
    assert proxy.quiet()
    assert proxy.reached() == (fault,)
    assert ("struck" in notes(direct)) is stored


def test_a_cancellation(driver: Any, proxy: Proxy, direct: psycopg.Connection[Any]) -> None:
    if not driver.cancels:
        pytest.skip("the driver cannot cancel in this process")
    with pytest.raises(Exception) as caught:
        driver.sleep()
    assert driver.sqlstate(caught.value) == "57014"
    driver.write("next")
    assert notes(direct) == {"next"}
    assert "57014" in [each.sqlstate for each in proxy.crossings()]


@pytest.mark.parametrize("way", [way for way in WAYS if way[1] != REQUIRE], ids="-".join)
def test_another_authority_is_refused(
    way: tuple[str, str], proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, mode = way
    other = create_authority(tmp_path_factory.mktemp("other") / "tls")
    with pytest.raises(Exception, match=r"(?i)certificate.verify.failed"):
        DRIVERS[name](proxy.address, mode, other.certificate)
    assert proxy.quiet()
    assert proxy.loop.call(proxy.boundary.startups) == ()
