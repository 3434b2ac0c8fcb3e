"""The search, on small services in memory, each with a trap that real ones have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fake_service import ALICE, BOB, Call, FakeService, Killed, table

from seamproof.core.experiment import Experiment
from seamproof.core.history import Exchange, History, Silence
from seamproof.core.model import Identity, Json, Operation, Scenario, Step
from seamproof.plan.synthesis import Attempt, Budget, Synthesised, synthesise
from seamproof.run.experiment import requests
from seamproof.run.experiment.requests import Credentials


def found(
    service: FakeService,
    *,
    identities: Sequence[Identity] = (ALICE, BOB),
    known: Sequence[Scenario] = (),
    wanted: Collection[str] | None = None,
    budget: Budget | None = None,
    attempts: list[Attempt] | None = None,
) -> Synthesised:
    """Drive the search against the service."""
    exploration = synthesise(
        service.document,
        service.catalog,
        service.stored,
        identities,
        known=known,
        wanted=wanted,
        budget=budget or Budget(),
        on_attempt=(attempts if attempts is not None else []).append,
    )
    answer: Any = None
    while True:
        try:
            answer = service.conduct(exploration.send(answer))
        except StopIteration as stop:
            result: Synthesised = stop.value
            return result


def by_operation(result: Synthesised) -> dict[str, Scenario]:
    return {each.operation.id: each for each in result.scenarios}


def obj(*required: str, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


def shop() -> FakeService:
    """Orders of products: the least that has producers and consumers."""
    service = FakeService(
        products=[{"id": 7, "name": "anvil"}], orders=[], users=[{"id": 1, "name": "alice"}]
    )
    service.catalog.tables["orders"] = table("orders", "id", "product", "status", "owner")

    @service.on("GET /products")
    def products(call: Call) -> tuple[int, Json]:
        return 200, call.read("products")

    @service.on("POST /orders", body=obj("product", product={"type": "integer"}))
    def order(call: Call) -> tuple[int, Json]:
        if call.find("products", "id", call.body["product"]) is None:
            return 404, {"detail": "there is no such product"}
        made = call.insert("orders", product=call.body["product"], status="open", owner=call.who)
        return 201, {"id": made["id"], "status": "open"}

    @service.on("GET /orders/{order}")
    def read(call: Call) -> tuple[int, Json]:
        made = call.find("orders", "id", call.path["order"])
        if made is None or made["owner"] != call.who:
            return 404, {"detail": "there is no such order"}
        return 200, made

    return service


def test_an_item_is_read_behind_what_makes_it_by_a_reference() -> None:
    scenario = by_operation(found(shop()))["GET /orders/{order}"]

    assert [step.operation.id for step in scenario.arrangement] == ["POST /orders"]
    (extract,) = scenario.arrangement[0].extracts
    assert extract.source == "$.id"
    assert scenario.act.path_parameters == {"order": f"{{{extract.name}}}"}


def test_a_body_refers_to_a_stored_row_and_not_to_a_number() -> None:
    scenario = by_operation(found(shop()))["POST /orders"]

    assert scenario.act.json == {"product": "{row.products.0.id}"}
    assert scenario.arrangement == ()


def test_the_id_of_a_thing_is_its_key_and_not_that_of_what_it_belongs_to() -> None:
    guests = [{"id": 21, "tenant_id": 1}, {"id": 22, "tenant_id": 2}]
    service = FakeService(guests=guests, tenants=[{"id": 1}, {"id": 2}], badges=[])

    @service.on("POST /badges", body=obj("guest_id", guest_id={"type": "integer"}))
    def badge(call: Call) -> tuple[int, Json]:
        return 201, call.insert("badges", guest_id=call.body["guest_id"])

    scenario = by_operation(found(service))["POST /badges"]

    assert scenario.act.json == {"guest_id": "{row.guests.0.id}"}


def test_a_field_whose_name_says_nothing_is_filled_by_where_it_was_looked_up() -> None:
    service = FakeService(
        users=[{"id": 1, "name": "alice"}, {"id": 2, "name": "dora"}], transfers=[]
    )
    service.catalog.tables["transfers"] = table("transfers", "id", "receiver")

    @service.on("POST /transfers", body=obj("receiver", receiver={"type": "string"}))
    def transfer(call: Call) -> tuple[int, Json]:
        person = call.find("users", "name", call.body["receiver"])
        if person is None or person["name"] == call.who:
            return 404, {"detail": "nobody of that name"}
        return 201, call.insert("transfers", receiver=person["name"])

    scenario = by_operation(found(service))["POST /transfers"]

    assert scenario.act.json == {"receiver": "{row.users.1.name}"}


def test_what_a_document_has_in_braces_is_sent_as_it_stands_there() -> None:
    service = FakeService(templates=[])
    schema = obj(
        "text", "kind", text={"type": "string", "example": "Dear {name}"}, kind={"enum": ["{k}"]}
    )
    sent: list[Json] = []

    @service.on("POST /templates", body=schema)
    def add(call: Call) -> tuple[int, Json]:
        sent.append(call.body)
        return 201, call.insert("templates", text=call.body["text"])

    scenario = by_operation(found(service))["POST /templates"]

    assert scenario.act.json == {"text": "Dear {{name}}", "kind": "{{k}}"}
    assert sent[0] == {"text": "Dear {name}", "kind": "{k}"}


def test_a_paid_order_is_refunded_and_an_unpaid_one_is_not() -> None:
    service = shop()

    def moved(call: Call, before: str, after: str) -> tuple[int, Json]:
        order = call.find("orders", "id", call.path["order"])
        if order is None:
            return 404, {"detail": "there is no such order"}
        if order["status"] != before:
            return 409, {"detail": f"the order is not {before}"}
        order["status"] = after
        return 200, order

    @service.on("POST /orders/{order}/refund")
    def refund(call: Call) -> tuple[int, Json]:
        return moved(call, "paid", "refunded")

    @service.on("POST /orders/{order}/payment")
    def pay(call: Call) -> tuple[int, Json]:
        return moved(call, "open", "paid")

    scenario = by_operation(found(service))["POST /orders/{order}/refund"]

    assert [step.operation.id for step in scenario.arrangement] == [
        "POST /orders",
        "POST /orders/{order}/payment",
    ]


def test_a_body_that_nobody_declared_is_made_of_refusals() -> None:
    service = FakeService(notes=[])
    service.catalog.tables["notes"] = table("notes", "id", "text", "stars")

    def missing(*names: str) -> Json:
        return {
            "detail": [
                {"type": "missing", "loc": ["body", name], "msg": "Field required"}
                for name in names
            ]
        }

    @service.on("POST /notes")
    def note(call: Call) -> tuple[int, Json]:
        body = call.body if isinstance(call.body, dict) else {}
        absent = [name for name in ("text", "stars") if name not in body]
        if absent:
            return 422, missing(*absent)
        if not isinstance(body["stars"], int):
            place = ["body", "stars"]
            said = "Input should be a valid integer"
            return 422, {"detail": [{"type": "int_type", "loc": place, "msg": said}]}
        return 201, call.insert("notes", text=body["text"], stars=body["stars"])

    scenario = by_operation(found(service))["POST /notes"]

    assert set(scenario.act.json) == {"text", "stars"}
    assert isinstance(scenario.act.json["stars"], int)


def test_a_list_is_sent_where_the_document_says_object() -> None:
    service = FakeService(tags=[])
    service.catalog.tables["tags"] = table("tags", "id", "name")

    @service.on("POST /tags", body=obj("name", name={"type": "string"}))
    def tag(call: Call) -> tuple[int, Json]:
        if not isinstance(call.body, list):
            said = "Input should be a valid list"
            return 422, {"detail": [{"type": "list_type", "loc": ["body"], "msg": said}]}
        return 201, [call.insert("tags", name=each["name"]) for each in call.body]

    scenario = by_operation(found(service))["POST /tags"]

    assert isinstance(scenario.act.json, list)
    assert "name" in scenario.act.json[0]


def test_an_answer_of_200_that_says_invalid_is_no_baseline() -> None:
    service = FakeService(coupons=[{"code": "ACME10"}], uses=[])
    service.catalog.tables["uses"] = table("uses", "id", "code")

    @service.on("POST /uses", body=obj("code", code={"type": "string"}))
    def use(call: Call) -> tuple[int, Json]:
        if call.find("coupons", "code", call.body["code"]) is None:
            return 200, {"message": "invalid code"}
        return 200, call.insert("uses", code=call.body["code"])

    @service.on("POST /never", body=obj("code", code={"type": "string"}))
    def never(call: Call) -> tuple[int, Json]:
        return 200, {"success": False}

    result = found(service)

    assert by_operation(result)["POST /uses"].act.json == {"code": "{row.coupons.0.code}"}
    (unreached,) = result.unreached
    assert unreached.operation.id == "POST /never"
    assert "success is false" in unreached.refusal


def test_names_that_must_be_unique_can_be_made_twice() -> None:
    service = FakeService(projects=[])
    service.catalog.tables["projects"] = table("projects", "id", "name")

    @service.on("POST /projects", body=obj("name", name={"type": "string"}))
    def create(call: Call) -> tuple[int, Json]:
        if call.find("projects", "name", call.body["name"]) is not None:
            return 409, {"detail": "name already exists"}
        return 201, call.insert("projects", name=call.body["name"])

    @service.on("POST /projects/{project}/merge", body=obj("other", other={"type": "integer"}))
    def merge(call: Call) -> tuple[int, Json]:
        if call.find("projects", "id", call.path["project"]) is None:
            return 404, {"detail": "there is no such project"}
        if len(call.read("projects")) < 2:
            return 409, {"detail": "two projects are needed"}
        call.rows["projects"].pop()
        return 200, {}

    result = by_operation(found(service))

    assert "{unique}" in result["POST /projects"].act.json["name"]


def test_a_cart_that_would_stay_empty_is_filled_first() -> None:
    service = FakeService(items=[])
    service.catalog.tables["items"] = table("items", "product", "count", key="product")

    @service.on("PUT /cart/{product}", body=obj("count", count={"type": "integer"}))
    def put(call: Call) -> tuple[int, Json]:
        call.insert("items", product=call.path["product"], count=call.body["count"])
        return 200, {}

    @service.on("DELETE /cart/{product}")
    def remove(call: Call) -> tuple[int, Json]:
        if call.find("items", "product", call.path["product"]) is not None:
            call.rows["items"].clear()
        return 204, None

    result = found(service)
    scenario = by_operation(result)["DELETE /cart/{product}"]

    assert [step.operation.id for step in scenario.arrangement] == ["PUT /cart/{product}"]
    assert "DELETE /cart/{product}" not in result.without_effect


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


def test_a_service_that_a_request_shuts_is_started_anew_and_the_request_is_told() -> None:
    service = shop()

    def guarded(call: Call, to: Any) -> tuple[int, Json]:
        call.find("users", "name", call.who)
        if service.memory.get("shut"):
            return 503, {"detail": "come back later"}
        answer: tuple[int, Json] = to(call)
        return answer

    @service.on("POST /modes")
    def shut(call: Call) -> tuple[int, Json]:
        service.memory["shut"] = True
        call.rows["users"][0]["name"] = "nobody"
        return 200, {}

    # Before all others: it has no parameter, and they need what it shuts.
    service.declarations.insert(0, service.declarations.pop())
    service._handlers = [
        (method, pattern, lambda call, to=handler: guarded(call, to))
        for method, pattern, handler in service._handlers
    ]

    result = found(service)

    assert {"POST /orders", "GET /orders/{order}"} <= set(by_operation(result))
    assert "POST /modes" in result.harmful


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


def test_the_id_of_what_is_made_in_silence_is_read_back() -> None:
    service = FakeService(links=[])
    service.catalog.tables["links"] = table("links", "id", "title")

    @service.on("POST /links", body=obj("title", title={"type": "string"}))
    def link(call: Call) -> tuple[int, Json]:
        call.insert("links", title=call.body["title"])
        return 204, None

    @service.on("GET /links")
    def links(call: Call) -> tuple[int, Json]:
        return 200, {"items": call.read("links")}

    @service.on("DELETE /links/{linkId}")
    def remove(call: Call) -> tuple[int, Json]:
        if call.find("links", "id", call.path["linkId"]) is None:
            return 404, {"detail": "no such link"}
        call.rows["links"].clear()
        return 204, None

    scenario = by_operation(found(service))["DELETE /links/{linkId}"]

    assert [each.operation.id for each in scenario.arrangement] == ["POST /links", "GET /links"]
    assert scenario.arrangement[1].extracts[0].source == "$.items[0].id"


def test_a_death_is_told_with_its_request_and_the_search_goes_on() -> None:
    service = shop()

    @service.on("POST /crash")
    def crash(call: Call) -> tuple[int, Json]:
        raise Killed

    result = found(service)

    assert "POST /orders" in by_operation(result)
    assert {death.operation.id for death in result.deaths} == {"POST /crash"}
    (unreached,) = result.unreached
    assert "the service ended" in unreached.refusal
    assert unreached.tries <= 2


def test_a_service_that_ends_behind_an_answer_is_waited_for() -> None:
    service = shop()
    answered = service._send

    def send(act: Any, bindings: Any, place: str, rows: Any) -> Any:
        if service.memory.get("gone"):
            request = requests.build(act.step, bindings, Credentials(), place=place)
            return Exchange(act, request, 0.0, 0.0, None, Silence.REFUSED), [], ""
        sent = answered(act, bindings, place, rows)
        service.memory["gone"] = act.step.operation.id == "POST /orders" and place == "act/0"
        return sent

    conducted = service.conduct

    def conduct(experiment: Experiment) -> History:
        history = conducted(experiment)
        if experiment.phases[0].acts[0].step.operation.path == "/":
            # As the conductor does behind an act.
            service.memory["gone"] = False
        return history

    service._send = send  # type: ignore[method-assign]
    service.conduct = conduct  # type: ignore[method-assign]

    result = found(service)

    assert result.unreached == ()
    assert result.deaths == ()


def test_what_answers_only_once_is_no_baseline() -> None:
    service = shop()

    @service.on("POST /vouchers")
    def once(call: Call) -> tuple[int, Json]:
        if service.memory.setdefault("used", 0):
            return 409, {"detail": "used up"}
        service.memory["used"] = 1
        call.insert("orders", product=1, status="open", owner="")
        return 201, {}

    result = found(service)

    (unreached,) = result.unreached
    assert unreached.operation.id == "POST /vouchers"
    assert unreached.refusal.startswith("it answered 2xx once")


def test_equal_searches_ask_for_equal_experiments() -> None:
    one, other = shop(), shop()
    found(one)
    found(other)

    assert one.experiments == other.experiments


def test_only_what_is_wanted_is_given_and_what_it_needs_is_tried() -> None:
    attempts: list[Attempt] = []
    result = found(shop(), wanted={"GET /orders/{order}"}, attempts=attempts)

    assert list(by_operation(result)) == ["GET /orders/{order}"]
    assert {each.operation.id for each in attempts} == {"POST /orders", "GET /orders/{order}"}


def test_a_known_scenario_is_kept_while_it_answers() -> None:
    step = Step(Operation.parse("POST /orders"), "bob", json={"product": 7})
    stale = Step(Operation.parse("GET /orders/{order}"), "bob", {"order": 9})
    attempts: list[Attempt] = []
    result = by_operation(
        found(shop(), known=[Scenario("mine", step), Scenario("stale", stale)], attempts=attempts)
    )

    assert result["POST /orders"].name == "mine"
    assert result["GET /orders/{order}"].name != "stale"
    assert "POST /orders" not in {each.operation.id for each in attempts}


def test_the_budget_ends_the_search_and_says_so() -> None:
    service = shop()
    result = found(service, budget=Budget(total=1))

    assert len(result.scenarios) == 1
    assert [each.refusal for each in result.unreached] == [
        "it was not tried: the budget is spent"
    ] * 2
    # The second is the scenario's confirmation.
    assert len(service.experiments) == 2
