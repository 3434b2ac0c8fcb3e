"""One child with its whole family: started in a session of its own, ended with all it started.

A family is everybody in the child's process group or session, every descendant, and whoever carries
the child's `SEAMPROOF_PROCESS` in the environment: a daemon that left the group is found by that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from seamproof.core.errors import ConfigurationError, ServiceError
from seamproof.world.intents import VARIABLE, Intents

_TICK = 0.02
_LOG_LIMIT = 64 << 20
"""Bytes of a log at which all but its tail is dropped: a service may log for hours."""
_TAIL = 256 << 10


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to be started."""

    name: str
    """How messages call it: `replica 1`, `the process redis`."""
    key: str
    """Where the configuration has it: `service.command`."""
    command: tuple[str, ...]
    cwd: Path
    environment: dict[str, str]
    log: Path
    secrets: tuple[str, ...] = ()
    """Texts that are never shown, as the database's password."""


class Process:
    """A running child. Make one with `Process.start`.

    A child that ended is collected only once its whole family has ended: until then its pid, and
    with it the number of its group and session, cannot become another's.
    """

    def __init__(self, launch: Launch, child: subprocess.Popen[bytes], mark: str) -> None:
        self.launch = launch
        self.exit_code: int | None = None
        """Minus the signal's number where one ended it; None until `end` has collected it."""
        self._child = child
        self._mark = mark
        self._leader = psutil.Process(child.pid)
        self._memory = _memory_of(child.pid)

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's and its session's."""
        return self._leader.pid

    @property
    def started(self) -> float:
        """Seconds since the epoch."""
        return self._leader.create_time()

    @classmethod
    def start(cls, launch: Launch, intents: Intents, *, output: int | None = None) -> Process:
        """Start a child. Raises where its folder or program is not there.

        `output` is a descriptor that its standard output goes to, in place of its log.
        """
        if not launch.cwd.is_dir():
            raise ConfigurationError(
                f"{launch.key.partition('.')[0]}.cwd: there is no folder {launch.cwd}"
            )
        mark = intents.child()
        # PATH is the child's own: it may have been set in its env.
        path = launch.environment.get("PATH", os.defpath)
        program = _program(launch, path)
        descriptor = os.open(launch.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            child = subprocess.Popen(
                [program, *launch.command[1:]],
                cwd=launch.cwd,
                env={**launch.environment, VARIABLE: mark},
                stdin=subprocess.DEVNULL,
                stdout=descriptor if output is None else output,
                stderr=descriptor,
                start_new_session=True,
            )
        except OSError as error:
            raise ServiceError(
                f"{launch.name} cannot be started: {launch.command[0]}: {error.strerror}",
                hint=f"see {launch.key}",
            ) from None
        finally:
            os.close(descriptor)
        process = cls(launch, child, mark)
        intents("process", {"pid": str(process.pid), "started": repr(process.started)})
        return process

    @property
    def alive(self) -> bool:
        """Whether the child itself still runs."""
        if self.exit_code is not None:
            return False
        return _running(self._leader) if self._memory is None else _has_memory(self._memory)

    def log_tail(self, lines: int = 20) -> tuple[str, ...]:
        """The last lines of its output, bounded in length, secrets blotted out."""
        try:
            with self.launch.log.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _TAIL))
                text = file.read(_TAIL).decode(errors="replace")
        except OSError:
            return ()
        for secret in self.launch.secrets:
            text = text.replace(secret, "***")
        shown = [line[:500] for line in text.splitlines() if line.strip()]
        return tuple(shown[-lines:])

    def trim_log(self) -> None:
        """Drop the log where it has become large. The child appends, so it goes on at the start."""
        with contextlib.suppress(OSError):
            if self.launch.log.stat().st_size > _LOG_LIMIT:
                os.truncate(self.launch.log, 0)

    async def wait(self, limit: float) -> int:
        """Wait for its end, and end its family. Returns the exit code. Raises TimeoutError."""
        async with asyncio.timeout(limit):
            # Polled: what tells of a child's end without collecting it differs by system.
            while self.alive:  # noqa: ASYNC110
                await asyncio.sleep(_TICK)
        return await self.end()

    async def end(self, *, grace: float = 5.0) -> int:
        """End the whole family: TERM, and after `grace` seconds KILL. Returns the exit code."""
        if self.exit_code is None:
            members = await asyncio.to_thread(family, self._leader, self._mark)
            await end_all(members, grace=grace)
            # Who was started while the others ended.
            late = await asyncio.to_thread(family, self._leader, self._mark)
            await end_all(late, grace=0.0)
            self.exit_code = await asyncio.to_thread(self._child.wait, 10.0)
            if self._memory is not None:
                os.close(self._memory)
        return self.exit_code

    def members(self) -> list[psutil.Process]:
        """The child and its descendants, as they are now."""
        return descendants(self._leader)


def _program(launch: Launch, path: str) -> str:
    name = launch.command[0]
    base = launch.cwd / name if "/" in name else name
    found = shutil.which(base, path=path)
    if found is not None:
        return found
    beside = Path(sys.executable).parent / name
    if "/" not in name and os.access(beside, os.X_OK):
        hint = f"it is beside the interpreter, and not on PATH: write {beside} in {launch.key}"
    else:
        hint = f"install it, or correct {launch.key}; {{python}} is the interpreter of seamproof"
    raise ServiceError(f"{launch.name} cannot be started: there is no program {name!r}", hint=hint)


def descendants(root: psutil.Process) -> list[psutil.Process]:
    """A process and all below it; none where its pid is another's by now."""
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def family(leader: psutil.Process, mark: str) -> list[psutil.Process]:
    """Everybody who belongs to a child that leads a session, and is not yet collected."""
    found = {each.pid: each for each in descendants(leader)}
    for process in psutil.process_iter():
        if process.pid not in found and (_grouped(process, leader.pid) or carries(process, mark)):
            found[process.pid] = process
    found.pop(os.getpid(), None)
    return list(found.values())


def _grouped(process: psutil.Process, leader: int) -> bool:
    try:
        return leader in (os.getpgid(process.pid), os.getsid(process.pid))
    except OSError:
        return False


def carries(process: psutil.Process, mark: str) -> bool:
    """Whether a process has a child's mark in its environment or, for a run's token, any of its."""
    try:
        value = _mark_of(process)
    except (psutil.Error, OSError):
        return False
    return value == mark or value.startswith(f"{mark}.")


def _mark_of(process: psutil.Process) -> str:
    if sys.platform != "linux":
        return process.environ().get(VARIABLE, "")
    # Asked of every process of the machine: psutil takes all variables apart.
    with open(f"/proc/{process.pid}/environ", "rb", buffering=0) as file:  # noqa: PTH123
        variables = b"\0" + file.read()
    _, _, behind = variables.partition(f"\0{VARIABLE}=".encode())
    return behind.partition(b"\0")[0].decode(errors="replace")


async def end_all(members: Iterable[psutil.Process], *, grace: float) -> None:
    """End processes: TERM, and after `grace` seconds KILL. psutil compares start times itself."""
    remaining = _signalled(members, signal.SIGTERM) if grace else list(members)
    remaining = await _gone(remaining, grace)
    remaining = _signalled(remaining, signal.SIGKILL)
    await _gone(remaining, 5.0)


def _signalled(members: Iterable[psutil.Process], number: signal.Signals) -> list[psutil.Process]:
    reached: list[psutil.Process] = []
    for each in members:
        with contextlib.suppress(psutil.Error):
            each.send_signal(number)
            reached.append(each)
    return reached


async def _gone(members: list[psutil.Process], limit: float) -> list[psutil.Process]:
    deadline = time.monotonic() + limit
    while members := [each for each in members if _running(each)]:
        if time.monotonic() >= deadline:
            break
        await asyncio.sleep(_TICK)
    return members


def _memory_of(pid: int) -> int | None:
    """A descriptor that tells a child's memory from now on; None where the system has none."""
    if sys.platform != "linux":
        return None
    return os.open(f"/proc/{pid}/statm", os.O_RDONLY)


def _has_memory(descriptor: int) -> bool:
    """Whether a child is none that ends: it gives its memory up before its sockets close, and so
    long before it can be waited for. Asked in each phase of each experiment: a single call."""
    try:
        return os.pread(descriptor, 2, 0) != b"0 "
    except ProcessLookupError:
        return False


def _running(process: psutil.Process) -> bool:
    # A zombie has ended; it is its parent, and not we, who has to collect it.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
