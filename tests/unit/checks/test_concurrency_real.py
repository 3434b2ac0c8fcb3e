"""What services that none of us wrote have taught `concurrency`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doubles.fake_overlap import FakeOverlap, Rows, Statements
from seamproof.checks.concurrency import Concurrency
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Verdict

ACT, OTHER = "POST /acts", "POST /others"
TABLES = {"groups": {"1": {"members": 1, "title": 0, "deleted": 0}}, "rights": {"7": {"group": 1}}}
CATALOG = Catalog({name: Table(name, (Column("id", "integer"),), ("id",)) for name in TABLES})


def one(act: Callable[..., Statements], other: Callable[..., Statements]) -> Verdict:
    """The only verdict on an act that overlaps with another operation's."""
    world = FakeOverlap(TABLES, {ACT: act, OTHER: other})
    about = Subject(
        Scenario("act", Step(Operation.parse(ACT))),
        catalog=CATALOG,
        partners=(Scenario("other", Step(Operation.parse(OTHER))),),
    )
    (found,) = world.drive(Concurrency().explore(about))
    return found


def saves(members: int) -> Callable[..., Statements]:
    """Reads the members, saves the group, and moves its right where the members are others."""

    def act(db: Rows) -> Statements:
        before = yield "SELECT members FROM groups", lambda: db["groups"]["1"]["members"]
        yield (
            "UPDATE groups SET members = $1, title = $2",
            lambda: db.update("groups", "1", members=members, title=members),
        )
        if before != members:
            yield 'UPDATE rights SET "group" = $1', lambda: db.update("rights", "7", group=members)
        return 200

    return act


def test_rows_that_are_each_of_an_order_and_do_not_agree_are_no_lost_update() -> None:
    found = one(saves(1), saves(2))
    assert (found.finding_class, found.table) == ("non-serializable", "rights")


def removes(db: Rows) -> Statements:
    """Takes what belongs to the group, then marks the group as gone."""

    def take() -> None:
        for number in list(db["rights"]):
            db.delete("rights", number)

    def mark() -> bool:
        if db["groups"]["1"]["deleted"]:
            return False
        db.update("groups", "1", deleted=1)
        return True

    gone = yield "SELECT deleted FROM groups", lambda: db["groups"]["1"]["deleted"]
    if gone:
        return 404
    yield "DELETE FROM rights", take
    marked = yield "UPDATE groups SET deleted = 1 WHERE deleted = 0", mark
    return 200 if marked else 404


def grants(db: Rows) -> Statements:
    """Gives the group a right, where the group is still there."""
    gone = yield "SELECT deleted FROM groups", lambda: db["groups"]["1"]["deleted"]
    if gone:
        return 404
    yield "INSERT INTO rights VALUES (1)", lambda: db.insert("rights", group=1)
    return 200


@pytest.mark.parametrize("pair", [(grants, removes), (removes, grants)])
def test_a_row_that_lost_what_it_belongs_to_is_no_duplicate(
    pair: tuple[Callable[..., Statements], Callable[..., Statements]],
) -> None:
    found = one(*pair)
    assert (found.finding_class, found.table) == ("non-serializable", "rights")
