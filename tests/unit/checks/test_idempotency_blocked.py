"""A key that is left of a request whose effect never came: what the retry is told then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doubles.fake_world import FakeService, FakeWorld
from seamproof.analysis.keys import Key
from seamproof.analysis.masks import Mask
from seamproof.analysis.outcomes import outcome
from seamproof.checks.idempotency import Idempotency
from seamproof.checks.idempotency.judgement import One, Ruling
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import (
    Changes,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import IdempotencyPolicy, Operation, Scenario, Step
from seamproof.core.subject import Subject

PAY = Act(Step(Operation("POST", "/payments")))
KEY = Key("Idempotency-Key", in_header=True)
SENT = Request("POST", "/payments", (("idempotency-key", "k1"),))
RUNNING = RowChange("keys", None, {"key": "k1", "state": "in progress"})
DONE = RowChange("keys", None, {"key": "k1", "state": "done"})
PAYMENT = RowChange("payments", None, {"amount": "5"})


def history(*statuses: int, rows: tuple[RowChange, ...]) -> History:
    sections = tuple(
        Section((Exchange(PAY, SENT, 0.0, 1.0, Response(status)),)) for status in statuses
    )
    last = Section(sections[-1].exchanges, changes=Changes(rows))
    return History(Experiment((Phase((PAY,)),) * len(statuses)), (*sections[:-1], last))


def one(*, keyed: bool) -> One:
    clean = history(201, rows=(DONE, PAYMENT))
    key = KEY if keyed else None
    return One(
        Mask(), outcome(clean, Mask()), clean.section.exchange, IdempotencyPolicy(), clean, key
    )


@pytest.mark.parametrize(
    ("statuses", "rows", "ruling"),
    [
        ((500, 409), (RUNNING,), Ruling.BLOCKED),
        ((500, 409), (), Ruling.BLOCKED),
        ((500, 201), (DONE, PAYMENT), Ruling.ONCE),
        ((500, 409), (DONE, PAYMENT), Ruling.ONCE),
        ((500, 409), (RUNNING, PAYMENT), Ruling.PART),
        ((500, 201), (DONE, PAYMENT, PAYMENT), Ruling.MORE),
        ((500, 201), (RUNNING,), Ruling.EMPTY),
        ((500, 201), (), Ruling.EMPTY),
        ((500, 201), (PAYMENT,), Ruling.MORE),
        ((500, 201), (RUNNING, PAYMENT), Ruling.MORE),
    ],
    ids=[
        "the key is left",
        "nothing is left",
        "healed",
        "kept out",
        "half of it",
        "twice",
        "the key is left, and success told",
        "nothing is left, and success told",
        "the effect is left without its key",
        "the effect is left, and its key in progress",
    ],
)
def test_a_request_that_carries_a_key(
    statuses: tuple[int, ...], rows: tuple[RowChange, ...], ruling: Ruling
) -> None:
    assert one(keyed=True).judge(history(*statuses, rows=rows)).ruling is ruling


def test_without_a_key_a_part_of_the_effect_is_what_rollback_tells() -> None:
    judged = one(keyed=False).judge(history(500, 409, rows=(RUNNING,)))
    assert judged.ruling is Ruling.PART


def deliver(service: FakeService) -> int:
    if len(service.world.committed) == 1:
        with service.connect() as db:
            db.insert("payments", amount=5)
    return 200


def accept(service: FakeService) -> int:
    """Keeps the request under its key for a job, which is late where there is more than one."""
    with service.connect() as db:
        db.begin()
        if not service.world.committed:
            db.insert("requests", key="k1")
        db.commit()
    if len(service.world.experiments[-1].phases) == 1:
        deliver(service)
    return 202


@pytest.mark.parametrize(("job", "found"), [(deliver, []), (None, ["empty-replay"])])
def test_an_effect_that_a_job_brings_later_is_there(
    job: Callable[[FakeService], int] | None, found: list[str]
) -> None:
    step = Step(PAY.step.operation, headers={"Idempotency-Key": "k1"})
    about = Subject(Scenario("pay", step), replicas=1)
    world = FakeWorld({step.operation.id: accept}, job)
    verdicts = world.drive(Idempotency().explore(about))
    assert [each.finding_class for each in verdicts if each.finding_class] == found
