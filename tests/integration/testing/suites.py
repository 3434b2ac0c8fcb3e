"""Runs pytest on a project in a process of its own, as a user does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).parent / "shop"
_RESULT = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL)\s+(?:\[\d+\]\s+)?(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    code: int
    text: str

    def of(self, test: str) -> str:
        """How a test ended, by the end of its name."""
        found = [how for how, name in _RESULT.findall(self.text) if name.endswith(test)]
        assert found, f"{test} is not in:\n{self.text}"
        return found[-1]

    @property
    def passed(self) -> int:
        return sum(how == "PASSED" for how, _ in _RESULT.findall(self.text))


def shop(folder: Path, **tests: str) -> Path:
    """A copy of the shop with these test files."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, source in tests.items():
        (folder / f"{name}.py").write_text(source)
    return folder


def run_tests(folder: Path, *arguments: str, limit: float = 100.0, **environment: str) -> Outcome:
    """Run pytest there for at most `limit` seconds, every result listed."""
    # pytest shortens the lines of its summary, but not where these say that it runs in CI.
    inherited = {
        name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**inherited, "COLUMNS": "160", **environment},
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
    return Outcome(done.returncode, done.stdout + done.stderr)
