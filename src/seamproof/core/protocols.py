"""What each kind of part must offer. An ability that not all have is a protocol of its own."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

from seamproof.core.events import Event
from seamproof.core.experiment import BoundaryKind, CrossingKey, Experiment, Fault
from seamproof.core.history import Crossing, History
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Verdict

T = TypeVar("T")

Exploration: TypeAlias = Generator["Experiment | tuple[Experiment, ...]", Any, T]
"""An I/O-free coroutine: it yields an experiment and is sent its History, or yields a tuple of
independent experiments and is sent the tuple of theirs; it returns what it found out."""


class Spent(Exception):
    """Thrown into an exploration in place of a history, where there is no time for more.

    It may return what it has concluded until then. Where it does not, nothing is known.
    """


@runtime_checkable
class Check(Protocol):
    """An oracle: says which experiments to run, and judges their histories."""

    classes: ClassVar[tuple[FindingClass, ...]]

    def applies(self, subject: Subject) -> Skip | None:
        """Say why this check has nothing to do here, or None where it has."""
        ...

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """Run experiments and judge them."""
        ...


@runtime_checkable
class Replays(Protocol):
    """A check that can show one stored finding again."""

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Run just what the finding needs, and judge it."""
        ...


@runtime_checkable
class Watches(Protocol):
    """A check that judges every history that any exploration produced, at no cost of its own."""

    def watch(self, subject: Subject, history: History) -> Iterable[Verdict]:
        """Judge one history."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, and as whom to use it."""

    host: str
    port: int
    user: str
    password: str
    name: str

    def url(self, scheme: str = "postgresql") -> str:
        """The address as a URL of any scheme, percent-encoded (RFC 3986)."""
        from urllib.parse import quote

        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"{scheme}://{credentials}@{self.host}:{self.port}/{quote(self.name, safe='')}"


class Activity(NamedTuple):
    """What a boundary sees at this moment. Asked of each several times a phase."""

    pending: int
    """Requests without their answer, held ones not counted."""
    open_transactions: tuple[int, ...] = ()
    """Backends whose connection is in a transaction."""
    last: float = 0.0
    """When the last frame passed, on the loop's clock (`time.monotonic`)."""


class Held(Protocol):
    """A crossing that waits at a boundary."""

    key: CrossingKey | None

    @property
    def arrived(self) -> bool:
        """Whether the crossing has come."""
        ...

    async def reached(self) -> None:
        """Wait until the crossing has come, and is held."""
        ...

    def release(self) -> None:
        """Let it go; one that has not come will not be held."""
        ...


class Boundary(Protocol):
    """A controlled interposition point with one port on loopback."""

    kind: BoundaryKind
    port: int

    async def start(self) -> None:
        """Listen on loopback."""
        ...

    async def stop(self) -> None:
        """Close the port and every connection."""
        ...

    def begin(self, epoch: float, faults: Sequence[Fault] = ()) -> None:
        """Forget what was seen, count occurrences anew from `epoch`, and arm the faults."""
        ...

    def crossings(self) -> tuple[Crossing, ...]:
        """What crossed since `begin`, in order."""
        ...

    def reached(self) -> tuple[Fault, ...]:
        """The armed faults that were injected."""
        ...

    def hold(self, key: CrossingKey | None) -> Held:
        """Hold the crossing of this key, or all that come where it is None, before they go on."""
        ...

    def activity(self) -> Activity:
        """What is under way."""
        ...

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        """Wait for `silence` seconds in which nothing crosses and nothing is under way.

        Returns False where that does not come within `limit` seconds.
        """
        ...

    def last_of_acts(self, background: Collection[str]) -> float:
        """When the last crossing since `begin` was over that is not of a background shape."""
        ...

    def pause(self) -> None:
        """Keep back what is new until `resume`; what is under way goes on."""
        ...

    def resume(self) -> None:
        """Carry what was kept back."""
        ...


@runtime_checkable
class Stalls(Protocol):
    """A boundary that can keep the service waiting for an answer."""

    def release_stalled(self) -> None:
        """Break off every call that is kept waiting."""
        ...


class Reporter(Protocol):
    """A pure writer over the event stream."""

    def __init__(self, path: Path | None) -> None:
        """Write to a file, or where None to the terminal."""
        ...

    def on_event(self, event: Event) -> None:
        """Take the next event. The last is RunFinished, also of an interrupted run."""
        ...
