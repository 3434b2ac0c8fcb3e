"""`concurrency` on acts that overlap statement by statement: each anomaly, and its sound twin."""

from __future__ import annotations

import pytest
from overlapped import (
    OPERATION,
    TABLES,
    add,
    compare_a_version,
    count,
    join,
    scenario,
    subject,
    verdicts,
    world,
)

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from doubles.stored import finding_of
from seamproof.checks.concurrency import Concurrency
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Tier


def test_a_value_that_is_read_and_written_back_is_a_lost_update() -> None:
    (found,) = verdicts(count)
    assert (found.finding_class, found.outcome, found.tier, found.replays) == (
        "lost-update",
        Outcome.VIOLATED,
        Tier.PROVEN,
        (3, 3),
    )
    assert found.table == "counters"
    assert found.shape.startswith("UPDATE counters")
    (left,) = found.evidence.left
    assert left.new == {"id": "1", "value": "1"}
    assert [change.new for change in found.evidence.expected] == [{"id": "1", "value": "2"}]
    assert found.evidence.facts["answers"] == "200 and 200"
    assert found.evidence.facts["preemptions"] == 1
    assert found.evidence.control is not None
    assert found.evidence.control.passed


def test_a_value_that_the_database_computes_is_none() -> None:
    (found,) = verdicts(add)
    assert (found.finding_class, found.outcome) == ("", Outcome.HELD)
    assert found.reason == "no crossing of one act conflicts with the other's"


def claim(db: Rows) -> Statements:
    """Takes the first job that is ready."""
    jobs = db["jobs"]
    ready = yield (
        "SELECT id FROM jobs WHERE state = 'ready'",
        lambda: next((number for number, job in jobs.items() if job["state"] == "ready"), None),
    )
    if ready is None:
        return 404
    yield "UPDATE jobs SET state = 'claimed'", lambda: db.update("jobs", ready, state="claimed")
    return 200


def test_an_entry_of_a_queue_that_two_claim_is_a_lost_update() -> None:
    (found,) = verdicts(claim)
    assert (found.finding_class, found.table) == ("lost-update", "jobs")


@pytest.mark.parametrize(("helps", "told"), [(True, "helps"), (False, "does not help")])
def test_a_finding_says_whether_a_stronger_level_alone_would_help(helps: bool, told: str) -> None:
    (found,) = verdicts(count, serializable_helps=helps)
    assert found.evidence.facts["serializable"] == told


def test_a_refusal_without_effect_is_legal_although_no_serial_order_has_one() -> None:
    (found,) = verdicts(compare_a_version)
    assert found.outcome is Outcome.HELD
    assert found.reason.startswith("2 schedules of 1 pair")


def fail_on_conflict(db: Rows) -> Statements:
    status = yield from compare_a_version(db)
    return 500 if status == 409 else status


def test_a_server_error_without_effect_is_suspected_only() -> None:
    (found,) = verdicts(fail_on_conflict)
    assert (found.finding_class, found.tier) == ("unhandled-conflict", Tier.SUSPECTED)


def sell(db: Rows, *, guarded: bool = False) -> Statements:
    """Looks at the stock first, and takes from it later."""
    stock = yield "SELECT stock FROM products", lambda: db["products"]["1"]["stock"]
    if stock < 1:
        return 409

    def take() -> bool:
        left = db["products"]["1"]["stock"]
        if guarded and left < 1:
            return False
        db.update("products", "1", stock=left - 1)
        return True

    taken = yield "UPDATE products SET stock = stock - 1", take
    if not taken:
        return 409
    yield "INSERT INTO sales (product) VALUES (1)", lambda: db.insert("sales", product=1)
    return 201


def test_a_limit_that_is_far_is_brought_near_by_repeating_the_act() -> None:
    (found,) = verdicts(sell)
    assert (found.finding_class, found.tier) == ("guard-bypass", Tier.PROVEN)
    assert found.evidence.facts["seeded"] == "2 requests before it"
    assert found.evidence.facts["orders"] == "201 and 409 or 409 and 201"
    assert found.evidence.facts["answers"] == "201 and 201"


def test_a_limit_in_the_write_holds() -> None:
    (found,) = verdicts(lambda db: sell(db, guarded=True))
    assert found.outcome is Outcome.HELD


def test_a_state_that_is_at_its_limit_is_not_searched_twice() -> None:
    tables = TABLES | {"products": {"1": {"stock": 1}}}
    overlap = FakeOverlap(tables, {OPERATION: lambda db: sell(db, guarded=True)})
    (found,) = overlap.drive(Concurrency().explore(subject()))
    assert "of 1 pair;" in found.reason


def test_a_limit_that_is_out_of_reach_is_brought_near_by_an_edit() -> None:
    tables = TABLES | {"products": {"1": {"stock": 1000}}}
    overlap = FakeOverlap(tables, {OPERATION: sell})
    (found,) = overlap.drive(Concurrency().explore(subject()))
    assert found.finding_class == "guard-bypass"
    assert found.evidence.facts["seeded"] == "rows edited: products.stock = 1"


def settle(db: Rows, *, looks: bool) -> Statements:
    """Done once; the write looks again, or does not."""
    done = yield "SELECT done FROM jobs WHERE id = 1", lambda: db["jobs"]["1"]["state"] == "done"
    if done:
        return 409

    def write() -> None:
        if not looks or db["jobs"]["1"]["state"] != "done":
            db.update("jobs", "1", state="done")

    yield "UPDATE jobs SET state = 'done' WHERE id = 1", write
    return 200


@pytest.mark.parametrize(("looks", "tier"), [(True, Tier.SUSPECTED), (False, Tier.PROVEN)])
def test_a_repetition_that_is_told_success_and_wrote_nothing_is_suspected_only(
    looks: bool, tier: Tier
) -> None:
    (found,) = verdicts(lambda db: settle(db, looks=looks))
    assert (found.finding_class, found.tier) == ("guard-bypass", tier)


def test_a_schedule_that_proves_more_is_told_rather_than_one_that_only_may_be_right() -> None:
    def settle_carefully(db: Rows) -> Statements:
        def done() -> bool:
            return bool(db["jobs"]["1"]["state"] == "done")

        if (yield "SELECT done FROM jobs", done):
            return 409
        if (yield "SELECT done FROM jobs", done):
            yield "UPDATE counters SET value = 0", lambda: db.update("counters", "1", value=0)
            return 200
        return (yield from settle(db, looks=True))

    (found,) = verdicts(settle_carefully)
    assert (found.finding_class, found.tier) == ("guard-bypass", Tier.PROVEN)


def within_a_quota(db: Rows) -> Statements:
    found = yield "SELECT count(*) FROM members", lambda: len(db["members"])
    if found >= 3:
        return 403
    yield "INSERT INTO members (name) VALUES ('new')", lambda: db.insert("members", name="new")
    return 201


def test_a_quota_above_one_is_a_guard_and_no_unique_row() -> None:
    (found,) = verdicts(within_a_quota)
    assert found.finding_class == "guard-bypass"


def test_a_row_that_is_unique_by_looking_is_made_twice() -> None:
    (found,) = verdicts(join)
    assert (found.finding_class, found.table) == ("duplicate-rows", "members")


def upsert(db: Rows) -> Statements:
    status = yield from join(db)
    return 200 if status else 500


def test_an_upsert_that_looks_first_makes_a_row_twice() -> None:
    (found,) = verdicts(upsert)
    assert (found.finding_class, found.table) == ("duplicate-rows", "members")


def leave(db: Rows, doctor: str) -> Statements:
    """One must stay on call."""
    others = yield (
        "SELECT count(*) FROM doctors",
        lambda: sum(row["on_call"] for key, row in db["doctors"].items() if key != doctor),
    )
    if not others:
        return 409
    yield "UPDATE doctors SET on_call = 0", lambda: db.update("doctors", doctor, on_call=0)
    return 200


def test_two_scenarios_of_one_operation_show_a_write_skew() -> None:
    about = subject(scenario(doctor="1"), partners=(scenario(doctor="2"),))
    (found,) = verdicts(leave, about)
    assert (found.finding_class, found.tier) == ("write-skew", Tier.PROVEN)


def test_the_same_act_twice_shows_none() -> None:
    (found,) = verdicts(leave, subject(scenario(doctor="1")))
    assert found.outcome is Outcome.HELD


def save(db: Rows, column: str) -> Statements:
    """Saves the whole row."""
    row = yield "SELECT name, city FROM profiles", lambda: dict(db["profiles"]["1"])
    new = {**row, column: "changed"}
    yield (
        "UPDATE profiles SET name = $1, city = $2",
        lambda: db.update("profiles", "1", **new),
    )
    return 200


def test_columns_that_are_put_back_are_a_class_of_their_own() -> None:
    about = subject(scenario(column="name"), partners=(scenario(column="city"),))
    (found,) = verdicts(save, about)
    assert found.finding_class == "full-row-overwrite"


def test_tables_that_no_verdict_looks_at_conflict_with_nothing() -> None:
    profile = Profile(audit=frozenset({"counters"}))
    (found,) = verdicts(count, subject(profile=profile))
    assert found.outcome is Outcome.HELD
    assert found.reason == "no crossing of one act conflicts with the other's"


def test_a_stored_finding_is_shown_again_by_its_own_schedule() -> None:
    overlap = world(sell)
    (found,) = overlap.drive(Concurrency().explore(subject()))
    again = world(sell)
    finding = finding_of(found)
    (shown,) = again.drive(Concurrency().replay(subject(), finding))
    assert (shown.finding_class, shown.shape) == (found.finding_class, found.shape)
    schedules = {
        each.phases[0].schedule
        for each in again.experiments
        if each.purpose in ("overlap", "replay")
    }
    stored = found.evidence.experiment
    assert stored is not None
    assert schedules == {stored.phases[0].schedule}
