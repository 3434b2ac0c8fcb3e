"""The search, on services that ask who it is: sign-ins, tokens and passwords."""

from __future__ import annotations

from typing import Any

from fake_service import Call, FakeService, table
from searched import by_operation, found, obj, shop

from seamproof.core.model import Json


def test_a_session_that_a_request_destroys_for_good_is_destroyed_last() -> None:
    service = shop()
    handlers = list(service._handlers)
    service._handlers = [
        (method, pattern, lambda call, to=handler: guarded(call, to))
        for method, pattern, handler in handlers
    ]

    def guarded(call: Call, to: Any) -> tuple[int, Json]:
        if service.memory.get("ended"):
            return 401, {"detail": "sign in"}
        answer: tuple[int, Json] = to(call)
        return answer

    @service.on("DELETE /session")
    def end(call: Call) -> tuple[int, Json]:
        service.memory["ended"] = True
        return 204, None

    result = found(service)

    assert set(by_operation(result)) == {
        "GET /products",
        "POST /orders",
        "GET /orders/{order}",
        "DELETE /session",
    }


def test_another_identity_asks_where_the_first_may_not_and_nobody_where_none_may() -> None:
    service = FakeService(reports=[{"id": 1}], users=[])
    service.catalog.tables["users"] = table("users", "id", "name")

    @service.on("GET /reports")
    def reports(call: Call) -> tuple[int, Json]:
        return (200, []) if call.who == "bob" else (403, {"detail": "for administrators"})

    @service.on("POST /registrations", body=obj("name", name={"type": "string"}))
    def register(call: Call) -> tuple[int, Json]:
        if call.who is not None:
            return 403, {"detail": "you have an account"}
        return 201, call.insert("users", name=call.body["name"])

    result = by_operation(found(service))

    assert result["GET /reports"].act.identity == "bob"
    assert result["POST /registrations"].act.identity is None


def test_a_token_that_was_issued_on_the_way_lets_in() -> None:
    service = FakeService(tokens=[])
    service.catalog.tables["tokens"] = table("tokens", "id", "secret", "kind")
    kinds = {"type": "string", "enum": ["reader", "writer"]}

    @service.on("POST /tokens", body=obj("kind", kind=kinds))
    def issue(call: Call) -> tuple[int, Json]:
        made = call.insert("tokens", secret=f"s3cr3t-{call.body['kind']}", kind=call.body["kind"])
        return 201, {"id": made["id"], "secret": made["secret"]}

    @service.on("POST /machine/events")
    def push(call: Call) -> tuple[int, Json]:
        if call.headers.get("authorization") != "Bearer s3cr3t-writer":
            return 401, {"detail": "a token is needed"}
        call.insert("tokens", secret="x", kind="event")
        return 201, {}

    scenario = by_operation(found(service))["POST /machine/events"]

    assert scenario.act.identity is None
    assert scenario.arrangement[0].json == {"kind": "writer"}


def test_a_new_account_signs_in_with_the_password_that_it_was_given() -> None:
    service = FakeService(users=[], notes=[])
    service.catalog.tables["users"] = table("users", "id", "username", "password")
    service.catalog.tables["notes"] = table("notes", "id", "text")
    for path in ("/notes", "/memos"):
        service.on(f"POST {path}")(lambda call: (201, call.insert("notes", text="x")))
    credentials = obj("username", username={"type": "string"}, password={"type": "string"})
    both = obj("username", "password", username={"type": "string"}, password={"type": "string"})

    @service.on("POST /users", body=credentials)
    def register(call: Call) -> tuple[int, Json]:
        made = call.insert(
            "users", username=call.body["username"], password=call.body.get("password")
        )
        return 201, {"id": made["id"]}

    @service.on("POST /login", body=both)
    def login(call: Call) -> tuple[int, Json]:
        person = call.find("users", "username", call.body["username"])
        if person is None or person["password"] != call.body["password"]:
            return 401, {"detail": "wrong user name or password"}
        return 200, {"access_token": "t0ken"}

    scenario = by_operation(found(service))["POST /login"]

    assert scenario.arrangement[0].operation.id == "POST /users"
    assert scenario.act.json["password"] == scenario.arrangement[0].json["password"]


def test_the_password_of_now_is_referred_to_and_never_known() -> None:
    service = FakeService(users=[{"id": 1, "name": "alice", "password": "x"}])
    service.logins = {"login.alice.password": "s3cret"}
    fields = {"new_password": {"type": "string"}, "old_password": {"type": "string"}}

    @service.on("POST /me/password", body=obj("new_password", "old_password", **fields))
    def change(call: Call) -> tuple[int, Json]:
        if call.body["old_password"] != "s3cret":
            return 403, {"detail": "the old password is wrong"}
        call.rows["users"][0]["password"] = call.body["new_password"]
        return 200, {}

    scenario = by_operation(found(service))["POST /me/password"]

    assert scenario.act.json["old_password"] == "{login.alice.password}"
