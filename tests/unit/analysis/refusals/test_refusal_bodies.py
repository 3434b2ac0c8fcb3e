"""What the words of a refusal say, whatever framework it comes from."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refused import SENT, refused, said

from seamproof.analysis.refusals import complaints, denial
from seamproof.analysis.refusals.complaint import ComplaintKind as K
from seamproof.core.catalog import Catalog
from seamproof.core.model import Json


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("title is required", (K.MISSING, "body", ("title",), None)),
        ({"error": "Missing required parameter: title"}, (K.MISSING, "body", ("title",), None)),
        ({"error": "You must provide a title"}, (K.MISSING, "body", ("title",), None)),
        ({"error": "Missing data for 'title'"}, (K.MISSING, "body", ("title",), None)),
        ({"message": "Feature name is required"}, (K.MISSING, "body", ("name",), None)),
        (
            {
                "error": "Key: 'T.Email' Error:Field validation for 'Email' failed on the "
                "'required' tag"
            },
            (K.MISSING, "body", ("email",), None),
        ),
        (
            "<html><title>400</title><p>Missing field 'title'</p></html>",
            (K.MISSING, "body", ("title",), None),
        ),
        ('Expected a list of items but got type "dict".', (K.TYPE, "body", (), "array")),
        ({"message": "invalid uuid"}, (K.FORMAT, None, (), "uuid")),
        ({"detail": "JSON parse error - Expecting value"}, (K.FORMAT, None, (), "json")),
        ({"message": "Unknown query parameter 'x'"}, (K.UNEXPECTED, "query", ("x",), None)),
        ({"message": "price must be at most 100"}, (K.TOO_LARGE, "body", ("price",), 100)),
        (
            {"error": "quantity must be greater than 0"},
            (K.TOO_SMALL, "body", ("items", 0, "quantity"), 1),
        ),
        (
            {"message": "Password must be at least 8 characters"},
            (K.TOO_SHORT, "body", ("password",), 8),
        ),
        (
            {"message": "Invalid value for role, expected one of user, admin"},
            (K.CHOICE, "body", ("role",), ["user", "admin"]),
        ),
        (
            {"message": "body/role must be equal to one of the allowed values"},
            (K.CHOICE, "body", ("role",), None),
        ),
        (
            {"error": "A thing with this name already exists"},
            (K.NOT_UNIQUE, "body", ("name",), None),
        ),
        ({"message": "Name is not URL friendly"}, (K.PATTERN, "body", ("name",), None)),
        (
            {"error": "product_id: Object with id=9 does not exist."},
            (K.NO_SUCH, "body", ("product_id",), None),
        ),
        ({"detail": "Not enough stock"}, (K.OTHER, None, (), None)),
        (
            {"message": "The password must contain at least one uppercase letter."},
            (K.PATTERN, "body", ("password",), None),
        ),
        (
            {"message": "Provide at least one of title or permissions"},
            (K.MISSING, "body", ("title",), None),
        ),
        ({"detail": "there is no such paid order"}, (K.NO_SUCH, None, ("order",), None)),
        ({"message": "This user cannot access this resource."}, (K.FORBIDDEN, None, (), None)),
    ],
)
def test_words(body: Json, expected: tuple[Json, ...]) -> None:
    assert said(400, body) == [expected]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"detail": "Authentication credentials were not provided."}, K.UNAUTHENTICATED),
        (401, b"", K.UNAUTHENTICATED),
        (403, {"detail": "You do not have permission to perform this action."}, K.FORBIDDEN),
        (404, {"detail": "Not Found"}, K.NOT_FOUND),
        (415, {"detail": 'Unsupported media type "text/plain" in request.'}, K.MEDIA_TYPE),
    ],
)
def test_the_status_tells_what_the_words_do_not(status: int, body: Json, expected: K) -> None:
    assert [each[0] for each in said(status, body)] == [expected]


def test_what_is_not_found_may_be_what_the_body_refers_to() -> None:
    assert said(404, {"detail": "Product not found"}) == [
        (K.NO_SUCH, "body", ("product_id",), None)
    ]
    found = said(
        404,
        {"detail": "Order not found"},
        template="/orders/{order_id}/items",
        target="/orders/5/items",
    )
    assert found == [(K.NO_SUCH, "path", ("order_id",), None)]


def test_a_conflict_is_about_what_is_stored() -> None:
    assert said(409, {"detail": "the cart is empty"}) == [(K.CONFLICT, None, (), None)]


def test_of_a_range_the_end_that_the_value_is_beyond() -> None:
    body = {"name": ["Length must be between 3 and 5."], "n": ["value must be between 1 and 5"]}
    assert said(422, body, {"name": "longer", "n": 9}) == [
        (K.TOO_LONG, "body", ("name",), 5),
        (K.TOO_LARGE, "body", ("n",), 5),
    ]


def test_a_text_that_begins_with_the_value_and_not_the_name() -> None:
    assert said(400, {"message": "'z' is not one of ['x', 'y']"}) == [
        (K.CHOICE, "body", ("role",), ["x", "y"])
    ]
    assert said(400, {"message": "9 is less than the minimum of 10"}) == [
        (K.TOO_SMALL, "body", ("product_id",), 10)
    ]
    assert said(400, {"message": "8 is less than the minimum of 10"}) == [
        (K.TOO_SMALL, None, (), 10)
    ]


def test_errors_that_are_the_text_of_a_message() -> None:
    issue = {"code": "too_small", "minimum": 3, "origin": "string", "path": ["name"], "message": ""}
    assert said(400, {"name": "ZodError", "message": json.dumps([issue])}) == [
        (K.TOO_SHORT, "body", ("name",), 3)
    ]
    flat = {"error": {"formErrors": [], "fieldErrors": {"role": ["Required"]}}}
    assert said(400, flat) == [(K.MISSING, "body", ("role",), None)]


def test_errors_by_field_with_more_than_words() -> None:
    path = {"name": "ValidatorError", "message": "Path `title` is required.", "kind": "required"}
    assert said(400, {"errors": {"title": path}}) == [(K.MISSING, "body", ("title",), None)]
    nested = {"errors": {"items": [{"quantity": ["must be of integer type"]}]}}
    assert said(400, nested, {"items": {"quantity": "x"}}) == [
        (K.TYPE, "body", ("items", "quantity"), "integer")
    ]


def test_the_media_types_that_are_taken() -> None:
    exchange = refused(415, b"", {}, headers=(("Accept-Patch", "application/merge-patch+json"),))
    (found,) = complaints(exchange, (), Catalog())
    assert (found.kind, found.wanted) == (K.MEDIA_TYPE, ["application/merge-patch+json"])


def test_a_success_complains_about_nothing() -> None:
    assert said(200, {"errors": {"name": ["can't be blank"]}}) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"success": False, "message": "Invalid coupon code"}, "Invalid coupon code"),
        ({"error": "invalid code"}, "invalid code"),
        ({"status": "error", "message": "No such order"}, "No such order"),
        ({"valid": False}, "it says that it failed"),
        ({"message": "Invalid code"}, "Invalid code"),
        ({"message": "Order placed"}, ""),
        ({"id": 1, "error": None, "status": "failed?"}, ""),
        ([], ""),
    ],
)
def test_a_success_may_deny_itself(body: Json, reason: str) -> None:
    assert denial(refused(200, body)) == reason


NAMES = (
    "detail errors loc msg type message path field details instancePath keyword params location"  # noqa: SIM905
    " name description source pointer code ctx issues fields email".split()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(json_values, st.sampled_from([400, 404, 415, 422, 500]))
def test_no_body_is_an_error(body: Json, status: int) -> None:
    complaints(refused(status, body, SENT), (), Catalog())
    denial(refused(200, body, SENT))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"errors":' * 30_000,
        ("must be one of " * 100_000).encode(),
        ("a" * 200_000 + " property is required").encode(),
        ("<p " * 80_000).encode(),
        json.dumps({"errors": [{"msg": "x" * 999, "path": "a." * 999}] * 9_999}).encode(),
        json.dumps({"detail": [{"loc": ["a"] * 9_999, "msg": "x"}] * 99}).encode(),
        b"\xff\xfe" * 1000,
    ],
)
def test_a_hostile_body_costs_little(body: bytes) -> None:
    found = complaints(refused(400, body, SENT), (), Catalog())
    assert len(found) <= 60
    assert all(len(each.text) <= 200 and len(each.path) <= 41 for each in found)
