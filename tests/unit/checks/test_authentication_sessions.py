"""`authentication` on sessions that are kept in rows, which say when they end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from seamproof.checks.authentication import Authentication
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.experiment import Credential
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

NOW = "2026-11-21"
OPAQUE = (Credential.MALFORMED, Credential.TAMPERED, Credential.REUSED)
READ = Step(Operation("GET", "/me"), "alice")


def sessions(
    column: str = "expires_at",
    kind: str = "timestamp with time zone",
    *,
    table: str = "sessions",
    conditions: tuple[str, ...] = (),
    generated: bool = False,
) -> Catalog:
    users = Table("users", (Column("id", "integer"), Column("username", "text")), ("id",))
    end = Column(column, kind, generated=generated)
    columns = (Column("key", "text"), Column("user_id", "integer"), end)
    return Catalog({"users": users, table: Table(table, columns, ("key",), conditions=conditions)})


def judged(handler: Handler, **what: Any) -> list[Verdict]:
    catalog, end = what.pop("catalog", sessions()), what.pop("end", "2026-11-21T12:00:00+00:00")
    *_, (table, described) = catalog.tables.items()
    column = described.columns[-1].name
    rows = {
        "users": [{"id": 1, "username": "alice"}, {"id": 2, "username": "bob"}],
        table: [
            {"key": "a", "user_id": 1, column: end},
            {"key": "b", "user_id": 2, column: end},
        ],
    }
    scenario = Scenario("it", READ)
    subject = Subject(
        scenario,
        catalog=catalog,
        stored=FakeStore(rows, {}).stored,
        identities=(Identity("alice"), Identity("bob")),
        reads=(scenario,),
        credentials={"alice": OPAQUE},
    )

    def verifying(ask: Ask) -> Answer:
        wrong = ask.credential and ask.credential != "reused"
        return (401, {}) if not ask.sender or wrong else handler(ask)

    store = FakeStore(rows, {READ.operation.id: verifying})
    found = list(store.drive(Authentication().explore(replace(subject, **what))))
    assert not any(edit.old == {"key": "b"} for each in store.experiments for edit in each.edits), (
        "somebody else's session was touched"
    )
    return found


def careless(ask: Ask) -> Answer:
    session = ask.one("sessions", key="a")
    return (200, ask.one("users", id=1)) if session else (401, {})


def careful(ask: Ask) -> Answer:
    session = ask.one("sessions", key="a")
    lives = session and str(session["expires_at"]) > NOW
    return (200, ask.one("users", id=1)) if lives else (401, {})


def test_a_session_that_lives_on_behind_its_end_is_proven() -> None:
    (verdict,) = judged(careless)
    assert (verdict.finding_class, verdict.tier) == ("expired-session", Tier.PROVEN)
    assert (verdict.replays, verdict.table) == ((3, 3), "sessions")
    assert verdict.evidence.facts["column"] == "sessions.expires_at"
    (edit,) = verdict.evidence.experiment.edits
    assert edit.old == {"key": "<redacted:key>"}


def test_a_session_that_ends_is_held() -> None:
    (verdict,) = judged(careful)
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason.endswith("and where its session has expired")


@pytest.mark.parametrize(
    ("kind", "end", "past"),
    [
        ("bigint", 1795000000, "1000000000"),
        ("bigint", 1795000000000, "1000000000000"),
        ("timestamp without time zone", "2026-11-21T12:00:00", "2001-09-09 01:46:40"),
    ],
)
def test_ends_are_set_to_the_past_in_the_form_that_they_have(
    kind: str, end: object, past: str
) -> None:
    seen = []

    def looking(ask: Ask) -> Answer:
        seen.extend(row["expire"] for row in ask.some("sessions", key="a"))
        return careless(ask)

    (verdict,) = judged(looking, catalog=sessions("expire", kind), end=end)
    assert verdict.finding_class == "expired-session"
    assert past in seen


def only_listed(ask: Ask) -> Answer:
    """Who may is known elsewhere: the sessions are shown, and let in nobody."""
    return 200, {"sessions": ask.some("sessions", user_id=1), "me": ask.one("users", id=1)}


def test_rows_without_which_one_is_let_in_as_well_are_no_sessions() -> None:
    (verdict,) = judged(only_listed)
    assert verdict.outcome is Outcome.HELD
    assert "that its session ends was not tried" in verdict.reason


@pytest.mark.parametrize(
    ("catalog", "end"),
    [
        (sessions("refresh_expires_at"), "2026-11-21T12:00:00+00:00"),
        (sessions("created_at"), "2026-11-21T12:00:00+00:00"),
        (sessions(), None),
        (sessions("expires_in", "integer"), 3600),
        (sessions(generated=True), "2026-11-21T12:00:00+00:00"),
        (sessions(conditions=("expires_at > created_at",)), "2026-11-21T12:00:00+00:00"),
    ],
    ids=["of something else", "no end", "endless", "a span", "computed", "ruled"],
)
def test_what_says_no_end_of_a_session_is_not_tried(catalog: Catalog, end: object) -> None:
    (verdict,) = judged(careless, catalog=catalog, end=end)
    assert verdict.outcome is Outcome.HELD
    assert "no row that lets it in says when" in verdict.reason


def test_a_subscription_that_has_ended_is_no_session_although_it_is_asked_for() -> None:
    def subscribed(ask: Ask) -> Answer:
        return (200, ask.one("users", id=1)) if ask.one("subscriptions", key="a") else (402, {})

    (verdict,) = judged(subscribed, catalog=sessions(table="subscriptions"))
    assert verdict.outcome is Outcome.HELD


def test_a_token_that_says_its_own_end_is_no_stored_session() -> None:
    token = (*OPAQUE, Credential.UNSIGNED)
    (verdict,) = judged(careless, credentials={"alice": token})
    assert verdict.outcome is Outcome.HELD
    assert "we know no key to sign it with" in verdict.reason
    (known,) = judged(careless, credentials={"alice": (*token, Credential.EXPIRED)})
    assert "not tried" not in known.reason
