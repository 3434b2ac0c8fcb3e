"""What a document has, whatever the parameters are called, and what is near."""

from __future__ import annotations

import time
from typing import Any

import pytest
from openapi_documents import document

from seamproof.core.model import Operation
from seamproof.discovery.openapi.matching import has, nearest

ORDERS: dict[str, Any] = {
    "/orders": {"get": {}, "post": {}, "summary": "all of them"},
    "/orders/{order_id}": {"get": {}, "delete": {}},
    "/orders/{order_id}/lines/{line}.pdf": {"get": {}},
    "/spans/{from}-{to}": {"get": {}},
}


@pytest.mark.parametrize(
    "operation",
    [
        "POST /orders",
        "DELETE /orders/{id}",
        "GET /orders/7",
        "GET /orders/{o}/lines/3.pdf",
        "GET /spans/{a}-{b}",
        "GET /spans/1-2",
    ],
)
def test_it_has_an_operation(operation: str) -> None:
    assert has(document(ORDERS), Operation.parse(operation))


@pytest.mark.parametrize(
    ("operation", "meant"),
    [
        ("POST /order", "POST /orders"),
        ("DELETE /orders", "GET /orders"),
        ("GET /order/{id}", "GET /orders/{order_id}"),
        ("GET /orders/{o}/lines/.pdf", "GET /orders/{order_id}/lines/{line}.pdf"),
        ("GET /spans/-2", "GET /spans/{from}-{to}"),
        ("POST /payments/refunds", None),
    ],
)
def test_it_says_what_may_be_meant(operation: str, meant: str | None) -> None:
    wanted = Operation.parse(operation)
    assert not has(document(ORDERS), wanted)
    found = nearest(document(ORDERS), wanted)
    assert (found.id if found else None) == meant


def test_many_parameters_in_a_segment_take_no_time() -> None:
    template = "/" + "-".join(f"{{p{index}}}" for index in range(60))
    found = document({template: {"get": {}}})
    began = time.process_time()
    assert not has(found, Operation("GET", "/" + "-" * 200 + "/"))
    assert has(found, Operation("GET", "/" + "-".join("x" * 60)))
    assert time.process_time() - began < 1
