"""The key of a template changes with what its commands are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.config.loading import parse
from seamproof.world.inputs import key_of
from seamproof.world.schema import Plan


def key(root: Path, **database: str) -> str:
    env = {"ADMIN_PASSWORD": "{env.OURS}"}
    data = {"service": {"command": "serve {port}", "env": env}, "database": database}
    config = parse(data, root)
    return key_of(config, Plan.of(config))


@pytest.mark.parametrize("variable", ["OURS", "SEEDS"])
def test_a_variable_of_a_command_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    keys = []
    for value in ("one", "another", "one"):
        monkeypatch.setenv(variable, value)
        keys.append(key(tmp_path, migrate="migrate", seed="seed {env.SEEDS}"))
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


def test_any_other_variable_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(tmp_path, migrate="migrate")
    monkeypatch.setenv("NOT_OURS", "x")
    assert key(tmp_path, migrate="migrate") == before
