from __future__ import annotations

import json

import pytest

from seamproof.core.history import Request
from seamproof.wire.http.templates import Scope, fill, fill_text, names

REQUEST = Request(
    "POST",
    "/charges/9?limit=3&limit=4&empty=",
    (("Idempotency-Key", "k-1"), ("Content-Type", "application/json")),
    b'{"amount": 5, "card": {"last4": "4242"}, "lines": [{"sku": "a"}], "ok": true}',
)
SCOPE = Scope(REQUEST, {"id": "9"}, {"uuid": "u-1", "number": 7, "now": "2026-01-02T03:04:05Z"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{request.json.amount}", 5),
        ("{request.json.card}", {"last4": "4242"}),
        ("{request.json.lines.0.sku}", "a"),
        ("{request.json.lines.1.sku}", None),
        ("{request.json.amount.of}", None),
        ("{request.json.ok}", True),
        ("{request.json}", json.loads(REQUEST.body)),
        ("{request.path.id}", "9"),
        ("{request.query.empty}", ""),
        ("{request.query.other}", None),
        ("{request.headers.IDEMPOTENCY-key}", "k-1"),
        ("{number}", 7),
        ("ch_{number}/{uuid} at {now}", "ch_7/u-1 at 2026-01-02T03:04:05Z"),
        ("[{request.json.card}|{request.json.no}|{request.json.ok}]", '[{"last4": "4242"}||true]'),
        ("{{uuid}} {other} {} {requests}{", "{uuid} {other} {} {requests}{"),
    ],
)
def test_a_placeholder_alone_has_the_values_own_type(text: str, value: object) -> None:
    scope = Scope(REQUEST, {"id": "9"}, SCOPE.fresh)
    assert fill(text, scope) == value


def test_a_tree_is_filled_and_its_names_are_not() -> None:
    tree = {"{uuid}": ["{number}", {"a": "{uuid}"}], "b": 3, "c": None}
    assert fill(tree, SCOPE) == {"{uuid}": [7, {"a": "u-1"}], "b": 3, "c": None}
    assert list(names(tree)) == ["number", "uuid"]


def test_a_text_is_always_text() -> None:
    assert fill_text("{number}", SCOPE) == "7"


def test_a_form_has_fields_and_no_json() -> None:
    scope = Scope(Request("POST", "/", (), b"amount=5&card[last4]=42%2042"))
    assert scope("request.form.amount") == "5"
    assert scope("request.json.amount") is None
    deep = Scope(Request("POST", "/", (), b"[" * 100_000))
    assert deep("request.json.a") is None
