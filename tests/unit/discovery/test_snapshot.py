"""What the document declared when the scenarios were stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seamproof.core.document import Answer, Body, Declaration, Document
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.model import Operation, Scenario, Step
from seamproof.discovery import snapshot

REF = "#/components/schemas/"


def declared(text: str, schema: Any = True) -> Declaration:
    return Declaration(
        Operation.parse(text),
        bodies=(Body("application/json", schema),),
        answers=(Answer("200", {"application/json": schema}),),
        security=(frozenset({"b", "a", "c"}),),
    )


def scenario(*operations: str) -> Scenario:
    steps = [Step(Operation.parse(each)) for each in operations]
    return Scenario("s", steps[-1], tuple(steps[:-1]))


def schemas(**more: Any) -> dict[str, Any]:
    return {f"{REF}{name}": each for name, each in more.items()}


def document(*declarations: Declaration, **definitions: Any) -> Document:
    return Document(declarations, definitions=schemas(**definitions), version="3.1.0")


ORDER = {"properties": {"line": {"$ref": f"{REF}Line"}, "self": {"$ref": f"{REF}Order"}}}


def test_what_scenarios_need_is_kept_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / ".seamproof" / "document.json"
    whole = document(
        declared("POST /orders", {"$ref": f"{REF}Order"}),
        declared("GET /orders/{order_id}"),
        declared("GET /users", {"$ref": f"{REF}User"}),
        Order=ORDER,
        Line={"type": "object"},
        User={"type": "object"},
    )
    snapshot.write(whole, [scenario("POST /orders", "GET /orders/{id}")], path)
    found = snapshot.read(path)
    assert found is not None
    assert found.declarations == whole.declarations[:2]
    assert found.definitions == schemas(Order=ORDER, Line={"type": "object"})
    before = path.read_bytes()
    snapshot.write(whole, [scenario("POST /orders")], path)
    assert path.read_bytes() == before


def test_what_was_there_stays_and_what_is_added_keeps_its_own_definitions(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    old = document(declared("POST /a", {"$ref": f"{REF}A"}), A={"type": "string"})
    new = document(
        declared("POST /a", {"$ref": f"{REF}A"}),
        declared("POST /b", {"$ref": f"{REF}B"}),
        A={"type": "integer"},
        B={"items": {"$ref": f"{REF}A"}},
    )
    snapshot.write(old, [scenario("POST /a")], path)
    snapshot.write(new, [scenario("POST /a", "POST /b")], path)
    found = snapshot.read(path)
    assert found is not None
    first, second = (each.bodies[0].schema for each in found.declarations)
    assert found.resolve(first) == {"type": "string"}
    assert found.resolve(found.resolve(second)["items"]) == {"type": "integer"}


def test_renewed_it_is_as_it_is_now_but_for_what_is_not_healed(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    snapshot.write(
        document(declared("GET /a"), declared("GET /b")), [scenario("GET /a", "GET /b")], path
    )
    now = document(declared("GET /a", {"type": "object"}), declared("GET /c"))
    stored = [scenario("GET /a"), scenario("GET /c"), scenario("GET /b")]
    snapshot.renew(now, stored, path, kept=stored[2:])
    found = snapshot.read(path)
    assert found is not None
    assert {each.operation.id: each.bodies[0].schema for each in found.declarations} == {
        "GET /a": {"type": "object"},
        "GET /b": True,
        "GET /c": True,
    }


def test_none_damaged_and_unwritable(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    assert snapshot.read(path) is None
    for text in ("{", '{"declarations": 7}', "[" * 5000):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match="not what was stored") as error:
            snapshot.read(path)
        assert "delete it" in error.value.hint
    path.unlink()
    path.mkdir()
    with pytest.raises((ConfigurationError, MachineError)):
        snapshot.write(document(), [], path)
