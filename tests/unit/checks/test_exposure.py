"""`exposure` on handlers that answer whole rows, and on those that know who asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from doubles.fake_world import FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.checks.exposure import Exposure
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

TEXT = "character varying(200)"
CATALOG = Catalog(
    {
        "tenants": Table("tenants", (Column("id", "integer"), Column("name", "text")), ("id",)),
        "users": Table(
            "users",
            (
                Column("id", "integer"),
                Column("tenant_id", "integer"),
                *(Column(n, TEXT) for n in ("username", "password_hash", "email", "ssn", "token")),
                Column("internal_note", "text"),
                Column("salt", "character varying(4)"),
            ),
            ("id",),
            foreign_keys=(ForeignKey(("tenant_id",), "tenants", ("id",)),),
        ),
    }
)


def person(number: int, name: str, tenant: int) -> dict[str, Any]:
    return {
        "id": number,
        "tenant_id": tenant,
        "username": name,
        "password_hash": f"hash-{name}",
        "email": f"{name}@a.example",
        "ssn": f"{number}-1",
        "token": f"t-{name}",
        "internal_note": "pays late",
        "salt": "xyzw",
    }


ROWS = {
    "tenants": [{"id": 1, "name": "Acme"}, {"id": 2, "name": "Globex"}],
    "users": [person(1, "ann", 1), person(2, "ben", 1), person(3, "cat", 2)],
}
IDENTITIES = (
    Identity("ann", "member", "Acme"),
    Identity("ben", "admin", "Acme"),
    Identity("cat", "member", "Globex"),
)


def verdicts(handler: Handler, who: str | None = "ann") -> list[Verdict]:
    store, subject = world(handler, who)
    return list(store.drive(Exposure().explore(subject)))


def world(handler: Handler, who: str | None = "ann") -> tuple[FakeStore, Subject]:
    operation = Operation.parse("GET /users")
    store = FakeStore(ROWS, {operation.id: handler})
    subject = Subject(
        Scenario("list", Step(operation, identity=who)),
        catalog=CATALOG,
        identities=IDENTITIES,
        stored=store.stored,
    )
    return store, subject


def fields(*names: str, **where: Any) -> Handler:
    def answer(ask: Ask) -> Answer:
        rows = ask.some("users", **where)
        return 200, [{name: row[name] for name in names} for row in rows]

    return answer


def told(found: list[Verdict]) -> set[tuple[str, str, Tier]]:
    return {(v.finding_class, v.cause, v.tier) for v in found if v.finding_class}


def test_answers_of_other_fields_hold() -> None:
    (verdict,) = verdicts(fields("id", "username"))
    assert verdict.outcome is Outcome.HELD
    assert "5 sensitive columns" in verdict.reason, "the salt is too short for a canary"


@pytest.mark.parametrize("who", ["ann", "ben", None])
def test_a_password_s_hash_is_for_nobody(who: str | None) -> None:
    (verdict,) = verdicts(fields("id", "password_hash"), who)
    assert told([verdict]) == {("secret-in-answer", "users.password_hash", Tier.PROVEN)}
    assert verdict.replays == (3, 3)
    assert verdict.evidence.facts["field"] == "$[].password_hash"
    assert verdict.evidence.crossing is not None


def test_one_s_own_values_are_right() -> None:
    (verdict,) = verdicts(fields("email", "ssn", "token", id=1))
    assert verdict.outcome is Outcome.HELD


def test_one_s_own_hash_is_not() -> None:
    assert told(verdicts(fields("password_hash", id=1))) == {
        ("secret-in-answer", "users.password_hash", Tier.PROVEN)
    }


def test_a_token_of_somebody_else_is_proven() -> None:
    assert told(verdicts(fields("token", id=2))) == {
        ("secret-in-answer", "users.token", Tier.PROVEN)
    }


@pytest.mark.parametrize(
    ("who", "whose", "tier"),
    [("ann", 2, Tier.PROVEN), ("ann", 3, Tier.PROVEN), ("ben", 1, Tier.NOTE)],
)
def test_personal_data_are_for_their_owner_and_who_administers(
    who: str, whose: int, tier: Tier
) -> None:
    assert told(verdicts(fields("ssn", id=whose), who)) == {("data-of-others", "users.ssn", tier)}


def test_colleagues_may_have_each_other_s_address_and_strangers_may_not() -> None:
    assert told(verdicts(fields("email", id=2))) == {("data-of-others", "users.email", Tier.NOTE)}
    assert told(verdicts(fields("email", tenant_id=1), "ben")) == set(), "who administers"
    assert told(verdicts(fields("email", id=3))) == {("data-of-others", "users.email", Tier.PROVEN)}
    assert told(verdicts(fields("email", id=3), None)) == {
        ("data-of-others", "users.email", Tier.SUSPECTED)
    }


def test_an_internal_note_is_suspected_where_who_asks_does_not_administer() -> None:
    assert told(verdicts(fields("internal_note", id=2))) == {
        ("data-of-others", "users.internal_note", Tier.SUSPECTED)
    }
    assert told(verdicts(fields("internal_note", id=1), "ben")) == set()


def test_a_value_that_the_sign_in_needs_is_left_as_it_is() -> None:
    def guarded(ask: Ask) -> Answer:
        me = ask.one("users", username=ask.sender)
        if me is None or me["token"] != f"t-{ask.sender}":
            return 401, {}
        return fields("id", "password_hash", "token")(ask)

    assert told(verdicts(guarded)) == {
        ("secret-in-answer", "users.password_hash", Tier.PROVEN),
        ("secret-in-answer", "users.token", Tier.PROVEN),
    }


def test_what_could_not_be_tried_is_said() -> None:
    def pinned(ask: Ask) -> Answer:
        return (200, []) if ask.some("users") == ROWS["users"] else (401, {})

    (verdict,) = verdicts(pinned)
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason == (
        "no sensitive column was tried, for the act needs them as they are: users.email, "
        "users.internal_note, users.password_hash, users.ssn, users.token"
    )


def test_a_finding_is_shown_again() -> None:
    store, subject = world(fields("password_hash"))
    (verdict,) = store.drive(Exposure().explore(subject))
    finding = finding_of(verdict, BoundaryKind.HTTP_IN)
    (again,) = store.drive(Exposure().replay(subject, finding))
    assert told([again]) == told([verdict])
    store.handlers["GET /users"] = fields("id")
    (mended,) = store.drive(Exposure().replay(subject, finding))
    assert mended.outcome is Outcome.HELD


# Errors


def leaking(ask: Ask) -> Answer:
    ask.one("users", id=1)
    if ask.act.headers.get("X-Break"):
        return 500, {"error": 'Traceback (most recent call last):\n  File "/app/a.py", line 3'}
    return 200, {}


def test_an_error_that_another_check_provoked_is_shown_again() -> None:
    store, subject = world(leaking)
    check = Exposure()
    plain = store.drive(check.explore(subject))
    assert [each.outcome for each in plain] == [Outcome.HELD]
    act = Act(subject.scenario.act, headers={"X-Break": "1"})
    provoked = store.run(Experiment((Phase((Act(subject.scenario.act),)), Phase((act,)))))
    assert list(check.watch(subject, provoked)) == []
    (verdict,) = store.drive(check.explore(subject))
    assert told([verdict]) == {("code-in-error", "a stack trace", Tier.PROVEN)}
    assert verdict.evidence.experiment is not None
    assert len(verdict.evidence.experiment.phases) == 1, "the smallest that shows it"
    again = finding_of(verdict, BoundaryKind.HTTP_IN)
    (shown,) = store.drive(Exposure().replay(subject, again))
    assert told([shown]) == told([verdict])


def test_a_blind_boundary_says_nothing() -> None:
    store, subject = world(leaking)
    blind = replace(subject, boundaries=frozenset({BoundaryKind.SQL}))
    assert [v.outcome for v in store.drive(Exposure().explore(blind))] == [Outcome.NOT_RUN]


def test_without_a_catalog_there_is_nothing_to_plant() -> None:
    def sound(service: FakeService) -> int:
        service.connect().read("SELECT 1 FROM users")
        return 200

    subject = Subject(Scenario("any", Step(Operation.parse("GET /users"))))
    (verdict,) = FakeWorld({"GET /users": sound}).drive(Exposure().explore(subject))
    assert verdict.outcome is Outcome.HELD
