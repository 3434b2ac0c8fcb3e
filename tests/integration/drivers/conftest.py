"""The servers and the boundaries of all drivers, kept for the whole session."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# The harness is that of the boundary's own tests.
sys.path.append(str(Path(__file__).parents[1] / "boundaries"))

from boundary_harness import Loop
from driver_fleet import Fleet


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Fleet]:
    with ExitStack() as ends:
        loop = Loop()
        ends.callback(loop.close)
        cache = pytestconfig.cache.mkdir("node-drivers")  # type: ignore[union-attr]
        yield Fleet(ends, loop, tmp_path_factory.mktemp("servers"), cache)
