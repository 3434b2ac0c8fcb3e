"""The hooks of a session whose project asks for seamproof."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seamproof.config import load
from seamproof.core.errors import SeamproofError
from seamproof.pytest_plugin.amplified import Amplifier
from seamproof.pytest_plugin.budgets import NAME as budgets_name
from seamproof.pytest_plugin.budgets import Budgets
from seamproof.pytest_plugin.short import FIXTURES, EveryTest
from seamproof.testing.session import Session

if TYPE_CHECKING:
    from seamproof.testing.seam import Seam

NAME = "seamproof-active"
MARKS = (
    "seamproof(*checks): run these checks, or all, on what the test sends once it has passed",
    "budget(limits, n=50): response times of the test's requests, as 'p95 < 200ms'",
)
_SEAM = pytest.StashKey["Seam"]()
_SESSION = pytest.StashKey[Session]()


def prepare(config: pytest.Config, file: Path) -> None:
    """Open the world at once where the tests' own process is the service: what it imports finds its
    database then. Raises UsageError where that fails."""
    known = config.known_args_namespace
    if getattr(known, "help", False) or getattr(known, "version", 0):
        return
    session = _session(config, file)
    if not session.config.testing.guest:
        return
    if getattr(known, "numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        session.stand_in()
        return
    with _told_as_usage():
        _ = session.engine


def _session(config: pytest.Config, file: Path) -> Session:
    if _SESSION not in config.stash:
        with _told_as_usage():
            config.stash[_SESSION] = Session(load(file))
    return config.stash[_SESSION]


@contextmanager
def _told_as_usage() -> Iterator[None]:
    try:
        yield
    except SeamproofError as error:
        raise pytest.UsageError(_told(error)) from None


def activate(config: pytest.Config, file: Path) -> None:
    """Register what the configuration asks for. Raises UsageError where it is wrong."""
    session = _session(config, file)
    manager = config.pluginmanager
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    checks = tuple(config.getoption("seamproof_check"))
    amplifier = Amplifier(session, bool(config.getoption("seamproof") or checks), checks)
    budgets = Budgets(session, config.getoption("seamproof_budget"))
    manager.register(amplifier, f"{NAME}-amplifier")
    manager.register(budgets, budgets_name)
    manager.register(Active(session, amplifier, budgets), NAME)
    for name in session.config.testing.fixtures:
        if name == "db" and manager.hasplugin("django"):
            raise pytest.UsageError(
                "pytest-django has a fixture `db` of its own: take db out of testing.fixtures, and "
                "use seam.db"
            )
        manager.register(FIXTURES[name](), f"{NAME}-{name}")
    if session.config.testing.every_test:
        manager.register(EveryTest(), f"{NAME}-every-test")


def _told(error: SeamproofError) -> str:
    lines = [f"seamproof ({error.blame}): {error.problem}", *(f"  | {e}" for e in error.details)]
    return "\n".join([*lines, *([f"  next: {error.hint}"] if error.hint else [])])


class Active:
    """Isolates each test, and says at every boundary what a failed one did."""

    def __init__(self, session: Session, amplifier: Amplifier, budgets: Budgets) -> None:
        self._session = session
        self._budgets = budgets
        self._amplifier = amplifier
        self._of_workers: list[str] = []

    def seam(self, node: pytest.Item) -> Iterator[Seam]:
        """What a test is given, until it has ended."""
        try:
            seam = self._session.begin(node.nodeid)
        except SeamproofError as error:
            pytest.fail(_told(error), pytrace=False)
        node.stash[_SEAM] = seam
        self._amplifier.on_begin(node, seam)
        try:
            yield seam
        finally:
            del node.stash[_SEAM]
            self._budgets.on_end(seam)
            try:
                self._session.end(seam)
            except SeamproofError as error:
                pytest.exit(_told(error), returncode=error.exit_code)
            for each in seam.deaths:
                node.warn(pytest.PytestWarning(f"{each}; it was started again"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Under a failed test stands what it did at every boundary."""
        report: pytest.TestReport = yield
        seam = item.stash.get(_SEAM, None)
        if seam is not None and report.when == "call" and report.passed:
            self._amplifier.on_passed(item)
        elif seam is not None and report.failed:
            from seamproof.testing.failure import told

            raised = call.excinfo.value if call.excinfo is not None else None
            if isinstance(raised, SeamproofError):
                report.sections.append(("seamproof says", _told(raised)))
            report.sections.append(("seamproof", told(seam, item.nodeid)))
        return report

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Say which rows changed otherwise than expected."""
        from seamproof.testing.explaining import explained

        return explained(op, left, right)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what isolation has cost, and what a person should know of the service."""
        lines = [line for line in (*self._session.summary(), *self._of_workers) if line]
        if lines:
            terminalreporter.section("seamproof", sep="-")
            for line in dict.fromkeys(lines):
                terminalreporter.line(line)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of xdist has to say at its end."""
        told = getattr(node, "workeroutput", {}).get(NAME, ())
        self._of_workers += [f"{node.gateway.id}: {line}" for line in told]

    # Behind pytest's own, which ends the fixtures of a test that was interrupted.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave nothing running."""
        told = self._session.summary()
        try:
            self._session.audit()
        except SeamproofError as error:
            session.exitstatus = error.exit_code
            told.append(_told(error))
            self._of_workers.append(_told(error))
        finally:
            self._session.close()
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[NAME] = told

    def pytest_unconfigure(self) -> None:
        """Leave nothing running, also where the session did not come to its end."""
        self._session.close()
