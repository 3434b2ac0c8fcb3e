"""The fixtures with short names, each registered only where `testing.fixtures` names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seamproof.testing.client import Api
    from seamproof.testing.rows import Db
    from seamproof.testing.seam import Seam


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


FIXTURES: dict[str, type[Any]] = {"api": _Api, "db": _Db}
"""By name, what holds the fixture."""
