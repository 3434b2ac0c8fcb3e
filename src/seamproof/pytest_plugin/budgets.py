"""Response times: of one test that is run again and again, and of all requests of a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from seamproof.testing.budget import REPEATS, Budget, busy, described
from seamproof.wire.http.paths import split, without_ids

if TYPE_CHECKING:
    from seamproof.testing.seam import Seam
    from seamproof.testing.session import Session

MARK = "budget"
NAME = "seamproof-budgets"


def parsed(text: str) -> Budget:
    """The budget of a mark or of the command line. Raises UsageError."""
    try:
        return Budget.parse(text)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


class Budgets:
    """Measures what tests send."""

    def __init__(self, session: Session, stated: str) -> None:
        self._session = session
        self._stated = parsed(stated) if stated else None
        self._samples: dict[str, list[float]] = {}
        self._lines: list[str] = []

    # One test

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Run a test with a budget again and again, each time from the state of its fixtures."""
        mark = item.get_closest_marker(MARK)
        seam: Seam | None = getattr(item, "funcargs", {}).get("seam")
        if mark is None or not isinstance(item, pytest.Function):
            return (yield)
        if seam is None:
            raise pytest.UsageError(f"{item.nodeid} has a budget, and uses no fixture of seamproof")
        budget, repeats = parsed(*mark.args), mark.kwargs.get("n", REPEATS)
        self._session.hold(seam)
        result = yield
        samples: list[float] = []
        # The first run has warmed up what is done only once.
        for _ in range(repeats):
            self._session.back(seam)
            first = len(seam.record.sent)
            item.runtest()
            samples.append(max((each.seconds for each in seam.record.sent[first:]), default=0.0))
        item.add_report_section("call", "budget", described(samples))
        if exceeded := budget.exceeded(samples):
            text = "; ".join([*exceeded, described(samples)])
            if reason := busy():
                pytest.skip(f"inconclusive: {text}; {reason}")
            pytest.fail(f"the budget is exceeded: {text}", pytrace=False)
        return result

    # All requests

    def on_end(self, seam: Seam) -> None:
        """Take the requests of a test."""
        if self._stated is not None:
            for each in seam.record.sent:
                path = without_ids(split(each.request.target)[0])
                self._samples.setdefault(f"{each.request.method} {path}", []).append(each.seconds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the requests of a worker of xdist."""
        for shape, samples in getattr(node, "workeroutput", {}).get(NAME, {}).items():
            self._samples.setdefault(shape, []).extend(samples)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge all requests, by operation."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[NAME] = self._samples
            return
        if self._stated is None:
            return
        for shape, samples in sorted(self._samples.items()):
            if exceeded := self._stated.exceeded(samples):
                self._lines.append(f"{shape}: {'; '.join(exceeded)} ({described(samples)})")
        if not self._lines:
            return
        if reason := busy():
            self._lines.append(f"this is inconclusive: {reason}")
        elif session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which operations exceed the budget."""
        if self._lines:
            terminalreporter.section("budget exceeded", sep="-")
            for line in self._lines:
                terminalreporter.line(line)
