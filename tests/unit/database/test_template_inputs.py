"""The key of a template changes with what it is made of, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.database.inputs import template_key
from seamproof.database.postgres.templates import template_name
from seamproof.database.settings import DatabaseSettings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("app/main.py", "migrations/001.py", "uv.lock", ".git/HEAD", "app/x.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("name", ["migrations/001.py", "migrations/002.py", "uv.lock", "db/x.sql"])
@pytest.mark.parametrize("seed", ["", "python seed.py"])
def test_a_migration_or_a_lock_file_changes_it(project: Path, name: str, seed: str) -> None:
    before = template_key(project, "alembic upgrade head", seed)
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("other")
    assert template_key(project, "alembic upgrade head", seed) != before


@pytest.mark.parametrize(
    ("migrate", "seed", "changes"),
    [("alembic upgrade head", "", False), ("alembic upgrade head", "seed", True), ("", "", True)],
)
def test_other_code_counts_where_it_may_have_a_part(
    project: Path, migrate: str, seed: str, changes: bool
) -> None:
    before = template_key(project, migrate, seed)
    (project / "app/main.py").write_text("other")
    assert (template_key(project, migrate, seed) != before) is changes


def test_logs_and_hidden_folders_do_not_change_it(project: Path) -> None:
    before = template_key(project, "", "")
    (project / ".git/HEAD").write_text("other")
    (project / "app/x.log").write_text("other")
    (project / "app/__pycache__").mkdir()
    (project / "app/__pycache__/main.pyc").write_text("other")
    assert template_key(project, "", "") == before


def test_the_commands_change_it(project: Path) -> None:
    keys = {
        template_key(project, migrate, seed)
        for migrate, seed in (("a", ""), ("b", ""), ("a", "b"), ("", "a"), ("", ""))
    }
    assert len(keys) == 5


def test_the_name_has_the_version_and_the_settings_but_not_the_servers_url() -> None:
    plain = DatabaseSettings()
    name = template_name("key", "18.6", plain)
    assert name.startswith("seamproof_t_")
    assert len(name) <= 63
    assert template_name("key", "18.6", DatabaseSettings(url="postgresql://x/y")) == name
    assert template_name("key", "18.7", plain) != name
    assert template_name("key", "18.6", DatabaseSettings(setup_sql="SELECT 1")) != name


@pytest.mark.parametrize("name", ["tests/test_orders.py", "app/orders_test.py", "conftest.py"])
def test_tests_do_not_count(project: Path, name: str) -> None:
    before = template_key(project, "", "seed")
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("other")
    assert template_key(project, "", "seed") == before
