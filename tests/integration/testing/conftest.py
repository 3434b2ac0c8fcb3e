"""The crowded database, made once for all that make rows in it."""

from __future__ import annotations

import pytest
from crowd import crowd, crowded


@pytest.fixture(scope="session")
def crowded_database(tmp_path_factory):
    with crowded(tmp_path_factory.mktemp("crowded")) as made:
        yield made


@pytest.fixture
def one(crowded_database):
    """A connection to it, and what makes rows: of one test."""
    with crowd(*crowded_database) as made:
        yield made
