"""The inputs of a request, and the request with another value in one."""

from __future__ import annotations

from seamproof.analysis.inputs import Input, Where, inputs
from seamproof.core.document import Body, Declaration, Document, Parameter, Place
from seamproof.core.model import Operation, Step

PUT = Operation.parse("PUT /orders/{order}")
STEP = Step(
    PUT,
    path_parameters={"order": 7},
    query={"expand": "items"},
    headers={"Idempotency-Key": "k", "Authorization": "Bearer x"},
    json={"note": "fragile", "items": [{"sku": "a"}, {"sku": "b"}], "count": 3},
)


def labels(found: tuple[Input, ...]) -> list[str]:
    return [each.label for each in found]


def test_all_that_a_step_sends_is_an_input() -> None:
    assert labels(inputs(STEP)) == [
        "body /note",
        "body /items/0/sku",
        "body /count",
        "name in body",
        "query expand",
        "path order",
        "header Idempotency-Key",
    ]


def test_what_is_declared_beside_it_is_one_as_well() -> None:
    schema = {"properties": {"note": {"type": "string"}, "color": {"type": "string"}}}
    declared = Declaration(
        PUT,
        parameters=(
            Parameter("sort", Place.QUERY, {"type": "string", "enum": ["a", "b"]}),
            Parameter("X-Tenant", Place.HEADER, {"type": "string"}),
        ),
        bodies=(Body("application/json", {"$ref": "#/x"}),),
    )
    document = Document((declared,), definitions={"#/x": schema})
    found = {each.label: each for each in inputs(STEP, document, ("User-Agent",))}
    assert {"body /color", "query sort", "header X-Tenant", "header User-Agent"} <= found.keys()
    assert found["body /color"].is_text
    assert not found["query sort"].is_text, "a choice of a few"
    assert found["body /note"].is_text
    assert not found["body /count"].is_text
    assert not found["path order"].is_text


def test_one_value_is_another_and_the_rest_stays() -> None:
    by_label = {each.label: each for each in inputs(STEP)}
    sent = by_label["body /items/0/sku"].sent(STEP, "x")
    assert sent.json == {"note": "fragile", "items": [{"sku": "x"}, {"sku": "b"}], "count": 3}
    assert by_label["name in body"].sent(STEP, "x").json["x"] == "1"
    assert by_label["path order"].sent(STEP, "x").path_parameters == {"order": "x"}
    assert by_label["query expand"].sent(STEP, "x").query == {"expand": "x"}
    assert by_label["header Idempotency-Key"].sent(STEP, "x").headers["Idempotency-Key"] == "x"
    assert STEP.json["items"][0]["sku"] == "a"


def test_forms_files_and_texts() -> None:
    form = Step(Operation.parse("POST /a"), form={"q": "1"})
    (field,) = inputs(form)
    assert field.sent(form, "x").form == {"q": "x"}
    upload = Step(
        Operation.parse("POST /b"), multipart={"f": {"filename": "a.txt", "content": "c"}, "t": "v"}
    )
    file, part = inputs(upload)
    assert (file.where, part.where) == (Where.FILE, Where.PART)
    assert file.sent(upload, "x").multipart == {"f": {"filename": "x", "content": "c"}, "t": "v"}
    text = Step(Operation.parse("POST /c"), text="hello")
    (whole,) = inputs(text)
    assert whole.sent(text, "x").text == "x"
