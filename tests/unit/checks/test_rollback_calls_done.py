"""`rollback` on handlers whose call stays done although their transaction does not."""

from __future__ import annotations

import itertools

from calling import BROKEN, CHARGE, charging, drive, loud, store

from doubles.fake_world import CallFailed, FakeService
from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import Outcome, Tier


def refund(service: FakeService) -> None:
    service.call("POST payments /refunds", {"amount": 7})


def store_or_refund(service: FakeService) -> int:
    try:
        store(service)
    except BROKEN:
        refund(service)
        return 503
    return 201


def test_a_charge_for_an_order_that_rolled_back_is_proven() -> None:
    found = loud(drive(charging()))
    verdict = found["uncompensated-call"]
    assert (verdict.tier, verdict.replays) == (Tier.PROVEN, (3, 3))
    assert verdict.shape == CHARGE
    assert verdict.evidence.facts["call_status"] == "201"
    assert verdict.evidence.crossing is not None
    assert verdict.evidence.crossing.key.shape == CHARGE
    assert verdict.evidence.experiment is not None
    assert verdict.evidence.experiment.phases[0].faults[0].at.boundary is BoundaryKind.SQL
    assert set(found) == {"uncompensated-call"}


def test_a_charge_that_is_taken_back_holds() -> None:
    assert not loud(drive(charging(undo=refund)))


def test_the_same_call_once_more_takes_nothing_back() -> None:
    def again(service: FakeService) -> None:
        service.call(CHARGE, {"amount": 7})

    assert "uncompensated-call" in loud(drive(charging(undo=again)))


def test_a_call_of_the_same_shape_that_says_the_contrary_takes_it_back() -> None:
    def negative(service: FakeService) -> None:
        service.call(CHARGE, {"amount": -7})

    assert not loud(drive(charging(undo=negative)))


def test_a_retry_under_the_same_key_makes_use_of_the_charge() -> None:
    assert not loud(drive(charging(lambda: "order-7")))


def test_a_retry_under_a_fresh_key_charges_twice() -> None:
    numbers = itertools.count()
    found = loud(drive(charging(lambda: f"key-{next(numbers)}")))
    assert found["uncompensated-call"].tier is Tier.PROVEN


def test_a_retry_that_names_the_same_order_is_suspected_only() -> None:
    def create(service: FakeService) -> int:
        service.call(CHARGE, {"order_id": 7, "amount": 7})
        store(service)
        return 201

    assert loud(drive(create))["uncompensated-call"].tier is Tier.SUSPECTED


def test_a_retry_that_is_refused_leaves_the_charge_for_nothing() -> None:
    def create(service: FakeService) -> int:
        experiment = len(service.world.experiments)
        if service.memory.get("tried") == experiment:
            return 409
        service.memory["tried"] = experiment
        service.call(CHARGE, {"amount": 7}, key="k")
        store(service)
        return 201

    assert loud(drive(create))["uncompensated-call"].tier is Tier.PROVEN


def test_a_charge_that_only_the_provider_knows_of_is_suspected_not_proven() -> None:
    def create(service: FakeService) -> int:
        try:
            service.call(CHARGE, {"amount": 7})
        except CallFailed:
            return 502
        return store_or_refund(service)

    found = loud(drive(create))
    assert [(name, each.tier) for name, each in found.items()] == [
        ("uncompensated-call", Tier.SUSPECTED)
    ]


def test_a_captcha_that_was_asked_for_has_nothing_to_take_back() -> None:
    def create(service: FakeService) -> int:
        try:
            service.call("POST captcha /siteverify", {"answer": "7"})
        except CallFailed:
            return 422
        store(service)
        return 201

    assert not loud(drive(create))


def test_a_post_that_may_only_have_asked_is_suspected() -> None:
    def create(service: FakeService) -> int:
        service.call("POST fraud /scores", {"amount": 7}, status=200)
        store(service)
        return 201

    assert loud(drive(create))["uncompensated-call"].tier is Tier.SUSPECTED


def test_a_call_that_nothing_fakes_is_named() -> None:
    def create(service: FakeService) -> int:
        service.call("POST api.example.com /charges", {"amount": 7}, status=501)
        store(service)
        return 201

    (held,) = [each for each in drive(create) if not each.finding_class]
    assert held.outcome is Outcome.HELD
    assert held.reason.endswith(
        "; not tried, for nothing fakes it: POST api.example.com /charges; 1 ambiguous answers"
    )


def test_a_job_that_takes_the_charge_back_holds() -> None:
    def reconcile(service: FakeService) -> int:
        if not service.world.committed:
            refund(service)
        return 0

    assert not loud(drive(charging(), reconcile))


def test_the_first_of_two_calls_stays_done_where_the_second_is_refused() -> None:
    def create(service: FakeService) -> int:
        try:
            service.call(CHARGE, {"amount": 7})
            service.call("POST shipping /labels", {"to": "Main St"}, key="label-7")
        except CallFailed:
            return 502
        return store_or_refund(service)

    verdict = loud(drive(create))["uncompensated-call"]
    assert (verdict.tier, verdict.shape) == (Tier.PROVEN, CHARGE)


def test_a_read_that_was_answered_has_nothing_to_take_back() -> None:
    def create(service: FakeService) -> int:
        try:
            service.call("GET rates /today")
        except CallFailed:
            return 502
        store(service)
        return 201

    assert not loud(drive(create))
