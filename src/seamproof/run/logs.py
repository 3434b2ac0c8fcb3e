"""What the processes of a failed run printed, kept for a person: the world's own folder goes away.

.seamproof/runs/<run>/logs/replica-0.log, migrate.log, ...    readable by their owner only
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from seamproof.core.errors import SeamproofError
from seamproof.run import private
from seamproof.run.redaction import Redactor

_TAIL = 1 << 20
"""Bytes that are kept of each log, from its end."""


class LogKeeper:
    """Copies the logs of a world that is about to go away, secrets replaced."""

    def __init__(self, target: Path, redactor: Redactor) -> None:
        self._target = target
        self._redactor = redactor
        self.kept: Path | None = None
        """Where they are; None where nothing was printed, or nothing could be written."""

    def __call__(self, folder: Path, secrets: Collection[str]) -> None:
        """Keep what is in `folder`. `secrets` are the world's own, as the database's password."""
        self._redactor.learn(*secrets)
        # What cannot be written must not stand before the error that is about to be told.
        with contextlib.suppress(OSError):
            for log in sorted(folder.glob("*.log")):
                text = self._redactor.text(_tail(log))
                if text.strip():
                    self._write(log.name, text)

    def name_in(self, error: SeamproofError) -> None:
        """Say in the hint of an error where they are."""
        if self.kept is not None:
            error.hint = f"{error.hint}; its logs are in {self.kept}".removeprefix("; ")

    def _write(self, name: str, text: str) -> None:
        self._target.mkdir(parents=True, exist_ok=True, mode=0o700)
        private.write(self._target / name, text)
        self.kept = self._target


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        return file.read(_TAIL).decode(errors="replace")
