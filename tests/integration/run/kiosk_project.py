"""A project around the kiosk, and what runs of it may not leave behind."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

import psutil

from seamproof.core.events import Event, FindingReported
from seamproof.core.verdict import Tier

KIOSK = Path(__file__).parent / "kiosk"
PASSWORD = "nobody may see this"
EXPECTED = {
    ("POST /orders", "partial-state", Tier.PROVEN),
    ("POST /notes", "lost-write", Tier.PROVEN),
}
"""What is proven of the kiosk, and nothing else."""


def make(root: Path) -> Path:
    """A copy of the kiosk. Returns its configuration."""
    shutil.copytree(KIOSK, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root / "seamproof.toml"


def proven(events: list[Event]) -> set[tuple[str, str, Tier]]:
    found = (event.finding for event in events if isinstance(event, FindingReported))
    return {
        (each.operation, each.finding_class, each.tier) for each in found if each.tier != Tier.NOTE
    }


def processes(root: Path) -> list[str]:
    """What still runs of a project: its services and its workers."""
    found: list[str] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            line = " ".join(process.cmdline())
            works_there = Path(process.cwd()) == root and process.pid != psutil.Process().pid
            if (works_there or str(root) in line) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(line)
    return found


def leftovers(root: Path, patience: float = 0.0) -> list[str]:
    """What only a run that is under way may have, once it had `patience` seconds to go away."""
    deadline = time.monotonic() + patience
    cache = root / ".seamproof" / "cache"
    while True:
        paths = [*cache.glob("run-*"), *cache.glob("intents/*.jsonl")]
        left = [*processes(root), *map(str, paths)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)
