"""A run says what of its configuration names nothing, before it does anything by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import kiosk_project
import pytest

from seamproof.core.events import Event, JobStarted, Notice, ProfileLearned
from seamproof.run.acceptance.file import PLACE
from seamproof.run.session import Options, run

MISSPELT = """
[[accepted]]
finding = "F-000000"
class = "partial-state"
operation = "POST /note"
reason = "it was repaired since"
owner = "ann"
"""


def test_it_is_told_of_what_is_misspelt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_DELAY", "0")
    monkeypatch.setenv("KIOSK_PASSWORD", kiosk_project.PASSWORD)
    config = kiosk_project.make(tmp_path / "kiosk")
    with config.open("a") as file:
        file.write('\n[ssrf]\nallowed = ["POST /notices", "POST /order*"]\n')
    baseline = config.parent / PLACE
    baseline.parent.mkdir(exist_ok=True)
    baseline.write_text(MISSPELT)

    async def collect() -> list[Event]:
        return [each async for each in run(Options(config, ("rollback",), ("POST /notes",)))]

    events = asyncio.run(collect())
    told = [each for each in events if isinstance(each, Notice) and each.warning]
    allowed, accepted = (each for each in told if "names no" in each.text or PLACE in each.text)
    assert allowed.text == "ssrf.allowed: 'POST /notices' names no operation, and does nothing"
    assert allowed.hint == accepted.hint == "did you mean POST /notes?"
    assert "there is no operation 'POST /note'" in accepted.text
    learned = next(each for each in events if isinstance(each, ProfileLearned))
    started = next(each for each in events if isinstance(each, JobStarted))
    assert events.index(allowed) < events.index(learned) < events.index(started)
