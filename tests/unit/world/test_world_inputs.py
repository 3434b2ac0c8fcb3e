"""The key of a template changes with what its commands are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.config.loading import parse
from seamproof.world.inputs import Keys, keys_of
from seamproof.world.schema import Plan


def keys(root: Path, **database: str) -> Keys:
    env = {"ADMIN_PASSWORD": "{env.OURS}"}
    data = {"service": {"command": "serve {port}", "env": env}, "database": database}
    config = parse(data, root)
    return keys_of(config, Plan.of(config))


@pytest.mark.parametrize(
    ("variable", "migrated", "seeded"), [("OURS", True, True), ("SEEDS", False, True)]
)
def test_a_variable_of_a_command_changes_what_the_command_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, migrated: bool, seeded: bool
) -> None:
    found = []
    for value in ("one", "another", "one"):
        monkeypatch.setenv(variable, value)
        found.append(keys(tmp_path, migrate="migrate", seed="seed {env.SEEDS}"))
    first, other, again = found
    assert first == again
    assert (first.migrated != other.migrated, first.seeded != other.seeded) == (migrated, seeded)


def test_code_has_a_part_in_the_seed_and_none_in_migrations_of_a_command(tmp_path: Path) -> None:
    wanted = {"migrate": "migrate", "seed": "python seed.py"}
    before = keys(tmp_path, **wanted)
    (tmp_path / "seed.py").write_text("print()")
    after = keys(tmp_path, **wanted)
    assert before.migrated == after.migrated == keys(tmp_path, migrate="migrate").migrated
    assert before.seeded != after.seeded


def test_without_a_seed_there_is_no_key_of_one(tmp_path: Path) -> None:
    assert keys(tmp_path, migrate="migrate").seeded == ""


def test_any_other_variable_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(tmp_path, migrate="migrate")
    monkeypatch.setenv("NOT_OURS", "x")
    assert keys(tmp_path, migrate="migrate") == before
