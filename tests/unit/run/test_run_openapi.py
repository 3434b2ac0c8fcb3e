"""The document of a project's own folder; that of a running service is a matter of tests/cli."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from seamproof.core.events import Event, Notice
from seamproof.core.model import Operation
from seamproof.run.experiment.lane import Door
from seamproof.run.openapi import OpenApi

NOWHERE = Door("127.0.0.1", 1, "127.0.0.1:1")
SALE = Operation("POST", "/sale")


def missing(place: str | None, root: Path) -> tuple[list[str], list[Event]]:
    events: list[Event] = []
    openapi = OpenApi(place, root, NOWHERE, events.append)

    async def twice() -> list[str]:
        return [await openapi.missing(SALE), await openapi.missing(Operation("POST", "/sales"))]

    return asyncio.run(twice()), events


def test_a_file_says_what_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps({"paths": {"/sales": {"post": {}}}}))
    said, events = missing("api.json", tmp_path)
    assert said == ["api.json has no POST /sale, did you mean POST /sales?", ""]
    assert events == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("../api.json", "outside the project"),
        ("ftp://shop.example/api.json", "no URL of http or https"),
        ("absent.json", "No such file"),
        ("api.yaml", "no `paths`"),
        ("/openapi.json", "Connection refused"),
    ],
)
def test_what_cannot_be_read_is_said_once(place: str, reason: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "api.json").write_text("{}")
    (root / "api.yaml").write_text("openapi: 3.1.0")
    said, events = missing(place, root)
    assert said == ["", ""]
    (notice,) = events
    assert isinstance(notice, Notice)
    assert reason in notice.text


def test_no_document_says_nothing(tmp_path: Path) -> None:
    assert missing(None, tmp_path) == (["", ""], [])
