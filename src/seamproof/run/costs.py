"""What jobs cost: measured by earlier runs, or estimated from what the act does alone.

The costliest job first keeps the last worker from working alone at the end (Graham 1969, longest
processing time first: at most a third above the best order).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from seamproof.core import codec
from seamproof.core.history import CrossingKind, History
from seamproof.core.subject import Job
from seamproof.discovery import filing

_KEPT = 5000
"""Jobs that are remembered."""
_FAULTS = 3
"""Faults that a crossing which writes meets, more or less: an error, a cut, a lost reply."""
LEARNING = 0.5
"""Seconds that it takes to learn what is normal for one scenario, more or less."""
_LEARNING = "learning"
_MANY = 8
"""Scenarios beside which the seconds that learning takes for any number count little."""
_PLAIN = 4
"""Experiments without a fault that a job needs, more or less."""
_LEAST_PATIENCE = 300.0
_TIMES = 20
"""How many times what a job is to take it may take, on a machine that is busy."""
_WRITES = frozenset({CrossingKind.WRITE, CrossingKind.COMMIT, CrossingKind.COPY})
_READS = frozenset({CrossingKind.READ, CrossingKind.BEGIN})


def estimate(
    clean: History, *, deep: bool, checks: Collection[str] = ("rollback",), partners: int = 0
) -> float:
    """Seconds that a job may take, from its act's baseline: its time by the experiments to expect.

    Overlaps are two acts each, in about four orders a write, with itself and with each partner.
    """
    timing = clean.timing
    once = timing.reset + timing.arrange + timing.service + timing.changes
    faced = _WRITES | _READS if deep else _WRITES
    crossings = [each for section in clean.sections for each in section.crossings]
    writes = sum(each.kind in faced for each in crossings)
    experiments = _PLAIN
    if "rollback" in checks:
        experiments += _FAULTS * writes
    if "idempotency" in checks:
        experiments += _PLAIN + _FAULTS * writes
    if "concurrency" in checks:
        experiments += 2 * (1 + partners) * (_PLAIN + 4 * writes)
    return once * experiments


def patience(expected: float) -> float:
    """Seconds after which a job that was to take `expected` seconds has no end of its own."""
    return max(_LEAST_PATIENCE, _TIMES * expected)


class Costs:
    """The seconds that jobs took, in a file of the project's cache."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    def of(self, job: Job, otherwise: float) -> float:
        """Seconds that a job took before, or an estimate where it is new."""
        return self._known.get(_name(job), otherwise)

    def note(self, job: Job, seconds: float) -> None:
        """Remember what a job took."""
        name = _name(job)
        self._known.pop(name, None)
        self._known[name] = round(seconds, 3)

    @property
    def learning(self) -> float:
        """Seconds that learning took for one scenario, measured before or assumed."""
        return self._known.get(_LEARNING, LEARNING)

    def note_learning(self, scenarios: int, seconds: float) -> None:
        """Remember what learning took; of few scenarios it says nothing of one."""
        if scenarios >= _MANY:
            self._known.pop(_LEARNING, None)
            self._known[_LEARNING] = round(seconds / scenarios, 3)

    def save(self) -> None:
        """Write the file at once, for another run may be reading it. A run is not worse for its
        lack: what cannot be written is left out."""
        latest = dict(list(self._known.items())[-_KEPT:])
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            filing.replace(self._path, json.dumps(latest, indent=0))


def _read(path: Path) -> dict[str, float]:
    try:
        data: Any = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {name: float(each) for name, each in data.items() if isinstance(each, int | float)}


def _name(job: Job) -> str:
    """The same for the same work in every run, wherever its scenario stands in its file."""
    scenario = codec.dump(replace(job.scenario, source=""))
    made_of = (scenario, job.checks, job.deep)
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
