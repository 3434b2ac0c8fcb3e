"""Response times that a test states: `p95 < 200ms`, `p50 < 40ms, max < 1s`.

A machine that has more to do than it has cores is slow for reasons that are not the service's. So a
budget that holds there holds, and one that does not is inconclusive.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LIMIT: Final = re.compile(
    r"(?P<what>max|p(?P<rank>\d{1,2}(\.\d+)?))\s*<=?\s*(?P<bound>\d+(\.\d+)?)\s*(?P<unit>ms|s)"
)
REPEATS: Final = 50
"""How often a test is run to be measured, where its mark does not say it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One bound: a percentile in seconds; the 100th is the longest."""

    percentile: float
    seconds: float

    def __str__(self) -> str:
        return f"{_name(self.percentile)} < {_milliseconds(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a test states."""

    limits: tuple[Limit, ...]

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `p95 < 200ms, max < 1s`. Raises ValueError."""
        limits: list[Limit] = []
        for part in text.split(","):
            found = _LIMIT.fullmatch(part.strip())
            if found is None:
                raise ValueError(f"{part.strip()!r} is no budget: write it as p95 < 200ms")
            bound = float(found["bound"]) / (1000 if found["unit"] == "ms" else 1)
            limits.append(Limit(float(found["rank"] or 100), bound))
        return cls(tuple(limits))

    def exceeded(self, samples: Sequence[float]) -> list[str]:
        """The limits that do not hold, each with what it is."""
        return [
            f"{limit}, and it is {_milliseconds(percentile(samples, limit.percentile))}"
            for limit in self.limits
            if samples and percentile(samples, limit.percentile) > limit.seconds
        ]


def percentile(samples: Sequence[float], rank: float) -> float:
    """The smallest sample that is not exceeded by `rank` per cent of them (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * rank / 100) - 1)]


def described(samples: Sequence[float]) -> str:
    """`p50 41 ms, p95 87 ms, max 120 ms of 50`."""
    shown = ", ".join(
        f"{_name(each)} {_milliseconds(percentile(samples, each))}" for each in (50, 95, 100)
    )
    return f"{shown} of {len(samples)}"


def busy() -> str:
    """Why nothing can be said of response times on this machine now; empty where it can."""
    cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
    load = os.getloadavg()[0]
    if load <= (cores or 1):
        return ""
    return f"this machine is busy: {load:.1f} processes are ready to run on {cores} cores"


def _name(rank: float) -> str:
    return "max" if rank == 100 else f"p{rank:g}"


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
