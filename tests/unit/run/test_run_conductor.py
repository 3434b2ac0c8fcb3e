"""The conductor in a world of doubles: what it asks of them, in which order, what it records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from conducted import CREATE, ORDER, SCENARIO, FakeBoundary, FakeReplica, FakeWorld, conductor

from seamproof.core.experiment import (
    Act,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    Settings,
)
from seamproof.core.history import (
    Crossing,
    CrossingKind,
    Disturbance,
    DisturbanceKind,
    Response,
    RowChange,
    Silence,
)
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.protocols import Activity
from seamproof.run.experiment import lane
from seamproof.run.experiment.conductor import Conductor
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.wallet import Wallet
from seamproof.run.redaction import Redactor


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def service(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers by method and target; a test overrides what it wants."""
    answers: dict[str, Any] = {
        "POST /products": Response(201, (), b'{"id": 5}'),
        "POST /orders": Response(201, (), b"{}"),
    }

    async def send(host: str, port: int, request: bytes, **how: object) -> lane.Answer:
        line, _, rest = request.partition(b" HTTP/1.1\r\n")
        world.log.append(line.decode())
        answers["last"] = rest
        answer = answers[line.decode()]
        if isinstance(answer, Silence):
            return lane.Answer(1.0, 2.0, None, answer)
        return lane.Answer(1.0, 2.0, answer)

    monkeypatch.setattr(lane, "send", send)
    return answers


def test_the_order_of_an_experiment(world: FakeWorld, service: dict[str, Any]) -> None:
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO)))
    assert world.log == [
        "still",
        "undo base",
        "flush",
        "go on",
        "POST /products",
        "changes",
        "mark arranged",
        "begin",
        "POST /orders",
        "changes",
    ]
    assert history.section.exchange.status == 201
    assert b'{"product": 5}' in service["last"]
    assert b"Authorization: Bearer alice-token" in service["last"]


def test_the_reset_is_proved_while_the_service_stands_still(world: FakeWorld) -> None:
    asyncio.run(conductor(world).prove_reset())
    assert world.log == ["still", "undo base", "audit", "go on"]


def test_an_equal_arrangement_is_not_done_again(world: FakeWorld, service: dict[str, Any]) -> None:
    async def twice() -> None:
        ours = conductor(world)
        await ours.conduct(Experiment.of(SCENARIO))
        world.log.clear()
        await ours.conduct(Experiment.of(SCENARIO))

    asyncio.run(twice())
    assert "POST /products" not in world.log
    assert "undo arranged" in world.log
    assert b'{"product": 5}' in service["last"]


def test_another_arrangement_starts_from_the_base(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    async def both() -> None:
        ours = conductor(world)
        await ours.conduct(Experiment.of(SCENARIO))
        world.log.clear()
        await ours.conduct(Experiment.of(Scenario("bare", CREATE)))

    asyncio.run(both())
    assert "undo base" in world.log


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Response(409, (), b"taken"), "answered 409: taken"),
        (Response(201, (), b"[]"), "cannot extract 'product'"),
        (Silence.CLOSED, "no response (closed)"),
    ],
)
def test_a_failed_arrangement_runs_no_phase_and_is_not_reused(
    world: FakeWorld, service: dict[str, Any], answer: Any, problem: str
) -> None:
    service["POST /products"] = answer
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO)))
    assert history.sections == ()
    failed = history.disturbed(DisturbanceKind.ARRANGEMENT_FAILED)
    assert failed is not None
    assert problem in failed.detail
    assert "POST /orders" not in world.log
    assert "mark arranged" not in world.log


def test_a_row_that_is_not_there_is_not_sent_as_it_is_written(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    act = replace(SCENARIO.act, json={"user": "{row.users.0.id}"})
    history = asyncio.run(conductor(world).conduct(Experiment.of(replace(SCENARIO, act=act))))
    failed = history.disturbed(DisturbanceKind.ARRANGEMENT_FAILED)
    assert failed is not None
    assert "{row.users.0.id} is not there" in failed.detail
    assert "POST /orders" not in world.log


def test_a_service_that_died_is_there_again_after_a_failed_arrangement(
    world: FakeWorld, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service["POST /products"] = Silence.CLOSED

    async def restart(*_: object, **__: object) -> tuple[Disturbance, ...]:
        service["POST /products"] = 201
        return (Disturbance(DisturbanceKind.SERVICE_DIED, "exit 1"),)

    monkeypatch.setattr(world, "ensure_alive", restart)
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO)))
    assert history.disturbed(DisturbanceKind.ARRANGEMENT_FAILED) is not None
    assert history.disturbed(DisturbanceKind.SERVICE_DIED) is not None


def test_a_fault_that_was_not_reached_is_said(world: FakeWorld, service: dict[str, Any]) -> None:
    world.replicas[0].boundary.reachable = False
    fault = Fault(FaultKind.CUT, CrossingKey("COMMIT"))
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO, faults=(fault,))))
    assert history.disturbed(DisturbanceKind.NOT_REACHED) is not None
    world.replicas[0].boundary.reachable = True
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO, faults=(fault,))))
    assert history.disturbed(DisturbanceKind.NOT_REACHED) is None


@pytest.mark.parametrize(
    ("crossing", "reads"),
    [("never", 0), ("before it began", 0), ("in the first phase", 1), ("in each phase", 3)],
)
def test_changes_are_read_where_something_may_have_written(
    world: FakeWorld, service: dict[str, Any], crossing: str, reads: int
) -> None:
    boundary = world.replicas[0].boundary
    written = RowChange("orders", None, {"id": "1"})
    boundary.last = time.monotonic()
    world.database.rows = (written,) if reads else ()

    def begin(epoch: float, faults: Sequence[Fault] = ()) -> None:
        world.log.append("begin")
        first = world.log.count("begin") == 1
        if crossing == "in each phase" or (first and crossing == "in the first phase"):
            boundary.last = time.monotonic()

    boundary.begin = begin  # type: ignore[method-assign]
    phase = Phase((Act(replace(ORDER, json={"product": 1})),))
    history = asyncio.run(conductor(world).conduct(Experiment((phase,) * 3)))
    assert world.log.count("changes") == reads
    assert [each.changes.rows for each in history.sections] == [world.database.rows] * 3


def test_changes_are_read_while_a_statement_is_under_way(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    boundary = world.replicas[0].boundary
    boundary.activity = lambda: Activity(1, (), 1.0)  # type: ignore[method-assign]
    asyncio.run(conductor(world).conduct(Experiment((Phase((Act(replace(ORDER, json={})),)),))))
    assert "changes" in world.log


def test_a_transaction_left_open_is_ended_and_said(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    world.replicas[0].boundary.open_transactions = (7,)
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO)))
    assert history.disturbed(DisturbanceKind.BACKEND_ENDED) is not None
    assert "barrier" in world.log


def test_a_death_is_said_and_the_next_experiment_warms_up(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    async def two() -> list[str]:
        ours = conductor(world)
        world.dead = (Disturbance(DisturbanceKind.SERVICE_DIED, "exit 1"),)
        history = await ours.conduct(Experiment.of(SCENARIO))
        assert history.disturbed(DisturbanceKind.SERVICE_DIED) is not None
        world.log.clear()
        await ours.conduct(Experiment.of(SCENARIO))
        return world.log

    log = asyncio.run(two())
    assert log.count("POST /orders") == 3


def test_what_a_process_does_that_is_started_anew_is_no_part_of_the_act(
    world: FakeWorld, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    boundary = world.replicas[0].boundary
    asked = Crossing(CrossingKey("SELECT ?"), CrossingKind.READ, "SELECT 1", 0, 1, 0.0)
    boundary.seen = (asked,)

    async def restart(*_: object, **__: object) -> tuple[Disturbance, ...]:
        boundary.seen = (asked, replace(asked, key=CrossingKey("CREATE TABLE t")))
        return (Disturbance(DisturbanceKind.SERVICE_DIED, "exit 1"),)

    monkeypatch.setattr(world, "ensure_alive", restart)
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO)))
    assert history.section.crossings == (asked,)


def test_after_a_clone_the_service_is_warmed_and_the_experiment_run_again(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    async def two() -> None:
        ours = conductor(world)
        await ours.conduct(Experiment.of(SCENARIO))
        world.log.clear()
        world.database.clone_reason = "DDL"
        history = await ours.conduct(Experiment.of(SCENARIO))
        assert history.disturbed(DisturbanceKind.RESET_BY_CLONE) is None

    asyncio.run(two())
    assert world.log.count("POST /products") == 1, "the arrangement is forgotten, and done again"
    assert world.log.count("POST /orders") == 4


def test_a_retry_repeats_the_same_bytes(world: FakeWorld, service: dict[str, Any]) -> None:
    step = Step(Operation("POST", "/orders"), json={"key": "{uuid}"})
    sent: list[bytes] = []

    async def run() -> None:
        ours = conductor(world)
        for experiment in (
            Experiment((Phase((Act(step),)),)).then(Phase((Act(step),))),
            Experiment((Phase((Act(step),)),)),
        ):
            history = await ours.conduct(experiment)
            sent.extend(each.exchange.request.body for each in history.sections)

    asyncio.run(run())
    assert len(sent) == 3
    assert len(set(sent)) == 1


def test_a_process_that_met_no_fault_stands_by(
    world: FakeWorld, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.replicas[0]
    world.replicas = (first, FakeReplica(FakeBoundary(world.log), index=1, port=2))
    ports: list[int] = []
    send = lane.send

    async def noting(host: str, port: int, request: bytes, **how: object) -> lane.Answer:
        ports.append(port)
        return await send(host, port, request, **how)

    monkeypatch.setattr(lane, "send", noting)
    broken = Experiment.of(SCENARIO, faults=(Fault(FaultKind.CUT, CrossingKey("COMMIT")),))
    fresh = replace(broken, settings=Settings(fresh_process=True))

    async def harm_twice_and_once_more() -> None:
        ours = conductor(world)
        for experiment in (broken, fresh, fresh):
            ports.clear()
            await ours.conduct(experiment)
            world.log.append(f"on {ports[-1]}")

    asyncio.run(harm_twice_and_once_more())
    told = [each for each in world.log if each.startswith(("on ", "restart"))]
    assert told == ["on 1", "on 2", "restart [0, 1]", "on 2"]


def test_what_hangs_is_started_anew_wherever_it_stands(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    world.replicas = (world.replicas[0], FakeReplica(FakeBoundary(world.log), index=1, port=2))
    broken = Experiment.of(SCENARIO, faults=(Fault(FaultKind.CUT, CrossingKey("COMMIT")),))
    swapped = replace(Experiment.of(SCENARIO), settings=Settings(fresh_process=True))

    async def harm_the_first_and_hang_the_second() -> None:
        ours = conductor(world)
        await ours.conduct(broken)
        await ours.conduct(swapped)
        service["POST /orders"] = Silence.TIMEOUT
        await ours.conduct(Experiment.of(SCENARIO))

    asyncio.run(harm_the_first_and_hang_the_second())
    assert [each for each in world.log if each.startswith("restart")] == ["restart [1]"]


def test_secrets_are_not_in_the_history(world: FakeWorld, service: dict[str, Any]) -> None:
    row = {"id": "1", "token": "abcdef"}
    world.database.rows = (RowChange("sessions", None, row),)
    history = asyncio.run(conductor(world).conduct(Experiment.of(SCENARIO)))
    assert "alice-token" not in repr(history)
    assert "abcdef" not in repr(history)


class Turnstile:
    """An admission whose sign-ins are seen in the world's log."""

    def __init__(self, log: list[str], lifetime: float | None) -> None:
        self.log, self.lifetime = log, lifetime

    async def first(self, name: str, *_: object) -> Admitted:
        self.log.append(f"sign in {name}")
        return Admitted(Credentials(), self.lifetime, renewable=True)

    again = first


def signed_in(world: FakeWorld, lifetime: float | None) -> tuple[Conductor, Wallet]:
    identities: Any = {"alice": None}
    wallet = Wallet(identities, Turnstile(world.log, lifetime))  # type: ignore[arg-type]
    asyncio.run(wallet.sign_in())
    return Conductor(world, wallet, Redactor()), wallet  # type: ignore[arg-type]


def test_who_is_due_signs_in_at_the_base_which_is_marked_anew(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    ours, wallet = signed_in(world, 60.0)
    world.database.rows = (RowChange("sessions", None, {"id": "1"}),)
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    world.log.clear()
    wallet.clock = lambda: time.monotonic() + 59.0
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    assert world.log[:9] == [
        "still",
        "undo base",
        "go on",
        "sign in alice",
        "changes",
        "still",
        "mark base",
        "go on",
        "still",
    ]
    assert world.log[9:11] == ["undo base", "flush"]
    assert "POST /products" in world.log


def test_a_sign_in_that_stores_nothing_leaves_the_base_as_it_is(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    ours, wallet = signed_in(world, 60.0)
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    wallet.clock = lambda: time.monotonic() + 59.0
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    assert world.log.count("sign in alice") == 2
    assert "mark base" not in world.log


def test_who_is_let_in_without_what_came_before_does_not_sign_in_again(
    world: FakeWorld, service: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = signed_in(world, None)
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    send = lane.send

    async def ending(host: str, port: int, request: bytes, **how: object) -> lane.Answer:
        """A second order after a reset is refused: the first has ended the session."""
        since = world.log[len(world.log) - world.log[::-1].index("flush") :]
        answer = await send(host, port, request, **how)
        return replace(answer, response=Response(401)) if "POST /orders" in since else answer

    monkeypatch.setattr(lane, "send", ending)
    world.log.clear()
    twice = Experiment.of(SCENARIO).then(Experiment.of(SCENARIO).phases[0])
    history = asyncio.run(ours.conduct(twice))
    assert [each.exchange.status for each in history.sections] == [201, 401]
    assert "sign in alice" not in world.log
    assert world.log.count("POST /orders") == 3
    world.log.clear()
    asyncio.run(ours.conduct(twice))
    assert world.log.count("POST /orders") == 2, "it is known by now"


def test_an_answer_401_is_asked_for_again_with_fresh_credentials(
    world: FakeWorld, service: dict[str, Any]
) -> None:
    ours, _ = signed_in(world, None)
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    service["POST /orders"] = Response(401)
    world.log.clear()
    history = asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    assert history.section.exchange.status == 401
    assert world.log.count("POST /orders") == 2
    assert world.log.count("sign in alice") == 1
    world.log.clear()
    asyncio.run(ours.conduct(Experiment.of(SCENARIO)))
    assert world.log.count("POST /orders") == 1
