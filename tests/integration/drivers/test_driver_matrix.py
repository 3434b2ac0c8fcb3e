"""Every driver meets every fault at every place: what it raises, what is stored, what is next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from boundary_harness import background
from driver_fleet import Bench, Fleet, Variant
from driver_requests import Driver, Raised
from matrix_drivers import PYTHON
from node_drivers import NODE

from seamproof.core.experiment import CrossingKey, Fault, FaultKind
from seamproof.core.history import Crossing, CrossingKind, TransactionStatus

pytestmark = pytest.mark.timeout(60)

ERROR, CUT, LOST = FaultKind.ERROR, FaultKind.CUT, FaultKind.REPLY_LOST
USUAL, OTHERS = "40001", ("23505", "40P01", "57014")
BOTH = frozenset({"orders", "lines"})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Place:
    """A crossing of a request, and what is stored when a fault took place there."""

    request: str
    kind: CrossingKind
    table: str = ""
    lost: frozenset[str] = NOTHING
    """What a lost reply leaves. An error and a cut leave nothing, if not said otherwise."""
    left: TransactionStatus = TransactionStatus.IDLE
    """The transaction's status after an error."""


_FAILED = TransactionStatus.FAILED
_READ, _WRITE, _COMMIT = CrossingKind.READ, CrossingKind.WRITE, CrossingKind.COMMIT
_BEGIN = CrossingKind.BEGIN
PLACES = {
    "begin": Place("transaction", CrossingKind.BEGIN),
    "first-read": Place("transaction", _READ, "orders", left=_FAILED),
    "write": Place("transaction", _WRITE, "orders", left=_FAILED),
    "last-write": Place("transaction", _WRITE, "lines", left=_FAILED),
    "commit": Place("transaction", _COMMIT, lost=BOTH),
    "autocommit-write": Place("autocommit", _WRITE, "orders", lost=frozenset({"orders"})),
    "in-savepoint": Place("savepoint", _WRITE, "lines", left=_FAILED),
    "prepared-write": Place("prepared", _WRITE, "orders", lost=frozenset({"orders"})),
    "script-write": Place("script", _WRITE, "orders", left=_FAILED),
    "script-last-write": Place("script", _WRITE, "lines", left=_FAILED),
    "script-commit": Place("script", _COMMIT, lost=BOTH),
    "implicit-write": Place("implicit", _WRITE, "orders"),
    "implicit-last-write": Place("implicit", _WRITE, "lines", lost=BOTH),
}
VARIANTS = [
    pytest.param(Variant(), id="embedded"),
    pytest.param(Variant(tls=True), id="embedded-tls", marks=pytest.mark.long),
    pytest.param(Variant("machine"), id="machine", marks=pytest.mark.long),
]
DRIVERS: dict[str, type[Driver]] = {**PYTHON, **NODE}


def cells() -> Iterator[object]:
    for name, driver in DRIVERS.items():
        for where, place in PLACES.items():
            if place.request not in driver.requests:
                continue
            faults = [(CUT, None)]
            if where != "begin":
                faults += [(LOST, None), *((ERROR, state) for state in (USUAL, *OTHERS))]
            for kind, state in faults:
                rare = state in OTHERS and where != "write"
                label = f"{name}-{where}-{state or kind}"
                yield pytest.param(
                    name, where, kind, state, id=label, marks=[pytest.mark.long] if rare else []
                )


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> Variant:
    return request.param


def key(bench: Bench, place: Place) -> CrossingKey:
    return next(
        each.key
        for each in bench.learn(place.request)
        if each.kind is place.kind and place.table in each.statement
    )


def strike(bench: Bench, fault: Fault, request: str, note: str) -> Raised | None:
    """Make a request that meets a fault, and return what the driver raised."""
    bench.proxy.begin(fault)
    raised = None
    try:
        bench.driver.request(request, note)
    except Exception as error:
        raised = bench.driver.raised(error)
    assert bench.proxy.quiet(), bench.proxy.loop.call(bench.proxy.boundary.connections)
    assert bench.proxy.reached() == (fault,)
    return raised


def struck(bench: Bench) -> Crossing:
    (crossing,) = [each for each in bench.proxy.crossings() if each.fault]
    return crossing


def assert_ended(bench: Bench, backend: int | None) -> None:
    limit = time.monotonic() + 5
    while bench.state(backend) is not None:
        assert time.monotonic() < limit, bench.state(backend)


def assert_next_works(bench: Bench, request: str) -> set[int]:
    """Make the request once more on the same pool; return the connections that it used."""
    note = uuid4().hex
    bench.proxy.begin()
    bench.driver.request(request, note)
    assert bench.proxy.quiet()
    assert bench.stored(note) >= {"orders"}
    assert bench.proxy.loop.call(bench.proxy.boundary.violations) == ()
    return {each.connection for each in bench.proxy.crossings()}


@pytest.mark.parametrize(("name", "where", "kind", "state"), list(cells()))
def test_a_fault_at_a_place(
    fleet: Fleet, variant: Variant, name: str, where: str, kind: FaultKind, state: str | None
) -> None:
    bench = fleet.bench(name, variant)
    place = PLACES[where]
    note = uuid4().hex
    fault = Fault(kind, key(bench, place), state)
    raised = strike(bench, fault, place.request, note)
    crossing = struck(bench)

    if kind is ERROR and where == "in-savepoint":
        assert raised is None, "the request rolls back to its savepoint and goes on"
        assert bench.stored(note) == {"orders"}
    elif kind is ERROR:
        assert raised == Raised(bench.driver.error(state or ""), state)
        assert bench.stored(note) == NOTHING
    else:
        assert raised is not None
        assert raised.name in bench.driver.lost
        assert raised.sqlstate in bench.driver.lost_states
        assert bench.stored(note) == (place.lost if kind is LOST else NOTHING)

    if kind is ERROR:
        assert (crossing.sqlstate, crossing.tag, crossing.after) == (state, None, place.left)
        assert bench.state(crossing.backend) in ("idle", None)
    else:
        assert crossing.sqlstate is None
        assert (crossing.ended is not None) is (kind is LOST)
        assert_ended(bench, crossing.backend)

    connections = assert_next_works(bench, place.request)
    kept = kind is ERROR and where not in bench.driver.gives_up
    assert (crossing.connection in connections) is kept


@pytest.mark.parametrize("kind", [CUT, FaultKind.REFUSED])
@pytest.mark.parametrize("name", DRIVERS)
def test_a_fault_at_the_connections_start(
    fleet: Fleet, variant: Variant, name: str, kind: FaultKind
) -> None:
    bench = fleet.fresh(name, variant)
    note = uuid4().hex
    state = "53300" if kind is FaultKind.REFUSED else None
    raised = strike(bench, Fault(kind, CrossingKey("<connect>"), state), "autocommit", note)

    assert struck(bench).kind is CrossingKind.CONNECT
    if bench.driver.connects_again:
        assert raised is None
        assert bench.stored(note) == {"orders"}
    else:
        assert raised is not None
        assert raised.name in (bench.driver.lost if kind is CUT else bench.driver.refused)
        # libpq does not say the SQLSTATE of a connection that was not made.
        assert raised.sqlstate in (state, None, *bench.driver.lost_states)
        assert bench.stored(note) == NOTHING
    assert_next_works(bench, "autocommit")


@pytest.mark.parametrize(
    "name", [name for name, driver in DRIVERS.items() if "script" in driver.requests]
)
def test_a_hold_within_a_query(fleet: Fleet, variant: Variant, name: str) -> None:
    bench = fleet.bench(name, variant)
    place = key(bench, PLACES["script-last-write"])
    note = uuid4().hex
    bench.proxy.begin()
    hold = bench.proxy.loop.call(bench.proxy.boundary.hold, place)
    request = background(bench.driver.request, "script", note)
    bench.proxy.loop.run(hold.reached())
    begin, first = own = [each for each in bench.proxy.crossings() if each.kind in (_BEGIN, _WRITE)]
    limit = time.monotonic() + 5
    while bench.state(first.backend) != "idle in transaction":
        assert time.monotonic() < limit, own
    assert bench.stored(note) == NOTHING
    assert not request.done()

    bench.proxy.loop.call(hold.release)
    request.result(15)
    assert bench.proxy.quiet()
    assert bench.stored(note) == BOTH
    assert begin.connection in assert_next_works(bench, "script")
