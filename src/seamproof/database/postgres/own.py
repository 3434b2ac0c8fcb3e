"""A server of our own: a copied data directory, run under a guardian for as long as we live."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import psutil

from seamproof.core.errors import MachineError
from seamproof.core.protocols import Address
from seamproof.database.postgres import cache, guardian, orphans
from seamproof.database.postgres.intent import Intend, ServerProcess
from seamproof.database.postgres.pristine import SUPERUSER, Store, environment

T = TypeVar("T")

_LOOPBACK = "127.0.0.1"
_START_LIMIT = 30.0
_PORT_TRIES = 5
_SOCKET_PATH_LIMIT = 90
"""Bytes of a folder for `.s.PGSQL.NNNNN`: sun_path has 104 on macOS, 108 on Linux."""

_PRELOADED = frozenset({"pg_stat_statements", "pg_cron", "timescaledb", "pgaudit"})
"""Extensions that work only when the server has loaded them at its start."""

_PARAMETERS = {
    # Nothing here outlives a run, so nothing has to survive a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_init_zero": "off",
    "max_wal_size": "512MB",
    # Old segments go instead of waiting for their next use: a template is kept without them.
    "min_wal_size": "2MB",
    "wal_recycle": "off",
    "checkpoint_timeout": "1d",
    "checkpoint_flush_after": "0",
    "bgwriter_flush_after": "0",
    # A deadlock is found at once instead of after a second.
    "deadlock_timeout": "20ms",
    # Equal statements are to have equal plans and give their rows in an equal order, run after
    # run: no statistics that change meanwhile, no workers, no scan that begins in the middle. What
    # an undo leaves dead is vacuumed by who undoes.
    "autovacuum": "off",
    "max_parallel_workers_per_gather": "0",
    "synchronize_seqscans": "off",
    "jit": "off",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    # Segments of POSIX shared memory would outlive a server that is killed; files go with its
    # directory.
    "dynamic_shared_memory_type": "mmap",
    "huge_pages": "off",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
    "logging_collector": "off",
    "listen_addresses": _LOOPBACK,
}


@dataclass(slots=True)
class _Run:
    """One start of the server."""

    guardian: Process
    process: ServerProcess
    port: int


class OwnServer:
    """Runs a copied data directory, until `close`."""

    persistent = False
    clone_settings: Mapping[str, str] = {}

    def __init__(
        self,
        store: Store,
        machine: str,
        log: Path,
        intend: Intend,
        extensions: tuple[str, ...] = (),
    ) -> None:
        self.store = store
        self.machine = machine
        self.version = store.installation.version
        # A copy of the files is the fastest where nothing is synced; before 15 there is no other.
        self.strategy = "FILE_COPY" if store.installation.major >= 15 else ""
        self.directory = store.runs() / secrets.token_hex(6)
        self._data = self.directory / "data"
        self._log = log
        self._intend = intend
        self._preload = ",".join(sorted(_PRELOADED.intersection(extensions)))
        self._programs = Path()
        self._lock: IO[str] | None = None
        self._run: _Run | None = None

    @property
    def admin(self) -> Address:
        """The superuser on the maintenance database."""
        if self._run is None:
            raise RuntimeError("the server does not run")
        return Address(_LOOPBACK, self._run.port, SUPERUSER, self.store.password, "postgres")

    @property
    def process(self) -> ServerProcess | None:
        """The postmaster, while it runs."""
        return self._run.process if self._run else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """What goes away when the server ends."""
        return (self.directory,)

    @property
    def socket_directory(self) -> Path | None:
        """Where the server listens on a Unix socket, a little faster than TCP; None where the
        path would be too long for one."""
        path = self.directory / "socket"
        return path if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT else None

    async def start(self, *templates: str) -> bool:
        """Copy the data directory that has the first of these templates, or the pristine one, and
        run it.

        Returns whether it has any. Raises MachineError where it cannot be made or does not start.
        """
        has = await _to_its_end(self._prepare, *templates)
        await self._launch()
        return has

    def _prepare(self, *templates: str) -> bool:
        self._programs = self.store.programs()
        self.store.make()
        if self._lock is None:
            orphans.sweep(self.store.runs())
            self._intend("server", {"path": str(self.directory)})
            self.directory.mkdir(mode=0o755)
            self._lock = (self.directory / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if self.socket_directory:
                self.socket_directory.mkdir(mode=0o700)
                if self.store.account.other:
                    os.chown(self.socket_directory, self.store.account.uid, self.store.account.gid)
        return self.store.copy(self._data, *templates)

    async def _launch(self) -> None:
        for attempt in range(_PORT_TRIES):
            run = await self._attempt(_free_port())
            if run is not None:
                self._run = run
                self._intend(
                    "process",
                    {"pid": str(run.process.pid), "started": str(run.process.started)},
                )
                return
            said = self._said()
            # Another program may have taken the port since it was found free.
            if attempt + 1 < _PORT_TRIES and any("TCP/IP socket" in line for line in said):
                continue
            break
        await self.close()
        raise MachineError(
            f"PostgreSQL {self.version} does not start",
            hint=f"its log is {self._log}; or set `url` under [database] to a test server",
            details=tuple(said),
        )

    def _said(self) -> list[str]:
        with suppress(OSError):
            return self._log.read_text(errors="replace").splitlines()[-8:]
        return []

    def _command(self, port: int) -> list[str]:
        parameters = _PARAMETERS | {
            "port": str(port),
            "unix_socket_directories": str(self.socket_directory or ""),
            "shared_preload_libraries": self._preload,
        }
        settings = [f"--{name}={value}" for name, value in parameters.items()]
        return [str(self._programs / "postgres"), "-D", str(self._data), *settings]

    async def _attempt(self, port: int) -> _Run | None:
        assert self._lock is not None
        account = self.store.account
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.touch(mode=0o600)
        with self._log.open("w") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", guardian.__file__),
                *(str(self.directory), str(self._data), str(account.uid), str(account.gid)),
                *self._command(port),
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
                start_new_session=True,
                env=environment(),
                pass_fds=(self._lock.fileno(),),
            )
        assert process.stdout is not None
        try:
            line = (await process.stdout.readline()).split()
            pid = int(line[1]) if len(line) == 2 else 0
            if pid and await self._ready(pid):
                started = psutil.Process(pid).create_time()
                return _Run(process, ServerProcess(pid, started), port)
        except psutil.NoSuchProcess:
            pass
        except BaseException:
            await _abandon(process)
            raise
        await _dismiss(process)
        return None

    async def _ready(self, pid: int) -> bool:
        # The eighth line of the file is the postmaster's state (src/include/utils/pidfile.h).
        limit = time.monotonic() + _START_LIMIT
        while time.monotonic() < limit and _alive(pid):
            with suppress(OSError):
                lines = (self._data / "postmaster.pid").read_text().splitlines()
                if len(lines) >= 8 and int(lines[0]) == pid and lines[7].strip() == "ready":
                    return True
            await asyncio.sleep(0.002)
        return False

    async def keep(self, template: str) -> None:
        """Store the databases as they are, for later runs to start from, and run on."""
        if self._run is None:
            raise RuntimeError("the server does not run")
        await _dismiss(self._run.guardian)
        self._run = None
        await _to_its_end(self.store.keep, self._data, template)
        await self._launch()

    async def close(self) -> None:
        """End the server and remove its directory. May be called twice."""
        run, self._run = self._run, None
        if run is not None:
            # Somebody may have stopped the server and started it again.
            await asyncio.to_thread(orphans.end_other, self._data, run.process.pid)
            await _abandon(run.guardian)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        await asyncio.to_thread(cache.remove, self.directory)


async def _to_its_end(function: Callable[..., T], *arguments: object) -> T:
    """Run in a thread, and wait for it also when we are cancelled: nobody may be writing to a
    directory that is being removed."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        work.exception()  # whatever it was, the cancellation goes first
        raise


async def _abandon(process: Process) -> None:
    """Have the guardian end the server at once, and remove its directory."""
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


async def _dismiss(process: Process) -> None:
    """Have the guardian stop the server in order, and go without removing anything."""
    assert process.stdin is not None
    with suppress(ConnectionError):
        process.stdin.write(b"stop\n")
        await process.stdin.drain()
    await process.wait()
    process.stdin.close()


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
