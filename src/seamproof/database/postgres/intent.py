"""What is said before something is created, so that a later run can reap it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Intend(Protocol):
    """Writes down what is about to be created."""

    def __call__(self, kind: str, details: Mapping[str, str]) -> None:
        """Take a kind, and what identifies it.

        "server": path. "process": pid, started. "database" and "role": host, port, name.
        """
        ...

    def marks(self) -> Mapping[str, str]:
        """The environment variables by which a child is found that has no intent of its own."""
        ...


class _Unwritten:
    """Writes nothing down."""

    def __call__(self, kind: str, details: Mapping[str, str]) -> None:
        """Take it, and forget it."""

    def marks(self) -> Mapping[str, str]:
        """None."""
        return {}


UNWRITTEN: Intend = _Unwritten()


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A process, told from a later one of the same pid by its start."""

    pid: int
    started: float
    """Seconds since the epoch, as psutil's `create_time` gives it."""
