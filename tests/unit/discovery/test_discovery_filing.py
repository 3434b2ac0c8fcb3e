"""Scenarios that were found, in files that stay a person's."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.core.document import Declaration, Document
from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.discovery.filing import folder_of, groups, store
from seamproof.discovery.scenarios import load_scenarios

MAKE = Step(
    Operation("POST", "/v1/orders"),
    "alice",
    json={"note": "{unique}"},
    extracts=(Extract("order", "$.id"),),
)
READ = Step(Operation("GET", "/v1/orders/{order}"), "alice", path_parameters={"order": "{order}"})
SCENARIOS = (
    Scenario("POST /v1/orders", MAKE),
    Scenario("GET /v1/orders/{order}", READ, (MAKE,)),
)


def loaded(*paths: Path) -> list[tuple[Step, ...]]:
    return [(*each.arrangement, each.act) for each in load_scenarios(paths, {"alice"})]


def test_what_is_stored_is_read_again_as_it_was(tmp_path: Path) -> None:
    counts = store(SCENARIOS, tmp_path / "found", {})
    assert counts == {tmp_path / "found/orders.yaml": 2}
    assert [name.name for name in (tmp_path / "found").iterdir()] == ["orders.yaml"]
    read_path = Step(READ.operation, "alice")
    assert loaded(*counts) == [(MAKE,), (MAKE, read_path)]


def test_a_file_that_is_there_is_added_to_and_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text("# mine\nscenarios:\n  - act: { operation: GET /v1/orders }  # a comment\n")
    store(SCENARIOS[:1], tmp_path, {})
    text = path.read_text()
    assert text.startswith("# mine\n")
    assert "# a comment\n" in text
    assert len(loaded(path)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "- act: { operation: GET /x }\n",
        "scenarios: [{ act: { operation: GET /x } }]\n",
        "scenarios:\n- act: { operation: GET /x }\n",
        "scenarios: {\n",
    ],
)
def test_a_file_in_another_layout_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "orders.yaml").write_text(text)
    counts = store(SCENARIOS[:1], tmp_path, {})
    assert (tmp_path / "orders.yaml").read_text() == text
    assert counts == {tmp_path / "orders-2.yaml": 1}
    assert loaded(tmp_path / "orders-2.yaml") == [(MAKE,)]


def test_a_group_is_the_tag_or_the_first_telling_word_of_the_path() -> None:
    document = Document(
        (
            Declaration(Operation("GET", "/api/v2/orders/{id}")),
            Declaration(Operation("GET", "/api"), tags=("Public API", "x")),
            Declaration(Operation("GET", "/{id}")),
        )
    )
    assert groups(document) == {
        "GET /api/v2/orders/{id}": "orders",
        "GET /api": "public-api",
        "GET /{id}": "root",
    }


def test_the_folder_is_that_of_a_glob(tmp_path: Path) -> None:
    assert folder_of(["a/b.yaml", "found/*.yaml"], tmp_path) == tmp_path / "found"
    with pytest.raises(ConfigurationError, match=r"names files \(a/b\.yaml\)"):
        folder_of(["a/b.yaml"], tmp_path)
