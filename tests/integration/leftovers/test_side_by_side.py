"""Two runs at once in one project: neither is in the other's way, and both say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from surroundings import Surroundings, fingerprints


@pytest.mark.long
@pytest.mark.parametrize("builds", [True, False], ids=["build", "clone"])
def test_two_runs_at_once_say_the_same(around: Surroundings, tmp_path: Path, builds: bool) -> None:
    if builds:
        around.renew()
    reports = [tmp_path / f"{number}.json" for number in range(2)]
    outputs = [tmp_path / f"{number}.txt" for number in range(2)]
    with around.unchanged():
        runs = [
            around.start(
                "run", "--check", "idempotency", "--report", f"json={report}", output=output
            )
            for report, output in zip(reports, outputs, strict=True)
        ]
        codes = [run.wait(90) for run in runs]
    printed = "\n".join(output.read_text() for output in outputs)
    assert codes == [0, 0], printed
    assert "had left something" not in printed
    first, second = map(fingerprints, reports)
    assert first == second
    assert first
