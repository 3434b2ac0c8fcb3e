"""`rollback` where all rows of an act are there, and a value that differs in each run is not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from rolled_back import subject, verdicts

from doubles.fake_world import DatabaseFault, FakeService
from seamproof.core.profile import Profile
from seamproof.core.verdict import Outcome, Tier, Verdict

PLAIN = Profile()
RENDERED = Profile(volatile=frozenset({"bills.file"}))


def told(handler: Callable[[FakeService], int], profile: Profile = RENDERED) -> set[object]:
    found = verdicts(handler, subject("POST /bills", profile=profile))
    return {each for each in map(_of_part, found) if each}


def _of_part(verdict: Verdict) -> tuple[str, Tier, Outcome] | None:
    """What it says of rows that are left."""
    if verdict.finding_class in ("", "doubled-by-retry"):
        return None
    return verdict.finding_class, verdict.tier, verdict.outcome


PROVEN = ("partial-state", Tier.PROVEN, Outcome.VIOLATED)
SUSPECTED = ("partial-state", Tier.SUSPECTED, Outcome.VIOLATED)


def bill(empty: str | None = "", *, lines: bool = False) -> Callable[[FakeService], int]:
    """Commits the bill, and a task that runs behind that fills in the file that it has rendered."""

    def handler(service: FakeService) -> int:
        if service.world.committed:
            return 409
        with service.connect() as db:
            db.begin()
            db.insert("bills", id=1, total=7, file=empty)
            db.commit()
        with suppress(DatabaseFault):
            if lines:
                db.insert("lines", id=1, bill=1)
            path = f"bills/{service.next_id('files'):024d}.pdf"
            db.update("bills", {"id": 1, "total": 7, "file": empty}, file=path)
        return 201

    return handler


@pytest.mark.parametrize("empty", ["", None])
def test_a_value_that_differs_in_each_run_and_is_not_there_is_suspected(empty: str | None) -> None:
    assert told(bill(empty)) == {SUSPECTED}


def test_a_value_that_is_the_same_in_each_run_is_proven_missing() -> None:
    def stamped(service: FakeService) -> int:
        db = service.connect()
        db.insert("bills", id=1, state="")
        with suppress(DatabaseFault):
            db.update("bills", {"id": 1, "state": ""}, state="sent")
        return 201

    assert PROVEN in told(stamped)


def test_a_row_that_is_missing_beside_the_value_is_proven() -> None:
    assert PROVEN in told(bill(lines=True))


def test_another_row_that_was_to_get_a_value_of_its_own_is_proven_missing() -> None:
    """With its change all that the act did to it is missing, and not only the value."""

    def paying(service: FakeService) -> int:
        db = service.connect()
        db.insert("payments", id=1, bill=1)
        with suppress(DatabaseFault):
            db.update("bills", {"id": 1, "file": None}, file=service.now())
        return 201

    assert PROVEN in told(paying)


def test_a_value_of_its_own_that_is_another_column_s_loss_is_proven() -> None:
    """The row lacks the value, and what else the same statement was to write."""

    def both(service: FakeService) -> int:
        db = service.connect()
        row = {"id": 1, "file": "", "state": "new"}
        db.insert("bills", **row)
        with suppress(DatabaseFault):
            db.update("bills", row, file=service.now(), state="sent")
        return 201

    assert PROVEN in told(both)


@pytest.mark.parametrize("retried", [409, 500])
def test_an_error_that_leaves_all_but_that_value_is_suspected_whatever_the_retry_says(
    retried: int,
) -> None:
    def strict(service: FakeService) -> int:
        if service.world.committed:
            return retried
        db = service.connect()
        db.insert("bills", id=1, file="")
        db.update("bills", {"id": 1, "file": ""}, file="bills/1.pdf")
        return 201

    assert told(strict) == {SUSPECTED}
    stuck = ("stuck-retry", Tier.PROVEN, Outcome.VIOLATED)
    assert (stuck in told(strict, PLAIN)) is (retried == 500)
