"""The search, on small services in memory, each with a trap that real ones have."""

from __future__ import annotations

from fake_service import Call, FakeService, table
from searched import by_operation, found, obj, shop

from seamproof.core.model import Json, Operation, Scenario, Step
from seamproof.plan.synthesis import Attempt, Budget


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
