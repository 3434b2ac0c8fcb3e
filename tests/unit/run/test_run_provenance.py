"""What is kept of a test that a finding is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.config import Config, load
from seamproof.core import registry
from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import BoundaryKind, RowEdit
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.verdict import Evidence, Finding, Tier
from seamproof.run import selection
from seamproof.run.findings import Shelf
from seamproof.run.provenance import Provenance, ignoring
from seamproof.run.rebasing import State
from seamproof.run.redaction import Redactor

FINDING = Finding(
    "0123456789abcdef",
    *("rollback", "partial-state", Tier.PROVEN, "POST /orders", BoundaryKind.SQL, (3, 3)),
    Evidence(),
)
ROW: dict[str, str | None] = {"id": "7", "name": "bob", "password_hash": "x$y"}
STATE = State((RowEdit("users", None, ROW),), (('public."users_id_seq"', 7, True),))


def sent(identity: str | None = None, only_there: str = "") -> Provenance:
    scenario = Scenario("test_it", Step(Operation.parse("POST /orders"), identity))
    return Provenance("test_it.py::test_it::rollback", scenario, STATE, only_there)


def test_it_is_kept_beside_the_finding(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("20260101T000000-1", FINDING)
    assert shelf.provenance("F-012345") is None
    shelf.put("20260101T000001-1", FINDING, sent())
    assert shelf.provenance("F-0123") == sent()
    assert shelf.get("F-012345") == FINDING
    (kept,) = tmp_path.glob("*/tests/*")
    assert kept.stat().st_mode & 0o077 == 0


def test_secrets_of_its_rows_are_not_kept() -> None:
    (edit,) = STATE.redacted(Redactor()).edits
    assert edit.new is not None
    assert edit.new["name"] == "bob"
    assert str(edit.new["password_hash"]).startswith("<redacted:")


def config(tmp_path: Path) -> Config:
    path = tmp_path / "seamproof.toml"
    path.write_text(
        '[service]\ncommand = "serve {port}"\nenv = { DATABASE_URL = "{database.url}" }\n'
    )
    return load(path)


def test_its_request_is_what_the_check_is_run_on(tmp_path: Path) -> None:
    parts = registry.discover(registry.CHECK)
    chosen, scenarios = selection.of_test(FINDING, parts, sent(), config(tmp_path))
    assert list(chosen) == ["rollback"]
    assert scenarios == (sent().scenario,)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (sent(only_there="what it says of the fakes"), "what it says of the fakes is only there"),
        (sent("carol"), "the identity carol is only there"),
    ],
)
def test_what_only_the_test_has_is_told(of: Provenance, said: str, tmp_path: Path) -> None:
    parts = registry.discover(registry.CHECK)
    with pytest.raises(ConfigurationError, match=said) as raised:
        selection.of_test(FINDING, parts, of, config(tmp_path))
    assert raised.value.hint == "pytest test_it.py::test_it::rollback"


def test_what_tests_ignore_is_ignored() -> None:
    reviewed = Profile(effects=frozenset({"log", "orders"}))
    found = ignoring(reviewed, ["log"])
    assert found is not None
    assert found.audit == {"log"}
    assert found.effects == {"orders"}
    assert ignoring(None, []) is None
