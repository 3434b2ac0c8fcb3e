"""What every database backend must offer, without a server. Run over the registry and the no-op."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest

from doubles.noop_backend import NoopBackend
from seamproof.core.errors import Blame, SeamproofError
from seamproof.core.registry import BACKEND, Part, discover, validate
from seamproof.database.settings import DatabaseSettings

PARTS = [*discover(BACKEND).values(), validate(BACKEND, NoopBackend)]
BACKENDS = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)


@BACKENDS
def test_provisioning_is_asynchronous(part: Part) -> None:
    assert inspect.iscoroutinefunction(part.implementation.provision)  # type: ignore[attr-defined]


@BACKENDS
@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:9/none", "no url at all"])
def test_a_server_that_is_not_there_is_an_error_that_a_person_can_act_on(
    part: Part, url: str, tmp_path: Path
) -> None:
    backend = part.implementation()
    with pytest.raises(SeamproofError) as refused:
        asyncio.run(backend.provision(DatabaseSettings(url=url), tmp_path))
    assert refused.value.problem
    assert refused.value.hint
    assert refused.value.blame is not Blame.SEAMPROOF
