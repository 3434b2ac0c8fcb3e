"""What the refusals of each framework say, as they send them."""

from __future__ import annotations

from refused import said

from seamproof.analysis.refusals.complaint import ComplaintKind as K


def _pydantic(kind: str, place: str, said: str, **context: object) -> dict[str, object]:
    """An entry of pydantic 2, with its place as `body/items/0`."""
    loc = [int(each) if each.isdigit() else each for each in place.split("/")]
    return {"type": kind, "loc": loc, "msg": said, "ctx": context}


def test_fastapi() -> None:
    choice, at_sign = "'admin', 'staff' or 'user'", "it must have an @-sign."
    number = "Input should be a valid integer, unable to parse string as an integer"
    detail = [
        {"type": "missing", "loc": ["body", "title"], "msg": "Field required", "input": {}},
        _pydantic("enum", "body/role", f"Input should be {choice}", expected=choice),
        _pydantic(
            "string_too_short",
            "body/name",
            "String should have at least 3 characters",
            min_length=3,
        ),
        _pydantic("int_parsing", "body/items/0/quantity/int", number),
        _pydantic(
            "value_error",
            "body/email",
            f"value is not a valid email address: {at_sign}",
            reason=at_sign,
        ),
        _pydantic("greater_than", "query/page", "Input should be greater than 0", gt=0),
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
