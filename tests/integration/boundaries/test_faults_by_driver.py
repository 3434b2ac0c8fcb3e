"""Every driver meets every fault at every place: what it raises, what is stored, what is next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from boundary_drivers import DRIVERS, is_lost, sqlstate
from boundary_harness import Proxy

from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import Crossing, CrossingKind, TransactionStatus

pytestmark = pytest.mark.timeout(60)

PLACES = {
    "first-statement": ("transaction", CrossingKind.READ),
    "write-in-transaction": ("transaction", CrossingKind.WRITE),
    "commit": ("transaction", CrossingKind.COMMIT),
    "autocommit-write": ("autocommit", CrossingKind.WRITE),
}


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest, proxy: Proxy) -> Iterator[Any]:
    made = DRIVERS[request.param](proxy.address)
    yield made
    made.close()


def at(place: str, driver: Any, proxy: Proxy) -> tuple[Any, CrossingKey]:
    """Learn from a clean run which crossing a place is, as a check does."""
    method, kind = PLACES[place]
    request = getattr(driver, method)
    request("warm")
    proxy.begin()
    request("learn")
    own = [each for each in proxy.crossings() if "orders" in each.statement or each.tag == "COMMIT"]
    return request, next(each.key for each in own if each.kind is kind)


def notes(direct: psycopg.Connection[Any]) -> set[str]:
    return {note for (note,) in direct.execute("SELECT note FROM orders")}


def struck(proxy: Proxy) -> Crossing:
    (crossing,) = [each for each in proxy.crossings() if each.fault]
    return crossing


def assert_nothing_left_open(direct: psycopg.Connection[Any]) -> None:
    query = (
        "SELECT state FROM pg_stat_activity WHERE datname = 'boundary' AND state LIKE 'idle in%'"
    )
    assert direct.execute(query).fetchall() == []


def strike(proxy: Proxy, request: Any, fault: Fault) -> BaseException:
    proxy.begin(fault)
    with pytest.raises(Exception) as caught:
        request("struck")
    assert proxy.quiet(), proxy.loop.call(proxy.boundary.connections)
    assert proxy.reached() == (fault,)
    return caught.value


@pytest.mark.parametrize("state", ["40001", "23505"])
@pytest.mark.parametrize("place", PLACES)
def test_an_error_is_real(driver, place, state, proxy, direct) -> None:
    request, key = at(place, driver, proxy)
    error = strike(proxy, request, Fault(FaultKind.ERROR, key, state))

    assert sqlstate(error) == state
    assert "struck" not in notes(direct)
    crossing = struck(proxy)
    assert (crossing.sqlstate, crossing.tag) == (state, None)
    left = TransactionStatus.FAILED
    if place in ("commit", "autocommit-write"):
        left = TransactionStatus.IDLE
    assert crossing.after is left
    assert_nothing_left_open(direct)
    connections = {each.connection for each in proxy.crossings()}
    request("next")
    assert "next" in notes(direct)
    assert {each.connection for each in proxy.crossings()} == connections, "it was lost"


@pytest.mark.parametrize("place", PLACES)
def test_a_cut_comes_before_the_statement(driver, place, proxy, direct) -> None:
    request, key = at(place, driver, proxy)
    error = strike(proxy, request, Fault(FaultKind.CUT, key))

    assert is_lost(error), repr(error)
    assert "struck" not in notes(direct)
    assert struck(proxy).ended is None
    assert_nothing_left_open(direct)
    request("next")
    assert "next" in notes(direct)


@pytest.mark.parametrize("place", PLACES)
def test_a_lost_reply_comes_after_the_work(driver, place, proxy, direct) -> None:
    request, key = at(place, driver, proxy)
    error = strike(proxy, request, Fault(FaultKind.REPLY_LOST, key))

    assert is_lost(error), repr(error)
    stored = place in ("commit", "autocommit-write")
    assert ("struck" in notes(direct)) is stored
    crossing = struck(proxy)
    assert crossing.ended is not None
    assert crossing.sqlstate is None
    assert_nothing_left_open(direct)
    request("next")
    assert "next" in notes(direct)


def test_a_cut_at_begin(driver, proxy, direct) -> None:
    driver.transaction("warm")
    proxy.begin()
    driver.transaction("learn")
    (begin,) = [each for each in proxy.crossings() if each.kind is CrossingKind.BEGIN]
    error = strike(proxy, driver.transaction, Fault(FaultKind.CUT, begin.key))

    assert is_lost(error), repr(error)
    assert "struck" not in notes(direct)
    driver.transaction("next")
    assert "next" in notes(direct)


def test_a_refused_connection(driver, proxy, direct) -> None:
    fault = Fault(FaultKind.REFUSED, CrossingKey("<connect>"), "53300")
    error = strike(proxy, driver.autocommit, fault)

    assert sqlstate(error) == "53300" or "too many clients" in str(error)
    assert struck(proxy).kind is CrossingKind.CONNECT
    driver.autocommit("next")
    assert "next" in notes(direct)
