"""`mass-assignment` on handlers that copy their body, and on those that name what they take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from seamproof.checks.mass_assignment import MassAssignment
from seamproof.checks.mass_assignment.protected import declared
from seamproof.checks.mass_assignment.values import another, holds
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.document import Body, Declaration, Document
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

USERS = Table(
    "users",
    (
        Column("id", "integer"),
        Column("tenant_id", "integer"),
        Column("name", "text"),
        Column("role", "text"),
        Column("balance", "numeric(14,4)"),
        Column("note", "text"),
        Column("is_admin", "boolean"),
    ),
    ("id",),
    foreign_keys=(ForeignKey(("tenant_id",), "tenants", ("id",)),),
)
CATALOG = Catalog(
    {"users": USERS, "tenants": Table("tenants", (Column("id", "integer"),), ("id",))}
)
ALICE = {
    **{"id": 1, "tenant_id": 1, "name": "alice", "role": "member", "balance": "10.0000"},
    **{"note": "hello", "is_admin": "false"},
}
ROWS = {"tenants": [{"id": 1}, {"id": 2}], "users": [ALICE]}
PATCH = Operation("PATCH", "/me")


def document(*fields: str, **more: Any) -> Document:
    properties = {each: {"type": "string"} for each in fields} | more
    body = Body("application/json", {"type": "object", "properties": properties})
    return Document((Declaration(PATCH, bodies=(body,)),))


def judged(handler: Handler, body: Any = None, **what: Any) -> list[Verdict]:
    step = Step(PATCH, "alice", json=body or {"name": "al"})
    subject = Subject(
        Scenario("it", step),
        catalog=CATALOG,
        stored=FakeStore(ROWS, {}).stored,
        identities=(Identity("alice", "member"),),
        document=document("name", "note"),
    )
    subject = replace(subject, **what)
    store = FakeStore(ROWS, {PATCH.id: handler})
    return list(store.drive(MassAssignment().explore(subject)))


def one(verdicts: list[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def copying(ask: Ask) -> Answer:
    known = {each.name for each in USERS.columns}
    fields = {name: value for name, value in ask.body.items() if name in known}
    return 200, {"ok": ask.update("users", {"id": 1}, **fields)}


def naming(ask: Ask) -> Answer:
    return 200, {"ok": ask.update("users", {"id": 1}, name=ask.body["name"])}


def test_a_body_that_is_copied_into_the_row_is_proven() -> None:
    verdict = one(judged(copying))
    assert (verdict.finding_class, verdict.tier) == ("protected-column", Tier.PROVEN)
    assert (verdict.replays, verdict.table) == ((3, 3), "users")
    columns = verdict.evidence.facts["columns"]
    assert columns == "users.tenant_id, users.role, users.balance, users.is_admin"


def test_fields_that_are_ignored_are_right() -> None:
    verdict = one(judged(naming))
    assert verdict.outcome is Outcome.HELD
    assert verdict.reason.startswith("ignored or refused: users.tenant_id")


def test_what_another_row_had_already_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    bob = ALICE | {"id": 2, "name": "bob", "role": "admin"}
    monkeypatch.setitem(ROWS, "users", [ALICE, bob])

    def transfer(ask: Ask) -> Answer:
        ask.update("users", {"id": 1}, name=ask.body["name"])
        return 200, {"ok": ask.update("users", {"id": 2}, note="more")}

    verdict = one(judged(transfer))
    assert verdict.outcome is Outcome.HELD
    assert "users.role" in verdict.reason


def test_fields_that_are_refused_are_right() -> None:
    def strict(ask: Ask) -> Answer:
        return naming(ask) if set(ask.body) <= {"name", "note"} else (422, {})

    assert one(judged(strict)).outcome is Outcome.HELD


def test_one_that_is_taken_is_found_where_the_others_are_refused() -> None:
    def half(ask: Ask) -> Answer:
        return copying(ask) if set(ask.body) <= {"name", "note", "balance"} else (422, {})

    verdict = one(judged(half))
    assert verdict.evidence.facts["columns"] == "users.balance"


def test_what_the_document_declares_may_be_set_and_what_is_read_only_may_not() -> None:
    every = document("name", "tenantId", "role", "balance", "is_admin")
    assert one(judged(copying, document=every)).outcome is Outcome.HELD
    read_only = {"type": "string", "readOnly": True}
    verdict = one(judged(copying, document=document("name", "tenant", "is_admin", role=read_only)))
    assert verdict.evidence.facts["columns"] == "users.role, users.balance"


def test_without_a_document_only_what_is_grave_is_suspected() -> None:
    verdict = one(judged(copying, document=None))
    assert verdict.tier is Tier.SUSPECTED


def test_an_administrator_gives_roles_and_stays_in_the_tenant() -> None:
    boss = (Identity("alice", "admin"),)
    verdict = one(judged(copying, identities=boss))
    assert verdict.evidence.facts["columns"] == "users.tenant_id"


def test_a_harmless_column_is_nobodys_concern() -> None:
    def noting(ask: Ask) -> Answer:
        fields = {k: v for k, v in ask.body.items() if k in ("name", "note")}
        return 200, {"ok": ask.update("users", {"id": 1}, **fields)}

    assert one(judged(noting, document=document("name"))).outcome is Outcome.HELD


def test_a_nested_object_that_is_called_like_the_table_is_where_they_go() -> None:
    def nested(ask: Ask) -> Answer:
        return copying(replace(ask, body=ask.body["user"]))

    verdict = one(judged(nested, {"user": {"name": "al"}}))
    assert verdict.tier is Tier.PROVEN


def test_names_are_written_as_the_body_writes_them() -> None:
    def camel(ask: Ask) -> Answer:
        fields = {"role": ask.body.get("role", "member"), "name": ask.body["firstName"]}
        fields["is_admin"] = ask.body.get("isAdmin", "false")
        return 200, {"ok": ask.update("users", {"id": 1}, **fields)}

    verdict = one(judged(camel, {"firstName": "al"}))
    assert verdict.evidence.facts["columns"] == "users.role, users.is_admin"


def test_values_differ_and_are_known_again() -> None:
    stored = {"tenants": ({"id": 1}, {"id": 2}), "users": (ALICE, {**ALICE, "role": "admin"})}
    by_name = {each.name: each for each in USERS.columns}

    def value(name: str, usual: str | None) -> Any:
        return another(CATALOG, stored, USERS, by_name[name], usual)

    assert value("tenant_id", "1") == 2
    assert value("role", "member") == "admin"
    assert value("balance", "10.0000") == 11
    assert value("is_admin", "f") is True
    assert value("is_admin", "true") is False
    assert holds("11.0000", 11)
    assert holds("t", True)
    assert not holds("f", True)
    assert not holds(None, 1)
    assert not holds("words", 1)


def test_fields_of_a_document_are_found_at_any_depth() -> None:
    shape = {"allOf": [{"$ref": "#/a"}, {"properties": {"items": {"items": {"$ref": "#/b"}}}}]}
    body = Body("application/json", shape)
    definitions = {"#/a": {"properties": {"x": {}}}, "#/b": {"properties": {"b": {"$ref": "#/b"}}}}
    declaration = Declaration(PATCH, bodies=(body,))
    found = declared(Document((declaration,), definitions=definitions), declaration)
    assert found.names == {"x", "items", "b"}


@pytest.mark.parametrize("operation", ["GET /me", "DELETE /me"])
def test_what_has_no_body_is_skipped(operation: str) -> None:
    subject = Subject(Scenario("it", Step(Operation.parse(operation), "alice")))
    assert MassAssignment().applies(subject) is not None


def test_a_blind_boundary_is_not_run_and_a_disturbed_service_is_inconclusive() -> None:
    blind = one(judged(copying, boundaries=frozenset({BoundaryKind.HTTP_IN})))
    assert blind.outcome is Outcome.NOT_RUN
    disturbed = one(judged(copying, profile=Profile(disturbed="it remembers")))
    assert disturbed.outcome is Outcome.INCONCLUSIVE
