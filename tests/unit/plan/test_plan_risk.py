"""What makes an operation risky."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind, CrossingKey, Experiment
from seamproof.core.history import Changes, Crossing, CrossingKind, History, RowChange, Section
from seamproof.core.model import Operation, Scenario, Step
from seamproof.plan.risk import Past, assumed, risk

PAY = Step(Operation("POST", "/v1/orders/{id}/pay"), "alice")
SCENARIO = Scenario("pay", PAY, (Step(Operation("POST", "/v1/orders"), "bob"),))


def crossing(kind: CrossingKind, statement: str) -> Crossing:
    outbound = kind is CrossingKind.CALL
    boundary = BoundaryKind.HTTP_OUT if outbound else BoundaryKind.SQL
    return Crossing(CrossingKey(statement, 1, boundary), kind, statement, 0, 1, 0.0)


def history(*crossings: Crossing, rows: tuple[RowChange, ...] = ()) -> History:
    return History(Experiment.of(SCENARIO), (Section((), crossings, Changes(rows)),))


def test_everything_that_was_seen_adds_up() -> None:
    clean = history(
        crossing(CrossingKind.READ, "SELECT * FROM accounts WHERE id = $1 FOR UPDATE"),
        crossing(CrossingKind.WRITE, "UPDATE accounts SET balance = $1"),
        crossing(CrossingKind.CALL, "POST payments /charges"),
        rows=(
            RowChange("accounts", {"balance": "1", "at": "x"}, {"balance": "2", "at": "x"}, "7"),
            RowChange("audit", None, {"line": "paid"}, "8"),
        ),
    )
    found = risk(SCENARIO, clean, Past(), ignored={"audit"})
    # One transaction, one table, one write, one call, one lock, bob, one column of money.
    assert found.figure == 3 + 2 + 1 + 4 + 2 + 2 + 3
    assert found.parts[0] == "1 call to another service"
    assert set(found.parts[1:]) == {
        "1 write transaction",
        "writes accounts",
        "1 statement that writes",
        "1 read that locks",
        "1 other identity",
        "balance: money",
    }


def test_what_is_not_changed_is_no_risk() -> None:
    row = {"balance": "1", "email": "a@b.c"}
    same = history(rows=(RowChange("accounts", row, {**row, "name": "x"}, "7"),))
    parts = risk(SCENARIO, same, Past()).parts
    assert not any("balance" in part or "email" in part for part in parts)


def test_what_broke_before_weighs_up_to_a_limit() -> None:
    id_ = PAY.operation.id
    plain = risk(SCENARIO, history(), Past()).figure
    twice = risk(SCENARIO, history(), Past(findings={id_: 2}, commits={id_: 4})).figure
    often = risk(SCENARIO, history(), Past(findings={id_: 99}, commits={id_: 99})).figure
    assert twice == plain + 2 * 5 + 4 * 0.5
    assert often == plain + 4 * 5 + 10 * 0.5


def test_what_was_never_seen_is_assumed_by_its_method_or_from_before() -> None:
    read = Operation("GET", "/v1/orders")
    assert assumed(PAY.operation, Past()) > assumed(read, Past())
    assert assumed(read, Past(risks={read.id: 17.0})) == 17.0
