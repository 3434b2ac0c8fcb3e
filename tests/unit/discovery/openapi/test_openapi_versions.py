"""Three small documents, written as tools of their version write them, wholly read."""

from __future__ import annotations

from openapi_documents import declared, stored

from seamproof.core.document import (
    Answer,
    Body,
    Link,
    Parameter,
    Place,
    SchemeKind,
    SecurityScheme,
)
from seamproof.core.model import Operation

INTEGER = {"type": "integer"}
TEXT = {"type": "string"}


def test_swagger_2() -> None:
    found = stored("petstore-2.0.json")
    assert (found.version, found.title, found.problems) == ("2.0", "Pets", ())
    assert [each.operation.id for each in found.declarations] == [
        "POST /v2/pet",
        "GET /v2/pet/findByStatus",
        "GET /v2/pet/{petId}",
        "POST /v2/pet/{petId}",
        "DELETE /v2/pet/{petId}",
        "POST /v2/pet/{petId}/uploadImage",
    ]
    assert sorted(found.definitions) == [
        "#/definitions/Category",
        "#/definitions/Pet",
        "#/definitions/Problem",
    ]
    pet = {"$ref": "#/definitions/Pet"}
    add = declared(found, "POST /v2/pet")
    assert (add.operation_id, add.summary, add.tags) == ("addPet", "Adds one", ("pet",))
    assert add.bodies == (
        Body("application/json", pet, True),
        Body("application/xml", pet, True),
    )
    both = {"application/json": pet, "application/xml": pet}
    left = {"X-Left": {"type": "integer"}}
    assert add.answers == (Answer("200", both, left), Answer("405"))
    assert add.security == (frozenset({"key"}), frozenset({"auth", "people"}))
    assert not add.public
    assert declared(found, "GET /v2/pet/{petId}").public
    assert declared(found, "DELETE /v2/pet/{petId}").deprecated


def test_lists_of_swagger_2_have_the_styles_of_3() -> None:
    found = declared(stored("petstore-2.0.json"), "GET /v2/pet/findByStatus")
    styles = {each.name: (each.style, each.explode) for each in found.parameters}
    assert styles == {
        "status": ("form", True),
        "tags": ("", False),
        "colours": ("pipeDelimited", False),
    }


def test_forms_of_swagger_2_are_bodies() -> None:
    found = stored("petstore-2.0.json")
    rename = declared(found, "POST /v2/pet/{petId}")
    assert rename.bodies == (
        Body(
            "application/x-www-form-urlencoded",
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 20},
                    "status": {"type": "string", "examples": ["sold"]},
                },
                "required": ["name"],
            },
            True,
        ),
    )
    assert [each.name for each in rename.parameters] == ["petId"]
    (upload,) = declared(found, "POST /v2/pet/{petId}/uploadImage").bodies
    assert upload.content_type == "multipart/form-data"
    assert upload.schema["properties"]["file"] == {"type": "string", "format": "binary"}
    assert not upload.required


def test_security_schemes_of_swagger_2() -> None:
    assert stored("petstore-2.0.json").schemes == {
        "key": SecurityScheme("key", SchemeKind.API_KEY, Place.HEADER, "api_key"),
        "auth": SecurityScheme(
            "auth",
            SchemeKind.OAUTH2,
            flows={"authorizationCode": "https://pets.example/oauth/token"},
        ),
        "machines": SecurityScheme(
            "machines", SchemeKind.OAUTH2, flows={"clientCredentials": "/v2/oauth/token"}
        ),
        "people": SecurityScheme("people", SchemeKind.BASIC),
    }


def test_openapi_3_0() -> None:
    found = stored("shop-3.0.yaml")
    assert (found.version, found.title) == ("3.0.3", "Shop")
    assert [each.operation.id for each in found.declarations] == [
        "GET /v3/orders",
        "POST /v3/orders",
        "GET /v3/orders/{orderId}",
        "PATCH /v3/orders/{orderId}",
        "POST /payments/v1/orders/{orderId}/payments",
    ]
    assert found.problems == (
        "#/paths/~1orders~1{orderId}/patch: another operation is called createOrder",
        "#/paths/~1orders/post/callbacks: callbacks are not read: the service sends them",
        "#/paths/~1orders/post/responses/201/links/refund: a link to no operation of the document",
    )
    assert "#/components/schemas/Country" not in found.definitions
    assert {"#/components/schemas/Card", "#/components/schemas/Cash"} <= found.definitions.keys()


def test_parameters_of_openapi_3() -> None:
    found = stored("shop-3.0.yaml")
    tenant = Parameter("X-Tenant", Place.HEADER, {**TEXT, "examples": ["acme"]}, True, ("acme",))
    since = {"type": "object", "properties": {"since": {"type": "string", "format": "date"}}}
    assert declared(found, "GET /v3/orders").parameters == (
        tenant,
        Parameter("status", Place.QUERY, {"$ref": "#/components/schemas/Status"}),
        Parameter(
            "sort", Place.QUERY, {"type": "array", "items": TEXT}, style="form", explode=False
        ),
        Parameter(
            "filter",
            Place.QUERY,
            since,
            examples=({"since": "2026-01-31"},),
            content_type="application/json",
        ),
    )
    assert declared(found, "GET /v3/orders/{orderId}").parameters == (
        Parameter("orderId", Place.PATH, {"type": "integer", "minimum": 1}, True, (7,)),
    )


def test_bodies_of_openapi_3_come_json_first() -> None:
    found = stored("shop-3.0.yaml")
    order = {"$ref": "#/components/schemas/Order"}
    bodies = declared(found, "PATCH /v3/orders/{orderId}").bodies
    assert [each.content_type for each in bodies] == [
        "application/json",
        "application/merge-patch+json",
        "multipart/form-data",
        "application/xml",
    ]
    assert bodies[1].examples == ({"note": "later"}, {"status": "cancelled"})
    assert bodies[3].schema == order
    assert declared(found, "POST /v3/orders").bodies == (
        Body(
            "application/json",
            {"$ref": "#/components/schemas/NewOrder"},
            True,
            ({"product": 3, "quantity": 1},),
        ),
    )


def test_answers_of_openapi_3_have_links() -> None:
    found = stored("shop-3.0.yaml")
    created, refused, default = declared(found, "POST /v3/orders").answers
    assert created == Answer(
        "201",
        {"*/*": {"$ref": "#/components/schemas/Order"}},
        {"Location": {"type": "string", "format": "uri"}},
        (
            Link(Operation("GET", "/v3/orders/{orderId}"), {"orderId": "$response.body#/id"}),
            Link(
                Operation("POST", "/payments/v1/orders/{orderId}/payments"),
                {"orderId": "$response.body#/id"},
            ),
        ),
    )
    problem = {"application/problem+json": {"$ref": "#/components/schemas/Problem"}}
    assert refused == Answer("4XX", problem)
    assert default == Answer("default", problem)
    assert "application/json" in declared(found, "GET /v3/orders").answers[0].content


def test_schemas_of_openapi_3_0_are_json_schema() -> None:
    defined = stored("shop-3.0.yaml").definitions
    assert defined["#/components/schemas/Status"] == {
        "type": ["string", "null"],
        "enum": ["open", "paid", "cancelled", None],
    }
    assert defined["#/components/schemas/NewOrder"]["properties"] == {
        "product": INTEGER,
        "quantity": {"type": "integer", "exclusiveMinimum": 0, "maximum": 100},
        "voucher": {
            "anyOf": [{"allOf": [{"$ref": "#/components/schemas/Voucher"}]}, {"type": "null"}]
        },
    }
    assert defined["#/components/schemas/Payment"]["discriminator"] == {
        "propertyName": "kind",
        "mapping": {"card": "#/components/schemas/Card", "cash": "#/components/schemas/Cash"},
    }


def test_security_of_openapi_3() -> None:
    found = stored("shop-3.0.yaml")
    assert declared(found, "GET /v3/orders").security == (frozenset({"bearer"}),)
    assert declared(found, "GET /v3/orders/{orderId}").public
    pay = declared(found, "POST /payments/v1/orders/{orderId}/payments")
    assert pay.security == (frozenset({"key", "bearer"}), frozenset({"cookie"}))
    kinds = {name: each.kind for name, each in found.schemes.items()}
    assert kinds == {
        "bearer": SchemeKind.BEARER,
        "key": SchemeKind.API_KEY,
        "cookie": SchemeKind.API_KEY,
        "digest": SchemeKind.HTTP,
        "openid": SchemeKind.OPENID,
        "passwords": SchemeKind.OAUTH2,
    }
    assert found.schemes["cookie"].place is Place.COOKIE
    assert found.schemes["passwords"].flows == {
        "password": "/v3/login/token",
        "clientCredentials": "https://id.example/token",
    }


def test_openapi_3_1() -> None:
    found = stored("notes-3.1.json", "/docs/openapi.json")
    assert found.version == "3.1.0"
    assert found.problems == ("#/webhooks: webhooks are not read: nobody can send them",)
    note = declared(found, "PUT /v1/notes/{note_id}")
    (body,) = note.bodies
    assert body.examples == ({"text": "hello"},)
    assert found.resolve(body.schema)["required"] == ["text"]
    defined = found.definitions["#/components/schemas/Note"]["properties"]
    assert defined == {
        "text": {"type": "string", "maxLength": 200},
        "pair": {"type": "array", "prefixItems": [INTEGER, TEXT], "items": False},
        "replies": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Note"}},
        "kind": {"const": "note"},
    }
    assert declared(found, "POST /v1/token").security == ()
    limit = declared(found, "GET /v1/notes").parameters[1]
    assert limit.schema == {
        "type": "integer",
        "exclusiveMinimum": 0,
        "maximum": 100,
        "default": 20,
    }
