"""`seamproof demo` as its reader meets it: what each twin shows, and that it always is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planted import PROVEN, SUSPECTED


def demo(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON report of a run."""
    report = folder / "demo.json"
    ended = subprocess.run(
        [sys.executable, "-m", "seamproof", "demo", *options, "--report", f"json={report}"],
        cwd=folder,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        timeout=400,
        check=False,
    )
    return ended.returncode, json.loads(report.read_text())


def found(report: dict[str, Any], tier: str) -> set[tuple[str, str, str]]:
    return {
        (each["check"], each["class"], each["operation"])
        for each in report["findings"]
        if each["tier"] == tier
    }


@pytest.mark.long
def test_each_planted_defect_is_shown_by_its_check_every_time(tmp_path: Path) -> None:
    fingerprints = []
    for _ in range(2):
        code, report = demo(tmp_path)
        assert code == 1
        assert found(report, "proven") == PROVEN
        assert found(report, "suspected") == SUSPECTED
        assert report["summary"]["inconclusive"] == 0
        cancel = next(e for e in report["operations"] if e["id"] == "POST /orders/{order}/cancel")
        assert cancel["checks"]["concurrency"] == "skipped"
        assert cancel["reasons"]["concurrency"] == "the scenario names other checks"
        fingerprints.append(sorted(each["fingerprint"] for each in report["findings"]))
    assert fingerprints[0] == fingerprints[1]


@pytest.mark.long
def test_nothing_is_proven_or_suspected_of_the_fixed_twin(tmp_path: Path) -> None:
    code, report = demo(tmp_path, "--fixed")
    assert code == 0
    assert not found(report, "proven") | found(report, "suspected")
    assert report["summary"]["inconclusive"] == 0
