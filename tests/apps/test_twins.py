"""Every twin under the engine: what the broken one must show, and that the sound one is silent.

A row of the manifest is an operation, a finding class, and the least tier that it must reach. What
is proven or suspected and has no row is a false alarm.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from seamproof.core.events import FindingReported, JobFinished, RunFinished
from seamproof.core.verdict import Finding, Outcome, Tier
from seamproof.run.session import Options, run

APPS = Path(__file__).parent
LOUD = (Tier.PROVEN, Tier.SUSPECTED)
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Expected:
    """A finding that must be there, at least this sure."""

    operation: str
    finding_class: str
    tier: Tier = Tier.PROVEN


@dataclass(frozen=True)
class Twin:
    """A service, and what its broken variant shows. `may_also` are other faces of those defects."""

    app: str
    broken: tuple[Expected, ...]
    may_also: frozenset[tuple[str, str]] = frozenset()
    needs: tuple[str, ...] = ()
    """Programs without which it cannot run."""


TWINS = [
    Twin(
        "ledger",
        (
            Expected("POST /deposits", "partial-state"),
            Expected("POST /messages", "lost-write"),
            Expected("PUT /counters/{name}", "duplicate-effect", Tier.SUSPECTED),
            Expected("POST /signups", "early-answer"),
            Expected("POST /signups", "lost-write"),
        ),
    ),
    Twin(
        "bookings",
        (
            Expected("POST /bookings", "stuck-retry"),
            Expected("POST /visits", "commit-rolled-back"),
            Expected("POST /visits", "lost-write"),
            Expected("POST /reviews", "early-answer"),
            Expected("POST /reviews", "lost-write"),
        ),
    ),
    Twin(
        "notes",
        (
            Expected("POST /notes", "poisoned-pool"),
            Expected("POST /notes/{note}/likes", "left-in-transaction"),
            Expected("PUT /notes/{note}/tags", "partial-state", Tier.SUSPECTED),
            Expected("PUT /notes/{note}/tags", "duplicate-rows"),
            Expected("POST /imports", "poisoned-pool"),
        ),
    ),
    Twin(
        "sagas",
        (
            Expected("POST /shipments", "partial-state"),
            Expected("POST /deliveries", "uncompensated-call"),
            Expected("POST /deliveries", "no-timeout"),
            Expected("POST /deliveries", "transaction-open-during-call", Tier.SUSPECTED),
            Expected("POST /orders", "lost-call"),
        ),
    ),
    Twin(
        "races",
        (
            Expected("POST /accounts/1/withdrawals", "lost-update"),
            Expected("POST /accounts/1/fees", "lost-update"),
            Expected("POST /counters/hits", "lost-update"),
            Expected("POST /jobs/claim", "lost-update"),
            Expected("POST /sales", "guard-bypass"),
            Expected("POST /coupons/HALF/use", "guard-bypass"),
            Expected("POST /projects", "guard-bypass"),
            Expected("POST /seats/1/bookings", "guard-bypass"),
            Expected("PUT /doctors/{doctor}/leave", "write-skew"),
            Expected("POST /members", "duplicate-rows"),
            Expected("PUT /tags/blue", "duplicate-rows"),
            Expected("PATCH /profiles/1", "full-row-overwrite"),
            Expected("POST /contacts", "duplicate-effect"),
            Expected("PUT /carts/1/lines", "duplicate-effect"),
            Expected("POST /payments/after", "partial-state"),
            Expected("POST /payments/after", "duplicate-effect"),
            Expected("POST /payments/after", "key-without-fingerprint"),
            Expected("POST /payments/looked", "duplicate-effect"),
            Expected("POST /payments/bare", "key-without-fingerprint"),
            Expected("POST /payments/shared", "key-not-scoped"),
        ),
    ),
    Twin(
        "races_django",
        (
            Expected("POST /wallets/1/withdrawals", "lost-update"),
            Expected("POST /pages/1/views", "lost-update"),
            Expected("POST /articles/1/edits", "lost-update"),
            Expected("POST /jobs/claim", "lost-update"),
            Expected("POST /orders", "guard-bypass"),
            Expected("POST /coupons/HALF/redemptions", "guard-bypass"),
            Expected("POST /projects", "guard-bypass"),
            Expected("POST /seats/1/bookings", "guard-bypass"),
            Expected("PUT /doctors/{doctor}/leave", "write-skew"),
            Expected("POST /members", "duplicate-rows"),
            Expected("PUT /preferences/theme", "duplicate-rows"),
            Expected("PATCH /profiles/1/{column}", "full-row-overwrite"),
            Expected("POST /payments", "duplicate-effect"),
        ),
    ),
    Twin(
        "races_express",
        (
            Expected("POST /accounts/1/withdrawals", "lost-update"),
            Expected("POST /counters/hits", "lost-update"),
            Expected("POST /articles/1/edits", "lost-update"),
            Expected("POST /jobs/claim", "lost-update"),
            Expected("POST /sales", "guard-bypass"),
            Expected("POST /coupons/HALF/redemptions", "guard-bypass"),
            Expected("POST /projects", "guard-bypass"),
            Expected("POST /seats/1/bookings", "guard-bypass"),
            Expected("PUT /doctors/{doctor}/leave", "write-skew"),
            Expected("POST /members", "duplicate-rows"),
            Expected("PUT /preferences/theme", "duplicate-rows"),
            Expected("PATCH /profiles/1", "full-row-overwrite"),
            Expected("POST /payments", "partial-state"),
            Expected("POST /payments", "duplicate-effect"),
        ),
        needs=("node", "npm"),
    ),
]
NEEDS = {twin.app: twin.needs for twin in TWINS}
SOUND = [*(twin.app for twin in TWINS), "lookalikes", "background"]


@dataclass(frozen=True)
class Result:
    """What a run reported."""

    findings: tuple[Finding, ...]
    jobs: tuple[JobFinished, ...]
    end: RunFinished

    @property
    def loud(self) -> set[tuple[str, str]]:
        return {(f.operation, f.finding_class) for f in self.findings if f.tier in LOUD}


async def _run(config: Path) -> Result:
    events = [event async for event in run(Options(config=config))]
    end = events[-1]
    assert isinstance(end, RunFinished)
    return Result(
        tuple(event.finding for event in events if isinstance(event, FindingReported)),
        tuple(event for event in events if isinstance(event, JobFinished)),
        end,
    )


@pytest.fixture
def exercise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def go(app: str, variant: str) -> Result:
        for program in NEEDS.get(app, ()):
            if shutil.which(program) is None:
                pytest.skip(f"{app} is run by {program}, which is not installed")
        monkeypatch.setenv("SEAMPROOF_VARIANT", variant)
        folder = tmp_path / app
        shutil.copytree(
            APPS / app, folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
        result = asyncio.run(_run(folder / "seamproof.toml"))
        assert not result.end.crashed
        return result

    return go


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.app)
def test_the_broken_twin_shows_its_defects_and_nothing_else(twin: Twin, exercise) -> None:
    result = exercise(twin.app, "broken")
    order = list(Tier)
    for expected in twin.broken:
        tiers = [
            finding.tier
            for finding in result.findings
            if (finding.operation, finding.finding_class)
            == (expected.operation, expected.finding_class)
        ]
        assert tiers, f"{expected} was not found"
        assert min(map(order.index, tiers)) <= order.index(expected.tier), (expected, tiers)
    known = {(each.operation, each.finding_class) for each in twin.broken} | twin.may_also
    assert result.loud <= known, "false alarms"


@pytest.mark.parametrize("app", SOUND)
def test_the_sound_twin_is_silent(app: str, exercise) -> None:
    result = exercise(app, "fixed")
    assert result.loud == set()
    unsure = [(job.operation, job.check, job.reason) for job in result.jobs if _unsure(job)]
    assert not unsure


def _unsure(job: JobFinished) -> bool:
    return job.outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_RUN)
