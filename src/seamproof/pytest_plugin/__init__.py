"""The pytest plugin: fixtures and hooks. What they do is in `seamproof.testing`.

It is loaded in every session of every project in whose environment seamproof is installed. So
nothing is imported here that is not needed, and nothing is active in a project that has no section
`[testing]`.

- `activation`  whether a project asks for it
- `active`      the hooks of a session that does
- `short`       the fixtures with short names
- `amplified`   the engine's checks on passed tests
- `budgets`     response times
- `reference`   writes the page of the reference
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from seamproof.testing.seam import Seam

_GIVEN = "seamproof"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take part in the command line."""
    parser.addini(_GIVEN, "The file of seamproof's configuration, from the root folder.")
    group = parser.getgroup("seamproof", "API integration tests (seamproof)")
    group.addoption(
        "--seamproof",
        action="store_true",
        help="Run the checks on what each passed test has sent, as items beside it.",
    )
    group.addoption(
        "--seamproof-budget",
        default="",
        metavar="LIMITS",
        help="Response times that no operation may exceed over all tests: 'p95 < 200ms'.",
    )
    group.addoption(
        "--seamproof-check",
        action="append",
        default=[],
        metavar="NAME",
        help="One of the checks to run, and no other than those named; implies --seamproof.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Let the tests' process be the service before anything of it is imported."""
    file = _file(early_config)
    if file is not None:
        _active().prepare(early_config, file)


def _file(config: pytest.Config) -> Path | None:
    from seamproof.pytest_plugin.activation import configured

    return configured(config.rootpath, str(config.getini(_GIVEN)))


def pytest_configure(config: pytest.Config) -> None:
    """Become active where the project asks for it."""
    file = _file(config)
    if file is not None:
        _active().activate(config, file)
    elif config.getoption("seamproof") or config.getoption("seamproof_check"):
        raise pytest.UsageError(_absent(config))


def _active() -> ModuleType:
    """What a project that asks for it needs. Raises UsageError where that is not installed."""
    try:
        from seamproof.pytest_plugin import active
    except ModuleNotFoundError as error:
        if error.name != "httpx2":
            raise
        text = "tests need httpx2, which is not installed: pip install 'seamproof[testing]'"
        raise pytest.UsageError(text) from None
    return active


def _absent(config: pytest.Config) -> str:
    return f"there is no seamproof.toml with a section [testing] in {config.rootpath}"


@pytest.fixture
def seam(request: pytest.FixtureRequest) -> Iterator[Seam]:
    """The service with its database, for one test: `seam.api`, `seam.db`."""
    plugin = request.config.pluginmanager.get_plugin("seamproof-active")
    if plugin is None:
        pytest.fail(_absent(request.config), pytrace=False)
    yield from plugin.seam(request.node)
