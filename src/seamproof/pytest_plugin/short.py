"""The fixtures with short names, each registered only where `testing.fixtures` names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seamproof.testing.client import Api
    from seamproof.testing.factories.make import Make
    from seamproof.testing.rows import Db
    from seamproof.testing.seam import Seam
    from seamproof.testing.stubs.fakes import Stubs


class _Api:
    @pytest.fixture
    def api(self, seam: Seam) -> Api:
        """Sends requests to the service: `seam.api`."""
        return seam.api


class _Db:
    @pytest.fixture
    def db(self, seam: Seam) -> Db:
        """The rows of the service's database: `seam.db`."""
        return seam.db


class _Make:
    @pytest.fixture
    def make(self, seam: Seam) -> Make:
        """Makes rows: `seam.make`."""
        return seam.make


class _Stubs:
    @pytest.fixture
    def stubs(self, seam: Seam) -> Stubs:
        """The fakes of other services: `seam.stubs`."""
        return seam.stubs


FIXTURES: dict[str, type[Any]] = {"api": _Api, "db": _Db, "make": _Make, "stubs": _Stubs}
"""By name, what holds the fixture."""


class EveryTest:
    """Isolates tests that ask for nothing."""

    @pytest.fixture(autouse=True)
    def seamproof_every_test(self, seam: Seam) -> None:
        """Bring the database back after this test."""
