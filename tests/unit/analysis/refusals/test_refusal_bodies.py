from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refused import refused

from seamproof.analysis.refusals import complaints, denial
from seamproof.analysis.refusals.complaint import ComplaintKind as K
from seamproof.core.catalog import Catalog
from seamproof.core.model import Json

SENT = {
    "email": "x",
    "product_id": 9,
    "items": [{"quantity": "a"}],
    "name": "n",
    "role": "z",
}


def said(status: int, body: Json, sent: Json = SENT, **more: str) -> list[tuple[Json, ...]]:
    found = complaints(refused(status, body, sent, **more), (), Catalog())  # type: ignore[arg-type]
    return [(each.kind, each.place, each.path, each.wanted) for each in found]


def test_fastapi() -> None:
    detail = [
        {"type": "missing", "loc": ["body", "title"], "msg": "Field required", "input": {}},
        {
            "type": "enum",
            "loc": ["body", "role"],
            "msg": "Input should be 'admin', 'staff' or 'user'",
            "ctx": {"expected": "'admin', 'staff' or 'user'"},
        },
        {
            "type": "string_too_short",
            "loc": ["body", "name"],
            "msg": "String should have at least 3 characters",
            "ctx": {"min_length": 3},
        },
        {
            "type": "int_parsing",
            "loc": ["body", "items", 0, "quantity", "int"],
            "msg": "Input should be a valid integer, unable to parse string as an integer",
        },
        {
            "type": "value_error",
            "loc": ["body", "email"],
            "msg": "value is not a valid email address: it must have an @-sign.",
            "ctx": {"reason": "it must have an @-sign."},
        },
        {
            "type": "greater_than",
            "loc": ["query", "page"],
            "msg": "Input should be greater than 0",
            "ctx": {"gt": 0},
        },
        {"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted"},
        {"type": "uuid_parsing", "loc": ["path", "id"], "msg": "Input should be a valid UUID"},
    ]
    assert said(422, {"detail": detail}) == [
        (K.MISSING, "body", ("title",), None),
        (K.CHOICE, "body", ("role",), ["admin", "staff", "user"]),
        (K.TOO_SHORT, "body", ("name",), 3),
        (K.TYPE, "body", ("items", 0, "quantity"), "integer"),
        (K.FORMAT, "body", ("email",), "email"),
        (K.TOO_SMALL, "query", ("page",), 1),
        (K.UNEXPECTED, "body", ("x",), None),
        (K.FORMAT, "path", ("id",), "uuid"),
    ]


def test_pydantic_1_and_flask_pydantic() -> None:
    errors = [{"loc": ["age"], "msg": "value is not a valid integer", "type": "type_error.integer"}]
    assert said(400, {"validation_error": {"body_params": errors}}) == [
        (K.TYPE, "body", ("age",), "integer")
    ]
    limited = {
        "loc": ["body", "name"],
        "msg": "ensure this value has at least 3 characters",
        "type": "value_error.any_str.min_length",
        "ctx": {"limit_value": 3},
    }
    assert said(422, {"detail": [limited]}) == [(K.TOO_SHORT, "body", ("name",), 3)]


def test_django_rest_framework() -> None:
    body = {
        "title": ["This field is required."],
        "items": [{}, {"quantity": ["A valid integer is required."]}],
        "role": ['"z" is not a valid choice.'],
        "product_id": ['Invalid pk "9" - object does not exist.'],
        "tags": ['Expected a list of items but got type "str".'],
        "start": [
            "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss]."
        ],
        "name": ["Ensure this field has at least 3 characters."],
        "count": ["Ensure this value is greater than or equal to 1."],
        "email": ["user with this email already exists."],
        "non_field_errors": ["The fields name, email must make a unique set."],
    }
    assert said(400, body) == [
        (K.MISSING, "body", ("title",), None),
        (K.TYPE, "body", ("items", 1, "quantity"), "integer"),
        (K.CHOICE, "body", ("role",), None),
        (K.NO_SUCH, "body", ("product_id",), None),
        (K.TYPE, "body", ("tags",), "array"),
        (K.FORMAT, "body", ("start",), "date-time"),
        (K.TOO_SHORT, "body", ("name",), 3),
        (K.TOO_SMALL, "body", ("count",), 1),
        (K.NOT_UNIQUE, "body", ("email",), None),
        (K.NOT_UNIQUE, "body", ("name",), None),
    ]


def test_rails() -> None:
    body = {
        "errors": {
            "title": ["can't be blank"],
            "name": ["is too short (minimum is 3 characters)"],
            "email": ["has already been taken"],
            "product": ["must exist"],
            "role": ["is not included in the list"],
        }
    }
    assert said(422, body) == [
        (K.MISSING, "body", ("title",), None),
        (K.TOO_SHORT, "body", ("name",), 3),
        (K.NOT_UNIQUE, "body", ("email",), None),
        (K.NO_SUCH, "body", ("product_id",), None),
        (K.CHOICE, "body", ("role",), None),
    ]
    assert said(422, {"errors": ["Name can't be blank", "Email is invalid"]}) == [
        (K.MISSING, "body", ("name",), None),
        (K.FORMAT, "body", ("email",), "email"),
    ]


def test_laravel_aspnet_and_marshmallow() -> None:
    laravel = {
        "message": "The given data was invalid.",
        "errors": {"email": ["The email has already been taken."]},
    }
    assert said(422, laravel) == [(K.NOT_UNIQUE, "body", ("email",), None)]
    aspnet = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": {"Title": ["The Title field is required."]},
    }
    assert said(400, aspnet) == [(K.MISSING, "body", ("Title",), None)]
    marshmallow = {"errors": {"query": {"page": ["Not a valid integer."]}}}
    assert said(422, marshmallow) == [(K.TYPE, "query", ("page",), "integer")]


def test_problem_details() -> None:
    newer = {
        "type": "https://example.net/validation-error",
        "title": "Your request is not valid.",
        "errors": [
            {"detail": "must be a positive integer", "pointer": "#/age"},
            {"detail": "must be 'green', 'red' or 'blue'", "pointer": "#/profile/color"},
        ],
    }
    assert said(422, newer) == [
        (K.TOO_SMALL, "body", ("age",), None),
        (K.CHOICE, "body", ("profile", "color"), ["green", "red", "blue"]),
    ]
    older = {"invalid-params": [{"name": "age", "reason": "must be a positive integer"}]}
    assert said(400, older) == [(K.TOO_SMALL, "body", ("age",), None)]


def test_express_validator() -> None:
    body = {
        "errors": [
            {"type": "field", "msg": "Invalid value", "path": "email", "location": "body"},
            {"msg": "must be at least 5 chars long", "param": "name", "location": "body"},
            {
                "type": "unknown_fields",
                "msg": "Unknown field(s)",
                "fields": [{"path": "x", "location": "query", "value": "1"}],
            },
        ]
    }
    assert said(400, body) == [
        (K.FORMAT, "body", ("email",), None),
        (K.TOO_SHORT, "body", ("name",), 5),
        (K.UNEXPECTED, "query", ("x",), None),
    ]


def test_ajv_and_openapi_validators() -> None:
    entries = [
        {
            "instancePath": "/items/0",
            "keyword": "required",
            "params": {"missingProperty": "id"},
            "message": "must have required property 'id'",
        },
        {
            "instancePath": "/body/role",
            "keyword": "enum",
            "params": {"allowedValues": ["a", "b"]},
            "message": "must be equal to one of the allowed values",
        },
        {"instancePath": "/role", "keyword": "anyOf", "params": {}, "message": "must match"},
        {
            "instancePath": "/name",
            "keyword": "pattern",
            "params": {"pattern": "^[a-z]+$"},
            "message": 'must match pattern "^[a-z]+$"',
        },
        {
            "instancePath": "",
            "keyword": "additionalProperties",
            "params": {"additionalProperty": "email"},
            "message": "must NOT have additional properties",
        },
    ]
    assert said(400, {"errors": entries}) == [
        (K.MISSING, "body", ("items", 0, "id"), None),
        (K.CHOICE, "body", ("role",), ["a", "b"]),
        (K.PATTERN, "body", ("name",), "^[a-z]+$"),
        (K.UNEXPECTED, "body", ("email",), None),
    ]
    fastify = {"code": "FST_ERR_VALIDATION", "message": "body must have required property 'title'"}
    assert said(400, fastify) == [(K.MISSING, "body", ("title",), None)]


def test_unleash() -> None:
    details = [
        {
            "message": "The `title` property is required. It was not present on the data you sent.",
            "path": "title",
        },
        {
            "message": "The `role` property must be equal to one of the allowed values: "
            '"x", "y". You provided "z", which is not valid. Please use one of them instead.',
            "path": "role",
        },
        {"message": "The `/items` property must be array. You sent {}.", "path": "/items"},
        {
            "message": "The root object of the request body does not allow additional properties. "
            "Your request included the `email` property.",
            "path": "email",
        },
        {"message": '"name" must be one of [a, b]. You provided "n".'},
    ]
    body = {"name": "BadDataError", "message": "Request validation failed.", "details": details}
    assert said(400, body) == [
        (K.MISSING, "body", ("title",), None),
        (K.CHOICE, "body", ("role",), ["x", "y"]),
        (K.TYPE, "body", ("items",), "array"),
        (K.UNEXPECTED, "body", ("email",), None),
        (K.CHOICE, "body", ("name",), ["a", "b"]),
    ]


def test_json_api() -> None:
    errors = [
        {
            "status": "422",
            "source": {"pointer": "/data/attributes/name"},
            "title": "Invalid Attribute",
            "detail": "Name can't be blank",
        },
        {"source": {"parameter": "sort"}, "detail": "Unknown parameter"},
    ]
    assert said(422, {"errors": errors}) == [
        (K.MISSING, "body", ("data", "attributes", "name"), None),
        (K.UNEXPECTED, "query", ("sort",), None),
    ]


def test_spring() -> None:
    body = {
        "status": 400,
        "error": "Bad Request",
        "message": "Validation failed for object='thing'. Error count: 2",
        "errors": [
            {"defaultMessage": "must not be blank", "objectName": "thing", "field": "title"},
            {"defaultMessage": "size must be between 3 and 50", "field": "name"},
        ],
        "path": "/things",
    }
    assert said(400, body) == [
        (K.MISSING, "body", ("title",), None),
        (K.TOO_SHORT, "body", ("name",), 3),
    ]
    enum = (
        'JSON parse error: Cannot deserialize value of type `x.Role` from String "z": '
        "not one of the values accepted for Enum class: [ADMIN, USER]"
    )
    assert said(400, {"message": enum}) == [(K.CHOICE, None, (), ["ADMIN", "USER"])]
    absent = "Required request parameter 'page' for method parameter type Integer is not present"
    assert said(400, {"message": absent}) == [(K.MISSING, "query", ("page",), None)]


def test_kinto() -> None:
    body = {
        "code": 400,
        "errno": 107,
        "error": "Invalid parameters",
        "message": "data in body: Required",
        "details": [
            {"location": "body", "name": "data.title", "description": "Required"},
            {
                "location": "body",
                "name": "",
                "description": "Unrecognized keys in mapping: \"{'foo': 1}\"",
            },
            {"location": "querystring", "name": "_limit", "description": '"x" is not a number'},
        ],
    }
    assert said(400, body) == [
        (K.MISSING, "body", ("data", "title"), None),
        (K.UNEXPECTED, "body", ("foo",), None),
        (K.TYPE, "query", ("_limit",), "number"),
    ]


def test_nestjs_and_zod() -> None:
    message = [
        "name must be longer than or equal to 3 characters",
        "email must be an email",
        "items.0.quantity must be an integer number",
        "role must be one of the following values: admin, user",
        "property foo should not exist",
        "each value in tags must be a string",
    ]
    assert said(400, {"statusCode": 400, "message": message, "error": "Bad Request"}) == [
        (K.TOO_SHORT, "body", ("name",), 3),
        (K.FORMAT, "body", ("email",), "email"),
        (K.TYPE, "body", ("items", 0, "quantity"), "integer"),
        (K.CHOICE, "body", ("role",), ["admin", "user"]),
        (K.UNEXPECTED, "body", ("foo",), None),
        (K.TYPE, "body", ("tags",), "string"),
    ]
    issues = [
        {
            "code": "invalid_type",
            "expected": "string",
            "received": "undefined",
            "path": ["title"],
            "message": "Required",
        },
        {"code": "too_small", "minimum": 3, "type": "string", "path": ["name"], "message": "x"},
        {"code": "invalid_enum_value", "options": ["a", "b"], "path": ["role"], "message": "x"},
        {"code": "unrecognized_keys", "keys": ["y"], "path": [], "message": "x"},
    ]
    assert said(400, {"success": False, "error": {"name": "ZodError", "issues": issues}}) == [
        (K.MISSING, "body", ("title",), None),
        (K.TOO_SHORT, "body", ("name",), 3),
        (K.CHOICE, "body", ("role",), ["a", "b"]),
        (K.UNEXPECTED, "body", ("y",), None),
    ]


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
