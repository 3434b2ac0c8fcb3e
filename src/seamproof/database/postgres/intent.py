"""What is said before something is created, so that a later run can reap it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Intend(Protocol):
    """Writes down what is about to be created."""

    def __call__(self, kind: str, details: Mapping[str, str]) -> None:
        """Take a kind, and what identifies it.

        "directory": path. "process": pid, started. "database" and "role": host, port, name.
        """
        ...


def intend_nothing(kind: str, details: Mapping[str, str]) -> None:
    """Write nothing down."""


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A process, told from a later one of the same pid by its start."""

    pid: int
    started: float
    """Seconds since the epoch, as psutil's `create_time` gives it."""
