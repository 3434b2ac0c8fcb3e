"""What a project lives with: reported, counted apart, and no reason to fail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import kiosk_project
import pytest

from seamproof.core.events import Event, FindingReported, Notice, RunFinished
from seamproof.run.acceptance import accepting
from seamproof.run.acceptance.file import PLACE
from seamproof.run.session import Options, run

STALE = """
[[accepted]]
finding = "F-000000"
class = "partial-state"
operation = "POST /notes"
reason = "it was repaired since"
owner = "ann"
expires = 2020-01-01
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KIOSK_DELAY", "0")
    monkeypatch.setenv("KIOSK_PASSWORD", kiosk_project.PASSWORD)
    return kiosk_project.make(tmp_path / "kiosk")


def ran(config: Path) -> tuple[list[FindingReported], list[Notice], RunFinished]:
    async def collect() -> list[Event]:
        return [event async for event in run(options)]

    options = Options(config, ("rollback",), ("POST /notes",))
    events = asyncio.run(collect())
    assert isinstance(events[-1], RunFinished)
    return (
        [each for each in events if isinstance(each, FindingReported)],
        [each for each in events if isinstance(each, Notice) and PLACE in each.text],
        events[-1],
    )


def test_an_accepted_finding_fails_no_run_and_an_old_entry_is_told(config: Path) -> None:
    (found,), told, ended = ran(config)
    assert (found.accepted, told, ended.proven, ended.exit_code) == (None, [], 1, 1)
    accepting.accept(found.finding.id, reason="known", owner="ann", config=config)
    with (config.parent / PLACE).open("a") as file:
        file.write(STALE)
    (again,), told, ended = ran(config)
    assert again.finding.fingerprint == found.finding.fingerprint
    assert again.accepted is not None
    assert (ended.proven, ended.accepted, ended.exit_code) == (0, 1, 0)
    expired, stale = told
    assert "expired" in expired.text
    assert "stale" in stale.text
    assert all("F-000000" in each.hint and "line 11" in each.hint for each in told)
