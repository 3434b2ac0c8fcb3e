"""The bundled service in another version: names are healed, what it promises is not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import bazaar
import pytest

from seamproof.run import healing
from seamproof.run.healing import Options

pytestmark = pytest.mark.long


def heal(configuration: Path, *, apply: bool = False) -> tuple[int, list[str]]:
    said: list[str] = []
    code = asyncio.run(healing.run(Options(configuration, apply), said.append))
    return code, said


def snapshot_of(root: Path) -> list[str]:
    stored = json.loads((root / ".seamproof" / "document.json").read_text())
    return [f"{o['method']} {o['path']}" for o in (d["operation"] for d in stored["declarations"])]


def test_a_renamed_path_and_field_are_healed_by_a_diff_for_review(tmp_path: Path) -> None:
    configuration = bazaar.make(tmp_path)
    file = tmp_path / "scenarios" / "orders.yaml"
    code, said = heal(configuration, apply=True)
    assert (code, file.read_text()) == (0, bazaar.SCENARIOS), said
    assert snapshot_of(tmp_path) == [
        "POST /orders",
        "GET /orders/{order}",
        "POST /orders/{order}/cancel",
    ]

    bazaar.rename(tmp_path)
    code, said = heal(configuration)
    assert code == 1
    assert file.read_text() == bazaar.SCENARIOS
    assert "-      operation: POST /orders" in said
    assert "+      operation: POST /purchases" in said
    assert any(each.startswith("  document: the operation that is called") for each in said)
    assert "  before:   POST /orders/1/cancel -> 404: " + '{"detail":"Not Found"}' in said
    assert "  after:    POST /purchases/1/cancel -> 200" in said
    shared = "place an order, POST /orders/{order}/cancel, read an order, order more than there is"
    assert f"  in:       {shared}" in said

    code, said = heal(configuration, apply=True)
    wanted = bazaar.SCENARIOS.replace("/orders", "/purchases").replace("quantity", "amount")
    assert (code, file.read_text()) == (0, wanted)
    assert snapshot_of(tmp_path)[0] == "POST /purchases"
    code, said = heal(configuration)
    assert (code, len(said)) == (0, 1), said


def test_without_what_was_declared_names_are_guessed_and_tried(tmp_path: Path) -> None:
    configuration = bazaar.make(tmp_path)
    bazaar.rename(tmp_path)
    code, said = heal(configuration, apply=True)
    wanted = bazaar.SCENARIOS.replace("/orders", "/purchases").replace("quantity", "amount")
    assert (code, (tmp_path / "scenarios" / "orders.yaml").read_text()) == (0, wanted)
    assert any("is the most like it" in each for each in said)


def test_a_changed_status_is_reported_and_not_healed(tmp_path: Path) -> None:
    configuration = bazaar.make(tmp_path)
    heal(configuration, apply=True)
    bazaar.answer_200(tmp_path)
    for apply in (False, True):
        code, said = heal(configuration, apply=apply)
        assert code == 1
        unmet = "changed behaviour, breaking: POST /orders: answers 200, the scenario expects 201"
        assert f"{unmet}; the document declares 200, 422" in said
        promised = "/responses/201: 201 is declared no more, but 200"
        assert f"changed behaviour, breaking: POST /orders: {promised}" in said
        assert (tmp_path / "scenarios" / "orders.yaml").read_text() == bazaar.SCENARIOS
