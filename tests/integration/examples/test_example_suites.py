"""One small suite, written twice, for four services: both pass as they are in the example."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings

EXAMPLE = Path(__file__).parents[3] / "examples" / "side_by_side"
PYTHON = [pytest.param(each, marks=pytest.mark.long) for each in ("flask", "django")]
TESTS = 6


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples") / "side_by_side"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", ".seamproof")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    return folder


def passed(folder: Path, *arguments: str) -> int:
    """How many tests passed there; no other may be there."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found = re.match(r"(\d+) passed in", last)
    assert found, last
    return int(found[1])


@pytest.mark.parametrize(
    "service", ["fastapi", *PYTHON, pytest.param("express", marks=pytest.mark.long)]
)
def test_the_suite_with_seamproof_passes_for_each_service(example: Path, service: str) -> None:
    if service == "express" and shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    assert passed(example, "-o", f"seamproof={service}.toml", "with_seamproof") == TESTS


@pytest.fixture
def server() -> Iterator[Address]:
    async def provide() -> tuple[Address, object]:
        provided = await Postgres().provision(DatabaseSettings(), Path(cache))
        return provided.admin, provided

    async def stop(provided: object) -> None:
        await provided.stop()  # type: ignore[attr-defined]

    with tempfile.TemporaryDirectory(prefix="seamproof-", dir="/var/tmp") as cache:
        Path(cache).chmod(0o755)
        with asyncio.Runner() as runner:
            admin, provided = runner.run(provide())
            try:
                yield admin
            finally:
                runner.run(stop(provided))


@pytest.mark.long
def test_the_plain_suite_passes_for_the_same_services(example: Path, server: Address) -> None:
    pytest.importorskip("httpx")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    subprocess.run(["npm", "ci", "--silent"], cwd=example, check=True)
    options = {"host": server.host, "port": server.port, "user": server.user}
    given = [f"--postgresql-{name}={value}" for name, value in options.items()]
    secret = f"--postgresql-password={server.password}"
    assert passed(example, "-p", "no:seamproof", "plain", *given, secret) == 4 * TESTS
