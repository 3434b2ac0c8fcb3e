"""Checks on passed tests, as items of their own beside them: `test_order::rollback`.

    collect   each chosen test is followed by an item for each check
    run       the test first, wherever and in whichever order they are run: what it sent is judged
    report    a proven finding fails, what cannot be judged is skipped, with the reason

An item belongs to the xdist group of its test. On another worker than its test it runs the test
again there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from _pytest.runner import runtestprotocol

from seamproof.core import registry
from seamproof.core.verdict import Outcome
from seamproof.testing.amplification.recording import Recorder, Recording, Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from seamproof.testing.amplification.judging import Judge, Judgement
    from seamproof.testing.amplification.telling import Teller
    from seamproof.testing.seam import Seam
    from seamproof.testing.session import Session

MARK = "seamproof"
_UNJUDGED = {Outcome.INCONCLUSIVE: "is inconclusive", Outcome.NOT_RUN: "was not run"}
_RECORDER = pytest.StashKey[Recorder]()
_FIXTURES = frozenset({"seam", "api", "db"})
"""Who uses one of them may have sent something."""


class Proven(Exception):
    """A check has proven a finding."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(", ".join(each.id for each in judgement.proven))
        self.judgement = judgement


class Amplified(pytest.Item):
    """One check on what one test sent."""

    def __init__(self, *, base: pytest.Function, check: str, **given: Any) -> None:
        super().__init__(**given)
        self.base = base
        self.check = check
        self.own_markers = [*base.own_markers]
        self.keywords.update({each.name: each for each in base.own_markers})
        self._asked = self.nodeid
        """Its id as it is written on a command line; xdist adds a group to it."""
        self.judge: Any = None
        """Judges it; set by the plugin once there is a world."""
        self.teller: Any = None
        """Says what was found."""
        self.applies = True
        """Whether the check has anything to ask of what the test sends."""

    def runtest(self) -> None:
        """Judge what the test has sent."""
        judgement: Judgement = self.judge(self)
        if judgement.crashes:
            raise RuntimeError("seamproof itself failed:\n" + "\n".join(judgement.crashes))
        if judgement.proven:
            raise Proven(judgement)
        for each in self.teller.told(judgement, self._asked):
            self.add_report_section("call", "seamproof", each)
        if judgement.outcome is Outcome.SKIPPED:
            self.applies = False
            skip(f"{self.check} does not apply: {judgement.reason}")
        if judgement.outcome not in {Outcome.HELD, Outcome.VIOLATED}:
            is_, reason = _UNJUDGED[judgement.outcome], judgement.reason
            skip(f"{self.check} {is_}: {reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings, and no traceback of ours."""
        if isinstance(excinfo.value, Proven):
            told: str = self.teller.failed(excinfo.value.judgement, self._asked)
            return told
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test stands."""
        _, line, _ = self.base.reportinfo()
        return self.path, line, self.name


def skip(reason: str) -> NoReturn:
    """Skip an item, told where its test stands."""
    raise pytest.skip.Exception(reason, _use_item_location=True)


class Amplifier:
    """Collects the items, keeps what tests have sent, and judges it."""

    def __init__(self, session: Session, every: bool, checks: tuple[str, ...]) -> None:
        self._session = session
        self._every = every
        self._chosen = _known(checks) if checks else ()
        self._sent: dict[int, Recording | str] = {}
        """By the identity of a test: xdist renames tests once they are collected."""
        self._judge: Judge | None = None
        self._of_test: dict[int, Wanted] = {}
        """By the identity of a test, the checks that are run on it."""
        self._wanted: set[int] = set()
        """The tests that an item is for."""
        self._named: list[tuple[str, str]] = []

    @cached_property
    def _checks(self) -> tuple[str, ...]:
        return self._chosen or _known(())

    # Collection

    def pytest_configure(self, config: pytest.Config) -> None:
        """Take `test_it.py::test_order::rollback` on the command line: no test holds others."""
        config.args[:] = [self._argument(each) for each in config.args]

    def _argument(self, text: str) -> str:
        outer, _, check = text.rpartition("::")
        if "::" not in outer or check.lower().startswith("test"):
            # To know every check is to import it.
            return text
        if check not in registry.discover(registry.CHECK):
            return text
        self._named.append((outer.partition("::")[2], check))
        return outer

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(self) -> Any:
        """Put the items of a test behind it."""
        found = yield
        if not isinstance(found, list):
            return found
        return [each for item in found for each in (item, *self._beside(item))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Find those of a test that was named on the command line, before any selection."""
        there = {item.nodeid for item in items}
        for item in tuple(items):
            fresh = [each for each in self._beside(item) if each.nodeid not in there]
            place = items.index(item) + 1
            items[place:place] = fresh
        if self._named:
            wanted = {f"{name}::{check}" for name, check in self._named}
            items[:] = [
                each
                for each in items
                if not self._is_beside_named(each) or each.nodeid.partition("::")[2] in wanted
            ]
        self._wanted = {id(each.base) for each in items if isinstance(each, Amplified)}
        self._session.amplified = bool(self._wanted)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say which checks each test has. What is of the whole service is asked by the first that
        has a check: the same one in every worker of xdist."""
        items = [each for each in session.items if isinstance(each, Amplified)]
        first = {each.check: id(each.base) for each in reversed(items)}
        for base in {id(each.base) for each in items}:
            checks = tuple(each.check for each in items if id(each.base) == base)
            leads = frozenset(name for name in checks if first[name] == base)
            self._of_test[base] = Wanted(checks, leads)

    def _is_beside_named(self, item: pytest.Item) -> bool:
        name = item.base.nodeid if isinstance(item, Amplified) else item.nodeid
        return name.partition("::")[2] in {each for each, _ in self._named}

    def _beside(self, item: object) -> Iterator[Amplified]:
        if not isinstance(item, pytest.Function) or _FIXTURES.isdisjoint(item.fixturenames):
            return
        checks = self._checks if self._every else ()
        for mark in item.iter_markers(MARK):
            checks = _known(mark.args)
        named = [check for name, check in self._named if name == item.nodeid.partition("::")[2]]
        checks = tuple(dict.fromkeys((*checks, *named)))
        # What a worker of xdist calls --dist loadgroup.
        grouped = getattr(item.config.option, "loadgroup", False)
        if checks and grouped and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid))
        for check in checks:
            name = f"{item.name}::{check}"
            assert item.parent is not None
            # Its id as text: pytest then takes it apart as it does the ids that it has stored.
            nodeid = f"{item.nodeid}::{check}"
            yield Amplified.from_parent(
                item.parent, name=name, nodeid=nodeid, base=item, check=check
            )

    # The test

    def on_begin(self, item: pytest.Item, seam: Seam) -> None:
        """Take note of what a test sends."""
        if id(item) in self._wanted and not self._session.config.testing.guest:
            item.stash[_RECORDER] = Recorder(seam)
            self._sent[id(item)] = "the test itself did not pass"

    def on_passed(self, item: pytest.Item) -> None:
        """Keep what a test has sent."""
        recorder = item.stash.get(_RECORDER, None)
        if recorder is not None:
            self._sent[id(item)] = recorder.recording(item.nodeid, self._the_judge.document())

    @property
    def _the_judge(self) -> Judge:
        if self._judge is None:
            from seamproof.testing.amplification.judging import Judge

            self._judge = Judge(self._session.engine)
        return self._judge

    # The items

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Run the test before the first item that is beside it, where it has not run."""
        if isinstance(item, Amplified):
            item.judge, item.teller = self._judged, self._teller
            if id(item.base) not in self._sent:
                runtestprotocol(item.base, nextitem=item, log=False)

    @cached_property
    def _teller(self) -> Teller:
        from seamproof.testing.amplification.telling import Teller

        return Teller()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        """What does not apply is one line for all tests of a file: no test is at fault."""
        report: pytest.TestReport = yield
        if isinstance(item, Amplified) and not item.applies and isinstance(report.longrepr, tuple):
            path, _, reason = report.longrepr
            report.longrepr = path, None, reason  # type: ignore[assignment]
        return report

    def _judged(self, item: Amplified) -> Judgement:
        sent = self._sent.get(id(item.base), "the test itself was not run")
        if self._session.config.testing.guest:
            sent = "checks need a service that is started, and testing.app is in this process"
        if isinstance(sent, str):
            skip(f"{item.check} was not run: {sent}")
        return self._the_judge.judge(sent, item.check, self._of_test[id(item.base)])


def _known(names: Iterable[str]) -> tuple[str, ...]:
    """These checks; every one for none. Raises UsageError for one that there is not."""
    names = tuple(names)
    known = registry.discover(registry.CHECK)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise pytest.UsageError(f"no check is called {name!r}; {meant}{', '.join(known)}")
    # Those that watch come last: they look at what the others provoke.
    return tuple(sorted(names or known, key=lambda name: known[name].watches))
