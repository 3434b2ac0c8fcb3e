"""The smallest valid reporter."""

from __future__ import annotations

from pathlib import Path

from seamproof.core.events import Event
from seamproof.core.registry import reporter


@reporter("noop", title="Keeps what it is told")
class NoopReporter:
    """The smallest valid reporter: it writes nothing and remembers every event."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        """Remember it."""
        self.events.append(event)
