"""What went wrong outside of the service and of us: the disk is full, the database server ended."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from seamproof.core.errors import MachineError, SeamproofError, of_machine
from seamproof.core.history import Crossing
from seamproof.database.postgres import outage

_LEAST = 256 << 10
"""Bytes that must be free where the service's output goes: where there are fewer, it fails for want
of space soon, or has failed already."""


def explained(error: BaseException) -> SeamproofError | None:
    """The error for a person, None where it is not of the machine or the server."""
    if isinstance(error, SeamproofError):
        return error
    if isinstance(error, BaseExceptionGroup):
        found = (explained(each) for each in error.exceptions)
        return next((each for each in found if each is not None), None)
    if isinstance(error, OSError):
        return of_machine(error)
    return outage.explained(error)


def require_space(folders: Iterable[Path], crossings: Iterable[Crossing]) -> None:
    """Raise MachineError where a full disk is what the service has met, on its side or the
    server's: what it did then says nothing of it."""
    for folder in folders:
        disk = os.statvfs(folder)
        blocks = disk.f_bavail if os.geteuid() else disk.f_bfree
        if disk.f_blocks and blocks * disk.f_frsize < _LEAST:
            raise MachineError(
                f"the disk of {folder} is full",
                hint="free some space there; what was found before that stands",
            )
    for crossing in crossings:
        if crossing.sqlstate is not None and crossing.fault is None:
            full = outage.no_space(crossing.sqlstate)
            if full is not None:
                raise full
