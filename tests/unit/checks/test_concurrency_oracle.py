"""The oracle, the classes and the schedules of `concurrency`, on histories built by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seamproof.analysis.masks import Mask
from seamproof.checks.concurrency.anomalies import classify
from seamproof.checks.concurrency.oracle import Oracle, Ruling, oracle
from seamproof.checks.concurrency.pairs import twice, with_partners
from seamproof.checks.concurrency.schedules import Places, one_stop, two_stops
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Act, BoundaryKind, CrossingKey, Experiment, Phase, Turn
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Disturbance,
    DisturbanceKind,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
    Silence,
)
from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject

STEP = Step(Operation.parse("POST /orders"))
PHASE = Phase((Act(STEP), Act(STEP, replica=1)))
CATALOG = Catalog(
    {
        name: Table(name, (Column("id", "integer", default=f"nextval('{name}')"),), ("id",))
        for name in ("orders", "products")
    }
)
MASK = Mask.of(Profile(), CATALOG)
CHARGE = Crossing(
    CrossingKey("POST payments /charges", boundary=BoundaryKind.HTTP_OUT),
    CrossingKind.CALL,
    "",
    0,
    0,
    0.0,
    request=Request("POST", "/charges"),
    response=Response(201),
)

AGAIN = replace(CHARGE, replica=1)
CANCEL = replace(
    AGAIN, key=CrossingKey("POST payments /charges/{id}/cancel", boundary=BoundaryKind.HTTP_OUT)
)


def stock(left: int, of: int = 2) -> RowChange:
    return RowChange("products", {"id": "1", "stock": str(of)}, {"id": "1", "stock": str(left)})


def order(number: int) -> RowChange:
    return RowChange("orders", None, {"id": str(number), "product": "1"})


def history(
    statuses: tuple[int | None, ...],
    *rows: RowChange,
    calls: int = 0,
    disturbance: DisturbanceKind | None = None,
    silence: Silence | None = None,
) -> History:
    exchanges = tuple(
        Exchange(
            act,
            Request("POST", "/orders"),
            0.0,
            1.0,
            Response(status) if status else None,
            None if status else silence,
        )
        for act, status in zip(PHASE.acts, statuses, strict=False)
    )
    disturbances = (Disturbance(disturbance),) if disturbance else ()
    section = Section(exchanges, (CHARGE,) * calls, Changes(rows), disturbances)
    return History(Experiment((PHASE,)), (section,))


def learned(serial: History, alone: History) -> Oracle:
    found = oracle(MASK, ((serial, serial), (serial, serial)), (alone, alone))
    assert isinstance(found, Oracle)
    return found


PLENTY = learned(
    history((201, 201), stock(0), order(1), order(2)), history((201,), stock(1), order(1))
)
"""Both fit."""
ONE = learned(history((201, 409), stock(0, 1), order(1)), history((201,), stock(0, 1), order(1)))
"""One fits."""


@pytest.mark.parametrize(
    ("judge", "seen", "ruling"),
    [
        (PLENTY, history((201, 201), stock(0), order(8), order(9)), Ruling.LEGAL),
        (PLENTY, history((200, 201), stock(0), order(1), order(2)), Ruling.LEGAL),
        (PLENTY, history((201, 201), stock(1), order(1), order(2)), Ruling.VIOLATION),
        (PLENTY, history((201, 409), stock(1), order(1)), Ruling.LEGAL),
        (PLENTY, history((503, 201), stock(1), order(1)), Ruling.LEGAL),
        (PLENTY, history((409, 409)), Ruling.LEGAL),
        (PLENTY, history((201, 500), stock(1), order(1)), Ruling.CONFLICT),
        (PLENTY, history((409, 500)), Ruling.CONFLICT),
        (PLENTY, history((201, 409), stock(0), order(1)), Ruling.VIOLATION),
        (PLENTY, history((500, 500), stock(1)), Ruling.VIOLATION),
        (ONE, history((409, 201), stock(0, 1), order(1)), Ruling.LEGAL),
        (ONE, history((201, 201), stock(0, 1), order(1)), Ruling.VIOLATION),
        (ONE, history((201, 201), stock(-1, 1), order(1), order(2)), Ruling.VIOLATION),
        (ONE, history((201, 409), stock(0, 1), order(1), calls=1), Ruling.VIOLATION),
        (PLENTY, history((201, 429), stock(1), order(1)), Ruling.UNCLEAR),
        (
            PLENTY,
            history((201, None), stock(1), order(1), silence=Silence.TIMEOUT),
            Ruling.UNCLEAR,
        ),
        (
            PLENTY,
            history((201, None), stock(1), order(1), disturbance=DisturbanceKind.SERVICE_DIED),
            Ruling.ENDED,
        ),
        (
            PLENTY,
            history((201, 201), stock(1), disturbance=DisturbanceKind.NOT_QUIET),
            Ruling.UNCLEAR,
        ),
    ],
    ids=[
        "other keys",
        "another success",
        "a lost update",
        "one refused",
        "one unavailable",
        "both refused",
        "an error without effect",
        "a refusal and an error",
        "refused, but took",
        "an error with effect",
        "the other is refused",
        "two successes of one",
        "oversold",
        "a call too many",
        "a rate limiter",
        "no answer in time",
        "the service ended",
        "no quiet",
    ],
)
def test_a_history_is_judged_against_the_serial_orders(
    judge: Oracle, seen: History, ruling: Ruling
) -> None:
    assert judge.judge(seen).ruling is ruling


def test_a_process_that_ended_is_told_of_though_both_were_told_success() -> None:
    seen = history(
        (201, 201), stock(0), order(1), order(2), disturbance=DisturbanceKind.SERVICE_DIED
    )
    judged = PLENTY.judge(seen)
    assert (judged.ruling, judged.death) == (Ruling.ENDED, "no status")
    assert PLENTY.judge(history((201, 201), stock(0), order(1), order(2))).death == ""


def test_what_is_left_beside_a_refusal_is_the_effect_of_the_other_act() -> None:
    taken, ordered = history((201,), stock(1)), history((201,), order(1))
    both = history((201, 201), stock(1), order(1))
    judge = oracle(MASK, ((both, both), (both, both)), (taken, ordered))
    assert isinstance(judge, Oracle)
    assert judge.judge(history((201, 409), stock(1))).ruling is Ruling.LEGAL
    assert judge.judge(history((201, 409), order(1))).ruling is Ruling.VIOLATION


@pytest.mark.parametrize(
    ("statuses", "calls", "ruling"),
    [
        ((201, 409), (CHARGE, AGAIN, CANCEL), Ruling.LEGAL),
        ((201, 503), (CHARGE, AGAIN, CANCEL), Ruling.LEGAL),
        ((201, 500), (CHARGE, AGAIN, CANCEL), Ruling.CONFLICT),
        ((201, 409), (CHARGE, AGAIN), Ruling.VIOLATION),
        ((201, 409), (AGAIN, CANCEL), Ruling.VIOLATION),
        ((201, 409), (CHARGE, AGAIN, replace(CANCEL, replica=0)), Ruling.VIOLATION),
        ((201, 409), (CHARGE, AGAIN, replace(CANCEL, response=None)), Ruling.VIOLATION),
        ((201, 201), (CHARGE, AGAIN, CANCEL), Ruling.VIOLATION),
    ],
)
def test_a_refused_act_may_take_its_call_back(
    statuses: tuple[int, int], calls: tuple[Crossing, ...], ruling: Ruling
) -> None:
    paid = history((201, 409), stock(0, 1), order(1), calls=1)
    judge = learned(paid, history((201,), stock(0, 1), order(1), calls=1))
    seen = history(statuses, stock(0, 1), order(1))
    (section,) = seen.sections
    assert (
        judge.judge(replace(seen, sections=(replace(section, crossings=calls),))).ruling is ruling
    )


def test_there_is_no_oracle_of_serial_runs_that_differ() -> None:
    one = history((201, 201), stock(0), order(1), order(2))
    other = history((201, 201), stock(1), order(1), order(2))
    alone = history((201,), stock(1), order(1))
    reason = oracle(MASK, ((one, other), (one, one)), (alone, alone))
    assert reason == "equal runs, one after the other, differ: products"


def test_there_is_no_oracle_of_acts_that_end_the_service_one_after_the_other() -> None:
    good, alone = history((201, 201), order(1), order(2)), history((201,), order(1))
    dead = history((201, 201), order(1), order(2), disturbance=DisturbanceKind.SERVICE_DIED)
    reason = oracle(MASK, ((good, good), (dead, good)), (alone, alone))
    assert reason == "the service ended while the acts ran: no status"


def test_there_is_no_oracle_of_an_act_that_is_refused_alone() -> None:
    both = history((409, 409))
    reason = oracle(MASK, ((both, both), (both, both)), (history((409,)), history((409,))))
    assert reason == "act 0 alone answers 409"


def row(table: str, number: str, old: dict[str, Any], **new: str) -> RowChange:
    return RowChange(table, {"id": number, **old}, {"id": number, **old, **new})


@pytest.mark.parametrize(
    ("judge", "seen", "name"),
    [
        (PLENTY, history((201, 201), stock(1), order(1), order(2)), "lost-update"),
        (ONE, history((201, 201), stock(-1, 1), order(1), order(2)), "guard-bypass"),
        (ONE, history((201, 201), stock(0, 1), order(1)), "guard-bypass"),
        (
            learned(history((201, 201), order(1)), history((201,), order(1))),
            history((201, 201), order(1), order(2)),
            "duplicate-rows",
        ),
        (
            learned(history((201, 409), order(1)), history((201,), order(1))),
            history((201, 201), order(1), order(2)),
            "duplicate-rows",
        ),
        (
            learned(history((201, 201), order(1), calls=1), history((201,), order(1), calls=1)),
            history((201, 201), order(1), calls=2),
            "duplicated-call",
        ),
    ],
)
def test_a_violation_has_a_name(judge: Oracle, seen: History, name: str) -> None:
    found = judge.judge(seen)
    assert found.outcome is not None
    assert classify(judge, found.outcome).name == name


def test_a_limit_that_was_brought_near_is_a_guard_and_not_a_unique_row() -> None:
    judge = learned(history((201, 403), order(1)), history((201,), order(1)))
    found = judge.judge(history((201, 201), order(1), order(2)))
    assert found.outcome is not None
    assert classify(judge, found.outcome, seeded=True).name == "guard-bypass"


def test_columns_of_one_row_that_each_changes_alone() -> None:
    old = {"name": "ada", "city": "rome"}
    both = history((200, 200), row("products", "1", old, name="bea", city="oslo"))
    judge = oracle(
        MASK,
        ((both, both), (both, both)),
        (
            history((200,), row("products", "1", old, name="bea")),
            history((200,), row("products", "1", old, city="oslo")),
        ),
    )
    assert isinstance(judge, Oracle)
    found = judge.judge(history((200, 200), row("products", "1", old, city="oslo")))
    assert found.outcome is not None
    assert classify(judge, found.outcome).name == "full-row-overwrite"


NOTE = {"text": "hi", "deleted": "f"}
CHANGED = row("products", "1", NOTE, text="ho")
MARKED = row("products", "1", NOTE, deleted="t", text="")
REMOVED = RowChange("products", {"id": "1", **NOTE}, None)
PERMISSION = RowChange("orders", {"id": "1", "product": "1"}, None)


@pytest.mark.parametrize(
    ("methods", "deleted", "left", "name"),
    [
        (("PATCH", "DELETE"), (MARKED,), (CHANGED,), "resurrected-row"),
        (("DELETE", "PATCH"), (MARKED,), (CHANGED,), "resurrected-row"),
        (("PATCH", "DELETE"), (MARKED, PERMISSION), (CHANGED, PERMISSION), "resurrected-row"),
        (("PUT", "DELETE"), (REMOVED,), (CHANGED,), "resurrected-row"),
        (("PATCH", "POST"), (MARKED,), (CHANGED,), "lost-update"),
        (
            ("PATCH", "DELETE"),
            (MARKED,),
            (row("products", "1", NOTE, deleted="t"),),
            "lost-update",
        ),
    ],
    ids=[
        "a mark taken back",
        "whichever comes first",
        "without what went with it",
        "inserted where it was gone",
        "no deletion by its method",
        "deleted all the same",
    ],
)
def test_a_row_that_is_deleted_and_there_again_has_a_name_of_its_own(
    methods: tuple[str, str],
    deleted: tuple[RowChange, ...],
    left: tuple[RowChange, ...],
    name: str,
) -> None:
    acts = tuple(
        Act(Step(Operation.parse(f"{method} /notes/1")), replica=index)
        for index, method in enumerate(methods)
    )
    deleting = int(methods[0] != "DELETE")

    def of(statuses: tuple[int, ...], *rows: RowChange) -> History:
        return replace(history(statuses, *rows), experiment=Experiment((Phase(acts),)))

    alone = (of((200,), CHANGED), of((200,), *deleted))
    behind = of((200, 404) if deleting == 0 else (404, 200), *deleted)
    before = of((200, 200), *deleted)
    orders = (before, behind) if deleting else (behind, before)
    judge = oracle(
        MASK,
        tuple((each, each) for each in orders),
        alone if deleting else (alone[1], alone[0]),
    )
    assert isinstance(judge, Oracle)
    found = judge.judge(of((200, 200), *left))
    assert found.outcome is not None
    assert found.ruling is Ruling.VIOLATION
    assert classify(judge, found.outcome).name == name


@pytest.mark.parametrize(
    ("method", "behind", "left", "ruling"),
    [
        ("DELETE", 401, (REMOVED,), Ruling.LEGAL),
        ("DELETE", 401, (CHANGED,), Ruling.VIOLATION),
        ("DELETE", 401, (REMOVED, PERMISSION), Ruling.VIOLATION),
        ("DELETE", 403, (REMOVED,), Ruling.VIOLATION),
        ("PATCH", 401, (REMOVED,), Ruling.VIOLATION),
    ],
    ids=[
        "let in, and gone",
        "it is there again",
        "more is gone",
        "refused for another reason",
        "not a deletion by its method",
    ],
)
def test_a_deletion_may_be_let_in_before_the_other_changes_who_its_sender_is(
    method: str, behind: int, left: tuple[RowChange, ...], ruling: Ruling
) -> None:
    steps = (Step(Operation.parse(f"{method} /users/1")), Step(Operation.parse("PUT /users/1")))
    acts = tuple(Act(step, replica=index) for index, step in enumerate(steps))

    def of(statuses: tuple[int, ...], *rows: RowChange) -> History:
        found = history(statuses, *rows)
        exchanges = tuple(
            replace(each, act=act) for each, act in zip(found.section.exchanges, acts, strict=False)
        )
        section = replace(found.section, exchanges=exchanges)
        return replace(found, experiment=Experiment((Phase(acts),)), sections=(section,))

    anew = row("products", "1", NOTE, text="anew")
    orders = (of((200, 201), anew), of((behind, 200), CHANGED))
    alone = (of((200,), REMOVED), of((200,), CHANGED))
    judge = oracle(MASK, tuple((each, each) for each in orders), alone)
    assert isinstance(judge, Oracle)
    assert judge.judge(of((200, 200), *left)).ruling is ruling


def crossing(shape: str, kind: CrossingKind, at: float) -> Crossing:
    return Crossing(CrossingKey(shape), kind, shape, 0, 1, at)


READ = crossing("SELECT", CrossingKind.READ, 1.0)
WRITE = crossing("UPDATE", CrossingKind.WRITE, 2.0)
COMMIT = crossing("COMMIT", CrossingKind.COMMIT, 3.0)


def test_one_stop_tries_writes_then_commits_then_reads_in_both_directions() -> None:
    found = Places(((READ, WRITE, COMMIT), (WRITE,)), (4, 3))
    assert [each.turns for each in one_stop(found, alike=False)] == [
        (Turn(0, WRITE.key), Turn(1)),
        (Turn(0, COMMIT.key), Turn(1)),
        (Turn(0, READ.key), Turn(1)),
        (Turn(1, WRITE.key), Turn(0)),
    ]


def test_equal_acts_need_one_direction() -> None:
    found = Places(((WRITE, COMMIT), (WRITE, COMMIT)), (3, 3))
    assert len(list(one_stop(found, alike=True))) == 2
    assert len(list(two_stops(found, alike=True))) == 4
    assert len(list(two_stops(found, alike=False))) == 8


def test_two_stops_let_the_first_end_before_the_second_goes_on() -> None:
    (only,) = two_stops(Places(((WRITE,), (COMMIT,)), (2, 2)), alike=True)
    assert only.turns == (Turn(0, WRITE.key), Turn(1, COMMIT.key), Turn(0))
    assert only.stops == (WRITE, COMMIT)


@pytest.mark.parametrize(("crossings", "total"), [((1, 1), 2), ((2, 2), 6), ((10, 10), 184756)])
def test_all_interleavings_are_counted(crossings: tuple[int, int], total: int) -> None:
    assert Places(((), ()), crossings).interleavings == total


def test_each_act_is_a_request_of_its_own_on_a_replica_of_its_own() -> None:
    experiment = twice(Subject(Scenario("s", STEP))).by_turns((Turn(0), Turn(1)))
    (phase,) = experiment.phases
    assert [(each.replica, each.fresh) for each in phase.acts] == [(0, 0), (1, 1)]


def test_partners_share_the_steps_that_both_arrange() -> None:
    login = Step(Operation.parse("POST /login"))
    cart = Step(Operation.parse("POST /carts"), extracts=(Extract("cart", "$.id"),))
    other_cart = Step(Operation.parse("POST /carts"), json={}, extracts=(Extract("cart", "$.id"),))
    pay = Scenario("pay", STEP, (login, cart))
    leave = Scenario("leave", STEP, (login, cart, login))
    (pair,) = with_partners(Subject(pay, partners=(leave,)))
    assert pair.arrangement == (login, cart)
    clash = Scenario("clash", STEP, (other_cart,))
    assert not list(with_partners(Subject(pay, partners=(clash,))))
