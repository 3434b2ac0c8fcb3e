"""Every twin under the engine: what the broken one must show, and that the sound one is silent.

What is proven or suspected and has no row in the manifest is a false alarm.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps.expected import APPS, LOUD, Twin
from apps.manifest import DEEP, SOUND, TWINS
from seamproof.core.events import Baseline, FindingReported, JobFinished, RunFinished
from seamproof.core.verdict import Finding, Outcome, Tier
from seamproof.run.reporting import run_loop
from seamproof.run.session import Options, run

QUIET = frozenset({"wrong-key-status", "uneven-errors", "undeclared-refusal"})
"""Notes that no sound service gives cause for."""
_UNSURE = (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Result:
    """What a run reported."""

    findings: tuple[Finding, ...]
    jobs: tuple[JobFinished, ...]
    unreached: tuple[tuple[str, str], ...]
    """Operations whose scenario is not answered as it says, of which nothing is known, and why."""
    end: RunFinished

    @property
    def tiers(self) -> dict[tuple[str, str], Tier]:
        """The surest tier of what was found, by operation and class."""
        order = list(Tier)
        found: dict[tuple[str, str], Tier] = {}
        for each in self.findings:
            name = each.operation, each.finding_class
            found[name] = min(each.tier, found.get(name, each.tier), key=order.index)
        return found


async def _run(config: Path, checks: tuple[str, ...], deep: bool) -> Result:
    options = Options(config=config, checks=checks, deep=deep)
    events = [event async for event in run(options)]
    end = events[-1]
    assert isinstance(end, RunFinished)
    return Result(
        tuple(event.finding for event in events if isinstance(event, FindingReported)),
        tuple(event for event in events if isinstance(event, JobFinished)),
        tuple(
            (event.operation, event.reason)
            for event in events
            if isinstance(event, Baseline) and not event.reached
        ),
        end,
    )


@pytest.fixture
def exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def go(twin: Twin, variant: str, *, deep: bool = False) -> Result:
        for program in twin.needs:
            if shutil.which(program) is None:
                pytest.skip(f"{twin.app} is run by {program}, which is not installed")
        monkeypatch.setenv("SEAMPROOF_VARIANT", variant)
        folder = tmp_path / variant / twin.app
        shutil.copytree(
            APPS / twin.app, folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
        result = run_loop(_run(folder / "seamproof.toml", twin.checks, deep))
        assert not result.end.crashed
        assert not result.unreached
        return result

    return go


def name(twin: Twin) -> str:
    return twin.app


def shows_what_is_planted(twin: Twin, result: Result) -> None:
    found = result.tiers.items()
    assert {each: tier for each, tier in found if tier in LOUD or each in twin.tiers} == twin.tiers


def is_silent(twin: Twin, result: Result) -> None:
    alarms = {
        name: tier
        for name, tier in result.tiers.items()
        if tier in LOUD or name[1] in QUIET or twin.tiers.get(name) is Tier.NOTE
    }
    assert not alarms
    unsure = [
        (job.operation, job.check, job.reason) for job in result.jobs if job.outcome in _UNSURE
    ]
    assert not unsure


@pytest.mark.parametrize("twin", TWINS, ids=name)
def test_the_broken_twin_shows_its_defects_and_nothing_else(twin: Twin, exercise) -> None:
    shows_what_is_planted(twin, exercise(twin, "broken"))


@pytest.mark.parametrize("twin", SOUND, ids=name)
def test_the_sound_twin_is_silent(twin: Twin, exercise) -> None:
    is_silent(twin, exercise(twin, "fixed"))


@pytest.mark.parametrize("twin", DEEP, ids=name)
def test_what_takes_a_deep_run_tells_the_twins_apart(twin: Twin, exercise) -> None:
    shows_what_is_planted(twin, exercise(twin, "broken", deep=True))
    is_silent(twin, exercise(twin, "fixed", deep=True))
