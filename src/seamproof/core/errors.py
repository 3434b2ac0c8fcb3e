"""Errors that say whose fault it is and what to do next, and the exit codes that they end in."""

from __future__ import annotations

import errno
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """How a command ends. Other programs rely on these."""

    NOTHING_PROVEN = 0
    PROVEN = 1
    INTERRUPTED = 2
    OUR_BUG = 3
    USAGE = 4
    NOTHING_EXERCISED = 5
    INCONCLUSIVE = 7


class Blame(StrEnum):
    """Whose fault an error is."""

    CONFIGURATION = "configuration"
    SERVICE = "service"
    DATABASE = "database"
    MACHINE = "machine"
    SEAMPROOF = "seamproof"


class SeamproofError(Exception):
    """An error that a person reads: what happened, whose fault it is, what to do next."""

    blame = Blame.SEAMPROOF
    exit_code = ExitCode.OUR_BUG

    def __init__(self, problem: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.details = details
        """Lines that show it: the last of a log, the place in a file."""


class ConfigurationError(SeamproofError):
    """The configuration, a scenario or the command line cannot be used as it is."""

    blame = Blame.CONFIGURATION
    exit_code = ExitCode.USAGE


class SafetyError(SeamproofError):
    """Going on could write to something that is not ours. Nothing was written."""

    blame = Blame.CONFIGURATION
    exit_code = ExitCode.USAGE


class ServiceError(SeamproofError):
    """The service does not start, does not become ready, or refuses what it must allow."""

    blame = Blame.SERVICE
    exit_code = ExitCode.USAGE


class DatabaseError(SeamproofError):
    """The database cannot be provided, or its migrations fail."""

    blame = Blame.DATABASE
    exit_code = ExitCode.USAGE


class MachineError(SeamproofError):
    """This machine lacks something: a port, space on disk, a program."""

    blame = Blame.MACHINE
    exit_code = ExitCode.USAGE


_LACKS = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    }
)


def of_machine(error: OSError) -> MachineError | None:
    """The same for a person, where it says that the machine lacks something: space, files, memory.

    None for any other: that is a mistake of ours.
    """
    if error.errno not in _LACKS:
        return None
    where = f"{error.filename}: " if error.filename else ""
    return MachineError(
        f"this machine lacks something: {where}{error.strerror}",
        hint="free it: space on the disk, a larger quota, more open files (ulimit -n)",
    )


class NothingExercised(SeamproofError):
    """No operation could be exercised, so nothing can be said."""

    exit_code = ExitCode.NOTHING_EXERCISED

    def __init__(
        self,
        problem: str,
        *,
        hint: str = "",
        details: tuple[str, ...] = (),
        blame: Blame = Blame.CONFIGURATION,
    ) -> None:
        super().__init__(problem, hint=hint, details=details)
        self.blame = blame


class Bug(SeamproofError):
    """An invariant of our own does not hold."""
