"""Scenario files with other steps: only what is different is written anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.discovery.rewriting import NotEditable, rewritten
from seamproof.discovery.scenarios import load_scenarios

FILE = """\
# by hand
scenarios:
  - name: a   # the first
    act:
      operation: PUT /orders/{id}   # renamed soon
      as: ann
      path: {id: 7}
      query:
        page: 1   # the first page
        size: 10
      json:
        items: [{product: 1, qty: 2}, {product: 2, qty: 3}]
        # who gets it
        address: "1 Main St"   # a street
  - {name: b, act: {operation: GET /users, as: ann, headers: {X-A: '1', X-B: '2'}}}
"""


def edited(tmp_path: Path, text: str, change: Callable[[Step], Step], name: str = "a") -> str:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    stored = {each.name: each for each in load_scenarios([path], ["ann"])}
    healed = {name: replace(stored[name], act=change(stored[name].act))}
    return rewritten(text, healed, ["ann"])


def lines(before: str, after: str) -> list[str]:
    """The lines that are new, in order."""
    return [each.strip() for each in after.splitlines() if each not in before.splitlines()]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            {"operation": Operation.parse("PUT /sales/{id}")},
            ["operation: PUT /sales/{id}   # renamed soon"],
        ),
        ({"path_parameters": {"id": "{order}"}}, None),
        ({"query": {"page": 2, "size": 10}}, ["page: 2   # the first page"]),
        ({"query": {"number": 1, "size": 10}}, ["number: 1   # the first page"]),
        ({"query": {"size": 10}}, []),
        ({"query": {"page": 1, "size": 10, "q": "a, b"}}, ["q: 'a, b'"]),
        ({"query": {}}, []),
        ({"headers": {"X": "1"}}, ["headers: {X: '1'}"]),
        (
            {
                "json": {
                    "items": [{"product": 1, "count": 2}, {"product": 2, "count": 3}],
                    "address": "1 Main St",
                }
            },
            ["items: [{product: 1, count: 2}, {product: 2, count: 3}]"],
        ),
        (
            {"json": {"items": [{"qty": 2}, {"product": 2, "qty": 3}], "address": "1 Main St"}},
            ["items: [{qty: 2}, {product: 2, qty: 3}]"],
        ),
        (
            {
                "json": {
                    "items": [{"product": 1}, {"product": 2, "qty": 3, "note": None}],
                    "address": "1 Main St",
                }
            },
            ["items: [{product: 1}, {product: 2, qty: 3, note: null}]"],
        ),
        ({"query": {"page": True, "size": 10}}, ["page: true   # the first page"]),
        ({"extracts": (Extract("x", "$.id"),)}, ["extract: {x: $.id}"]),
    ],
)
def test_only_what_differs_is_written(
    tmp_path: Path, change: dict[str, Any], wanted: list[str] | None
) -> None:
    if wanted is None:
        with pytest.raises(NotEditable):  # nothing extracts {order}
            edited(tmp_path, FILE, lambda step: replace(step, **change))
        return
    after = edited(tmp_path, FILE, lambda step: replace(step, **change))
    assert lines(FILE, after) == wanted
    comments = [each for each in FILE.splitlines() if each.strip().startswith("#")]
    assert all(each in after for each in comments)


def test_a_scenario_on_one_line(tmp_path: Path) -> None:
    def change(step: Step) -> Step:
        other = Operation.parse("GET /people/{id}")
        return replace(
            step, operation=other, path_parameters={"id": 3}, headers={"X-B": "2", "X-C": "é"}
        )

    after = edited(tmp_path, FILE, change, "b")
    assert lines(FILE, after) == [
        "- {name: b, act: {operation: 'GET /people/{id}', as: ann, headers: {X-B: '2', X-C: é},"
        " path: {id: 3}}}"
    ]


def test_a_body_under_another_key(tmp_path: Path) -> None:
    text = "act:\n  operation: POST /a\n  json: {a: 1}\n"
    after = edited(tmp_path, text, lambda step: replace(step, json=None, form={"a": 1}), "POST /a")
    assert after == "act:\n  operation: POST /a\n  form: {a: 1}\n"


def test_a_name_of_its_operation(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text := "act: {operation: GET /a}\n")
    (stored,) = load_scenarios([path], [])
    act = replace(stored.act, operation=Operation.parse("GET /b"))
    with pytest.raises(NotEditable):
        rewritten(text, {"GET /a": replace(stored, act=act)}, [])
    healed = {"GET /a": replace(stored, name="GET /b", act=act)}
    assert rewritten(text, healed, []) == "act: {operation: GET /b}\n"


ANCHORED = """\
- {name: a, arrange: &made [{operation: POST /a, extract: {id: $.id}}], act: {operation: GET /b}}
- {name: b, arrange: *made, act: {operation: GET /c}}
"""


def test_what_an_anchor_shares_changes_for_all_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(ANCHORED)
    stored = load_scenarios([path], [])

    def other(scenario: Scenario) -> Scenario:
        (first,) = scenario.arrangement
        return replace(
            scenario, arrangement=(replace(first, operation=Operation.parse("POST /x")),)
        )

    healed = {each.name: other(each) for each in stored}
    assert rewritten(ANCHORED, healed, []) == ANCHORED.replace("POST /a", "POST /x")
    with pytest.raises(NotEditable, match="shares"):
        rewritten(ANCHORED, {"a": healed["a"]}, [])


def test_what_is_merged_is_left_to_a_person(tmp_path: Path) -> None:
    text = (
        "- {name: x, act: &base {operation: GET /x, query: {a: 1}}}\n"
        "- {name: a, act: {<<: *base, operation: GET /a}}\n"
    )
    with pytest.raises(NotEditable):
        edited(tmp_path, text, lambda step: replace(step, query={"b": 1}))
