"""Which request makes a peer's account, with which values, and why none does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seamproof.config import IdentityConfig
from seamproof.core.catalog import Catalog, Table
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import (
    Changes,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Json, Operation, Step
from seamproof.run.experiment.requests import Bindings, resolve
from seamproof.run.identities.peers import Proposal, proposals

ALICE = {"login": {"operation": "POST /login", "token": "$.token"}}
ALICE["login"]["body"] = {"username": "alice", "password": "s3cret", "remember": True}  # type: ignore[index]
STORED = {"users": ({"id": 1, "username": "alice", "email": "alice@shop.example"},)}
CATALOG = Catalog({"users": Table("users", (), ("id",), (("username",),))})
BODY = {"username": "u-{unique}", "email": "{unique}@shop.example", "password": "l0ng enough"}


def made(body: Json, row: dict[str, str] | None, table: str = "users", **step: Any) -> History:
    """A request that inserted a row; columns whose text is a field's name hold what was sent."""
    operation = Operation.parse(step.pop("operation", "POST /register"))
    act = Act(Step(operation, json=body, **step))
    sent = resolve(body, Bindings(salt="0"), "act/0/json")
    new = row and {k: sent.get(v, v) if isinstance(sent, dict) else v for k, v in row.items()}
    changes = Changes((RowChange(table, None, new),) if new else ())
    request = Request(operation.method, operation.path, body=json.dumps(sent).encode())
    exchange = Exchange(act, request, 0.0, 0.1, Response(201))
    return History(Experiment((Phase((act,)),)), (Section((exchange,), changes=changes),))


ROW = {"id": "2", "username": "username", "email": "email"}


def proposed(*histories: History, alice: Any = ALICE) -> tuple[list[Proposal], str]:
    identity = IdentityConfig.model_validate(alice)
    return proposals("alice", identity, histories, CATALOG, STORED)


def only(*histories: History, alice: Any = ALICE) -> dict[str, Any]:
    (proposal,), reason = proposed(*histories, alice=alice)
    assert reason == ""
    return proposal.identity.model_dump(by_alias=True, exclude_unset=True)


def test_a_peer_registers_with_fresh_values_and_signs_in_with_them() -> None:
    peer = only(made(BODY, ROW))
    registered, login = peer["register"]["body"], peer["login"]["body"]
    assert peer["register"]["operation"] == "POST /register"
    assert login == {
        "username": registered["username"],
        "password": "l0ng enough",
        "remember": True,
    }
    assert registered["username"].startswith("u-")
    assert registered["email"].endswith("@shop.example")
    assert registered["password"] == "l0ng enough"


def test_a_value_that_is_unique_is_another_although_it_was_written_out() -> None:
    body = {"username": "zoe", "motto": "zoe", "password": "l0ng enough"}
    registered = only(made(body, {"username": "username", "motto": "x"}))["register"]["body"]
    assert registered["username"] != "zoe"


def test_who_makes_the_account_makes_the_peers() -> None:
    assert only(made(BODY, ROW, identity="alice"))["register"]["as"] == "alice"


def test_role_and_tenant_are_not_the_peers_by_assumption() -> None:
    peer = only(made(BODY, ROW), alice={**ALICE, "role": "admin", "tenant": "Acme"})
    assert {"role", "tenant"}.isdisjoint(peer)


def test_the_operation_that_inserts_the_identitys_own_kind_of_row_comes_first() -> None:
    other = {"username": "username", "password": "password"}
    found, _ = proposed(
        made(BODY, other, table="devices", operation="POST /devices"), made(BODY, ROW)
    )
    assert [each.source for each in found] == ["POST /register", "POST /devices"]


def test_a_peer_of_who_signs_in_by_basic() -> None:
    basic = {"basic": {"username": "alice", "password": "s3cret"}}
    peer = only(made(BODY, ROW), alice=basic)
    assert peer["basic"] == {
        "username": peer["register"]["body"]["username"],
        "password": "l0ng enough",
    }


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (made({"username": "zoe"}, ROW), "takes no password"),
        (
            made({"nick": "zoe", "password": "p"}, {"username": "U-000017"}),
            "its name comes from nowhere in the request",
        ),
        (made({**BODY, "plan": "{plan}"}, ROW), "its body depends on earlier steps"),
        (made({**BODY, "motto": "{{motto}}"}, ROW), "its body has names in braces"),
        (
            made(BODY, ROW, operation="POST /tenants/{tenant}/users"),
            "what it is sent to depends on earlier steps",
        ),
        (made([], ROW), "its body is neither JSON nor a form"),
    ],
)
def test_why_an_operation_that_makes_accounts_makes_no_peers(history: History, reason: str) -> None:
    found, why = proposed(history)
    assert not found
    assert reason in why


def test_no_operation_makes_accounts() -> None:
    found, why = proposed(made({"text": "hi"}, {"text": "text"}, table="notes"))
    assert not found
    assert why.startswith("no operation that was reached makes an account")


@pytest.mark.parametrize(
    "alice",
    [
        {"bearer": "token"},
        {"login": {"operation": "POST /login", "body": {"pin": "1234"}}},
        {"oauth2": {"token": "POST /t", "client_id": "a", "client_secret": "b"}},
    ],
)
def test_who_has_no_name_and_password_has_no_peers(alice: Any) -> None:
    found, why = proposed(made(BODY, ROW), alice=alice)
    assert not found
    assert why == "alice does not sign in with a name and a password, as a peer would"
