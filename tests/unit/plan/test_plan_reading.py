"""What may be read with no more said than who asks."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.document import Declaration, Document, Parameter, Place
from seamproof.core.model import Operation, Step
from seamproof.plan.reading import readable


def declared(operation: str, *parameters: Parameter) -> Declaration:
    return Declaration(Operation.parse(operation), parameters=parameters)


DOCUMENT = Document(
    (
        declared("GET /me"),
        declared("POST /orders"),
        declared("GET /orders", Parameter("page", Place.QUERY)),
        declared("GET /search", Parameter("q", Place.QUERY, required=True)),
        declared("GET /orders/{order}", Parameter("order", Place.PATH, required=True)),
        replace(declared("GET /old"), deprecated=True),
    )
)
ORDER = Step(Operation.parse("POST /orders"), "alice")


def test_lists_and_oneself_as_who_acts() -> None:
    found = [(each.operation.id, each.act.identity) for each in readable(DOCUMENT, ORDER)]
    assert found == [("GET /me", "alice"), ("GET /orders", "alice")]


def test_an_act_that_is_such_a_read_comes_first_as_it_is() -> None:
    act = Step(Operation.parse("GET /orders"), "bob", query={"page": 2})
    first, second = readable(DOCUMENT, act)
    assert first.act == act
    assert second.operation.id == "GET /me"


def test_nothing_is_known_without_a_document() -> None:
    assert readable(None, ORDER) == ()
