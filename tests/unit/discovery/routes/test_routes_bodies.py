"""What handlers take out of a body, read from their source."""

from __future__ import annotations

import functools
import json
import runpy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from seamproof.discovery.routes.framework import PROBES

request_body = runpy.run_path(str(PROBES / "bodies.py"))["request_body"]
request: Any = None
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def of_flask() -> object:
    data = request.get_json()
    return data["title"], int(data["stars"]), data.get("text", ""), data[0]


def of_django(request: Any, number: int) -> object:
    raw = json.loads(request.body.decode())
    data = raw or {}
    if (price := Decimal(data["price"])) and "hidden" in data:
        return number, price, data.pop("note"), float(data.get("rate", 0))
    return request.GET["page"]


class OfRest:
    def post(self, request: Any) -> object:
        return self.saved(request.data["name"], bool(request.data.get("active")))

    def saved(self, *values: object) -> object:
        return values


def of_form() -> object:
    form = request.form
    return form["user"], request.form.get("age", type=int)


def of_both(request: Any) -> object:
    return json.loads(request.body)["a"], request.POST["b"]


async def of_starlette(request: Any) -> object:
    data = await request.json()
    return data["name"]


@functools.wraps(of_form)
def wrapped() -> object:
    return of_form()


def of_others(settings: Any) -> object:
    data = settings.body
    return data["key"], request.headers["X"], request.args.get("q"), {"a": 1}["a"]


@pytest.mark.parametrize(
    ("handler", "kinds", "properties", "required"),
    [
        (of_flask, [JSON], {"title": "", "stars": "integer", "text": ""}, ["title", "stars"]),
        (of_django, [JSON], {"price": "number", "note": "", "rate": "number"}, ["price"]),
        (OfRest.post, [JSON], {"name": "", "active": "boolean"}, ["name"]),
        (of_form, [FORM], {"user": "", "age": ""}, ["user"]),
        (wrapped, [FORM], {"user": "", "age": ""}, ["user"]),
        (of_both, [JSON, FORM], {"a": "", "b": ""}, ["a", "b"]),
        (of_starlette, [JSON], {"name": ""}, ["name"]),
    ],
)
def test_fields_that_a_handler_takes(
    handler: Callable[..., object],
    kinds: list[str],
    properties: dict[str, str],
    required: list[str],
) -> None:
    content = request_body(handler)["content"]
    assert sorted(content) == sorted(kinds)
    schema = content[kinds[0]]["schema"]
    typed = {name: {"type": kind} if kind else {} for name, kind in properties.items()}
    assert schema["properties"] == typed
    assert sorted(schema["required"]) == sorted(required)


@pytest.mark.parametrize("handler", [of_others, len, OfRest(), None, 5])
def test_where_the_source_says_nothing_there_is_nothing(handler: object) -> None:
    assert request_body(handler) is None
