"""Reading a service's own OpenAPI document: what it has, what is near, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seamproof.core.model import Operation
from seamproof.discovery import document
from seamproof.discovery.document import Unreadable, read

ORDERS: dict[str, Any] = {
    "/orders": {"get": {}, "post": {}, "summary": "all of them"},
    "/orders/{order_id}": {"get": {}, "delete": {}},
    "/orders/{order_id}/lines/{line}.pdf": {"get": {}},
    "/elsewhere": {"$ref": "#/components/pathItems/Elsewhere"},
    "x-note": {"post": {}},
}


def of(paths: Any = ORDERS, **root: Any) -> document.Document:
    return read(json.dumps({"openapi": "3.1.0", "paths": paths, **root}).encode())


@pytest.mark.parametrize(
    "operation",
    [
        "POST /orders",
        "DELETE /orders/{id}",
        "GET /orders/7",
        "GET /orders/{o}/lines/3.pdf",
        "PATCH /elsewhere",
    ],
)
def test_it_has_an_operation_whatever_its_parameters_are_called(operation: str) -> None:
    assert of().has(Operation.parse(operation))


@pytest.mark.parametrize(
    ("operation", "meant"),
    [
        ("POST /order", "POST /orders"),
        ("DELETE /orders", "GET /orders"),
        ("GET /order/{id}", "GET /orders/{order_id}"),
        ("POST /payments/refunds", None),
    ],
)
def test_it_says_what_may_be_meant(operation: str, meant: str | None) -> None:
    wanted = Operation.parse(operation)
    assert not of().has(wanted)
    nearest = of().nearest(wanted)
    assert (nearest.id if nearest else None) == meant


@pytest.mark.parametrize(
    "root",
    [
        {"basePath": "/v1/"},
        {"servers": [{"url": "https://shop.example/v1"}]},
        {"servers": [{"url": "/v1"}, {"url": "http://[broken"}, 3]},
    ],
)
def test_paths_are_below_the_base_also(root: dict[str, Any]) -> None:
    found = of(**root)
    assert found.has(Operation("GET", "/v1/orders/{id}"))
    assert found.has(Operation("GET", "/orders/{id}"))
    assert not found.has(Operation("GET", "/v2/orders/{id}"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"openapi: 3.1.0", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "no `paths`"),
        (b'{"paths": []}', "no `paths`"),
        (b'{"paths":' + b"[" * 300 + b"]" * 300 + b"}", "deeper"),
        (b"[" * 200_000, "deeper"),
        (b" " * (document.MAX_BYTES + 1), "MiB"),
        (b"[" + b"0," * document.MAX_NODES + b"0]", "nodes"),
    ],
)
def test_what_is_no_document_or_too_much_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data)
