"""Scenario files, and what is said of their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.core.errors import ConfigurationError, ExitCode
from seamproof.core.model import Extract
from seamproof.discovery.scenarios import load_scenarios

GOOD = """\
scenarios:
  - name: place an order
    act:
      operation: post /orders/{order}/items
      as: alice
      path: { order: "{order}" }
      json: { product: "{product}", key: "{uuid}", when: 2024-01-01, n: 2 }
      expect: 201
    arrange:
      - operation: POST /products
        as: admin
        json: { name: widget }
        extract: { product: $.id, order: "header:Location" }
  - act: { operation: DELETE /orders }
    checks: [trace, rollback]
"""


def load(tmp_path: Path, text: str, retry_safe: tuple[str, ...] = ()) -> tuple[object, ...]:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    return load_scenarios([path], {"alice", "admin"}, retry_safe)


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(GOOD)
    first, second = load_scenarios([path], {"alice", "admin"}, {"DELETE /orders"})
    assert first.name == "place an order"
    assert first.operation.id == "POST /orders/{order}/items"
    assert first.act.identity == "alice"
    assert first.act.expect == (201,)
    assert first.act.json["when"] == "2024-01-01"
    assert first.arrangement[0].extracts == (
        Extract("product", "$.id"),
        Extract("order", "header:Location"),
    )
    assert first.source == f"{path}:2"
    assert second.name == "DELETE /orders"
    assert second.operation.retry_safe
    assert second.checks == ("trace", "rollback")


def test_a_scenario_is_for_all_checks_or_for_those_that_it_names(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(GOOD)
    for_all, for_two = load_scenarios([path], {"alice", "admin"})
    assert [for_all.serves(each) for each in ("rollback", "concurrency")] == [True, True]
    assert [for_two.serves(each) for each in ("rollback", "concurrency")] == [True, False]


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        ("scenarios:\n - {name: x}", 2, "no `act`", "request to judge"),
        ("act: {operation: GET /, <<: [1]}", 1, "merges mappings only", ""),
        ("act: {operation: GET /, json: !secret x}", 1, "could not determine a constructor", ""),
        ("act: {operation: GET /, a: 1}", 1, "unknown key 'a'", "did you mean 'as'"),
        ("act:\n  operation: /orders", 2, "is not METHOD /path", "POST /orders"),
        ("act:\n  operation: GET /\n  as: alise", 3, "no identity", "did you mean 'alice'"),
        ("act:\n  operation: GET /{id}", 2, "nothing gives {id}", "add `path"),
        ("act:\n  operation: POST /\n  json: {a: '{id}'}", 2, "no earlier step extracts", ""),
        ("act: {operation: POST /, json: 1, form: {}}", 1, "both `json` and `form`", ""),
        ("act: {operation: POST /, expect: [201, no]}", 1, "no status", ""),
        ("act: {operation: POST /, extract: {a: id}}", 1, "cannot be extracted", "$.path"),
        ("act: {operation: POST /, query: 1}", 1, "no mapping", ""),
        ("act: {operation: POST /}\narrange: 1", 2, "no list of steps", ""),
        ("act: {operation: POST /}\nchecks: rollback", 2, "no list of names", "all checks run"),
        ("act: {operation: POST /}\nchecks: []", 2, "no list of names", "all checks run"),
        ("act: {operation: POST /}\nchecks: [trce]", 2, "no check is called", "mean 'trace'"),
        ("act: {operation: POST /}\nchecks: [[x]]", 2, "no check is called", "known: "),
        ("scenarios: [1]", 1, "expected a mapping", ""),
        ("act: {", 1, "", ""),
        ("- act: &a {operation: GET /}\n- act: *a", 2, "two scenarios", "`name` of its own"),
        ("act: &a {operation: POST /, json: [*a]}", None, "holds itself", ""),
    ],
)
def test_each_mistake_is_named_with_its_line(
    tmp_path: Path, text: str, line: int | None, problem: str, hint: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    where = f"{tmp_path / 's.yaml'}" + (f":{line}" if line else "")
    assert str(caught.value).startswith(where)
    assert problem in str(caught.value)
    assert hint in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_two_braces_are_no_reference(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("act: {operation: POST /mails, json: {text: 'Dear {{name}}', '{{of}}': 1}}")
    (scenario,) = load_scenarios([path], set())
    assert scenario.act.json == {"text": "Dear {{name}}", "{{of}}": 1}


def test_aliases_do_not_multiply(tmp_path: Path) -> None:
    levels = "\n".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 9))
    text = f"l0: &l0 [x]\n{levels}\nact: {{operation: POST /, json: *l8}}"
    with pytest.raises(ConfigurationError):
        load(tmp_path, text)


MERGED = """\
scenarios:
  - name: first
    act: &first
      operation: POST /orders
      as: alice
      json: &body { product: 1, quantity: 2 }
  - name: second
    arrange:
      - <<: *first
        extract: { order: $.id }
    act:
      <<: [{ as: admin }, *first]
      json: { quantity: 3, <<: *body, note: "=" }
"""


def test_merge_keys_lend_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(MERGED)
    first, second = load_scenarios([path], {"alice", "admin"})
    (arranged,) = second.arrangement
    assert (arranged.operation, arranged.json) == (first.act.operation, first.act.json)
    assert arranged.extracts == (Extract("order", "$.id"),)
    assert second.act.identity == "admin"
    assert second.act.json == {"product": 1, "quantity": 3, "note": "="}


def test_merges_do_not_multiply(tmp_path: Path) -> None:
    levels = ["&l0 { a: 1 }"]
    levels += [f"&l{n} {{ <<: [{', '.join(10 * [f'*l{n - 1}'])}] }}" for n in range(1, 9)]
    with pytest.raises(ConfigurationError, match="more than 100000 nodes"):
        load(tmp_path, f"act: {{operation: POST /, json: [{', '.join(levels)}]}}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        load_scenarios([tmp_path / "no.yaml"], set())


def test_an_empty_file_holds_none(tmp_path: Path) -> None:
    assert load(tmp_path, "") == ()
