"""One project for every command that is given bad input."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from projects import SALE, TABLES, Project


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("bad") / "till")


@pytest.fixture
def project(shared: Project) -> Iterator[Project]:
    """The one project, as it was: its cached template serves every test."""
    shared.write("migrations/001_sales.sql", TABLES)
    shared.scenarios(SALE)
    shared.configure()
    yield shared
    shutil.rmtree(shared.root / ".seamproof", ignore_errors=True)
    for path in (*shared.root.glob("*.yaml"), *shared.root.glob("*.json")):
        path.unlink()
    assert not shared.leftovers()
