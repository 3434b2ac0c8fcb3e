"""The search, driven against a service in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fake_service import ALICE, BOB, Call, FakeService, table

from seamproof.core.model import Identity, Json, Scenario
from seamproof.plan.synthesis import Attempt, Budget, Synthesised, synthesise


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
