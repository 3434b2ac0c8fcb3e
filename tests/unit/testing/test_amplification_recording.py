"""What a test leaves for the checks."""

from __future__ import annotations

import pytest

from seamproof.core.catalog import Catalog, Table
from seamproof.core.document import Declaration, Document
from seamproof.core.experiment import RowEdit
from seamproof.core.history import Request, RowChange
from seamproof.core.model import Operation
from seamproof.run.rebasing import State
from seamproof.testing.amplification.steps import Unspeakable, credentials, step

JSON = ("content-type", "application/json")
ADDED = (("host", "x"), ("user-agent", "httpx2"), ("accept", "*/*"), ("content-length", "9"))
DOCUMENT = Document((Declaration(Operation("POST", "/orders/{order}/notes")),))


def request(target: str = "/orders", body: bytes = b"", *headers: tuple[str, str]) -> Request:
    return Request("POST", target, (*ADDED, *headers), body)


def test_a_request_becomes_the_step_that_sends_it_again() -> None:
    sent = request("/orders?dry=1&tag=a&tag=b", b'{"n": 1}', JSON, ("x-trace", "7"))
    made = step(sent, "alice", 201, None)
    assert made.operation == Operation("POST", "/orders")
    assert made.identity == "alice"
    assert made.query == {"dry": "1", "tag": ["a", "b"]}
    assert made.json == {"n": 1}
    assert made.headers == {"x-trace": "7"}
    assert made.expect == ()


def test_a_refusal_that_the_test_expects_is_expected() -> None:
    assert step(request(), None, 409, None).expect == (409,)


def test_the_document_names_the_operation_and_else_ids_are_parameters() -> None:
    made = step(request("/orders/a%20b/notes"), None, 201, DOCUMENT)
    assert made.operation.id == "POST /orders/{order}/notes"
    assert made.path_parameters == {"order": "a b"}
    made = step(request("/users/7/orders/8"), None, 201, None, {"POST /users/{id}/orders/{id2}"})
    assert made.operation == Operation("POST", "/users/{id}/orders/{id2}", retry_safe=True)
    assert made.path_parameters == {"id": "7", "id2": "8"}


def test_what_shows_who_it_is_stays_out_of_the_step() -> None:
    sent = request("/orders", b"", ("authorization", "Bearer x"), ("cookie", "session=1"))
    assert step(sent, "somebody", 201, None).headers == {}
    assert credentials(sent) == (("authorization", "Bearer x"), ("cookie", "session=1"))


def test_braces_are_text_and_no_references() -> None:
    made = step(request("/orders", b'{"note": "for {name}"}', JSON), None, 201, None)
    assert made.json == {"note": "for {{name}}"}


@pytest.mark.parametrize(
    ("kind", "body", "field", "value"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=2", "form", {"a": "1", "b": "2"}),
        ("text/plain", b"hello", "text", "hello"),
    ],
)
def test_other_bodies(kind: str, body: bytes, field: str, value: object) -> None:
    made = step(request("/orders", body, ("content-type", kind)), None, 201, None)
    assert getattr(made, field) == value


def test_a_body_that_no_step_can_say() -> None:
    with pytest.raises(Unspeakable, match="no text"):
        step(request("/orders", b"\xff\xfe", ("content-type", "image/png")), None, 201, None)


def test_the_rows_before_the_act_are_the_net_of_what_was_written() -> None:
    catalog = Catalog({"users": Table("users", (), ("id",)), "logs": Table("logs", ())})
    ann = {"id": "1", "name": "ann"}
    rows = (
        RowChange("users", None, {"id": "2", "name": "b"}),
        RowChange("users", {"id": "2", "name": "b"}, {"id": "2", "name": "bob"}),
        RowChange("users", ann, {"id": "1", "name": "anna"}),
        RowChange("logs", None, {"text": "x"}),
        RowChange("logs", {"text": "x"}, None),
    )
    state = State.of(rows, (), catalog)
    assert sorted(state.edits, key=repr) == sorted(
        [
            RowEdit("users", None, {"id": "2", "name": "bob"}),
            RowEdit("users", ann, {"id": "1", "name": "anna"}),
        ],
        key=repr,
    )
    back = state.reversed((("ids", 1, True),))
    assert back.reversed(()) == state
    assert back.sequences == (("ids", 1, True),)
    assert RowEdit("users", {"id": "2", "name": "bob"}, None) in back.edits
