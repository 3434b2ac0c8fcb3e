"""`roundtrip` on times in a column without an offset, which nothing reads again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from doubles.fake_store import Answer, Ask, FakeStore
from seamproof.checks.roundtrip import Roundtrip
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Body, Declaration, Document
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject

ADD = Operation("POST", "/visits")
COLUMNS = (Column("id", "integer"), Column("at", "timestamp without time zone"))


def found(stored: Callable[[datetime], datetime], sent: str = "2030-05-17T10:00:00Z") -> set[str]:
    """What is found where a time is stored as this makes it, without its offset."""

    def add(ask: Ask) -> Answer:
        moment = datetime.fromisoformat(ask.body["at"].replace("Z", "+00:00"))
        ask.insert("visits", at=stored(moment).replace(tzinfo=None).isoformat(" "))
        return 201, {"id": 1}

    declared = Declaration(ADD, bodies=(Body("application/json", {"type": "object"}),))
    subject = Subject(
        Scenario("it", Step(ADD, json={"at": sent})),
        Profile(effects=frozenset({"visits"})),
        Catalog({"visits": Table("visits", COLUMNS, ("id",))}),
        document=Document((declared,)),
        landing={"body /at": ("visits", "at")},
    )
    store = FakeStore({"visits": []}, {ADD.id: add})
    return {each.finding_class for each in store.drive(Roundtrip().explore(subject))}


def in_berlin(moment: datetime) -> datetime:
    """With its hour of summer."""
    hours = 2 if 4 <= moment.month <= 9 else 1
    return moment.astimezone(timezone(timedelta(hours=hours)))


def test_a_time_that_is_stored_in_a_zone_of_the_services_own_is_not_lost() -> None:
    assert found(in_berlin) == {""}
    assert found(in_berlin, "2030-05-17T10:00:00+09:00") == {""}


def test_a_time_whose_offset_is_dropped_or_counted_twice_is_lost() -> None:
    assert found(lambda moment: moment) == {"altered-value"}
    assert found(lambda moment: moment, "2030-05-17T10:00:00+05:30") == {"altered-value"}
    assert found(lambda moment: moment + (moment.utcoffset() or timedelta())) == {"altered-value"}
