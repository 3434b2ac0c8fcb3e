"""What killed runs left of servers of our own: directories whose lock is free, and what runs there.

A guardian holds its run's lock until it has ended the server and removed the directory, so a lock
that is free says that the guardian was killed as well, or has done its work.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from seamproof.database.postgres import cache

_SETTLED = 60.0
"""Seconds after which a run's directory has its lock, or never will."""
_PATIENCE = 25.0
"""Seconds that a guardian may take to end its server: a little more than it takes at most."""
_IPC_RMID = 0
_NAME = re.compile(r"[0-9a-f]{12}")


def sweep(runs: Path) -> None:
    """Remove what killed runs left whose guardian was killed as well: their locks are free."""
    for directory in runs.iterdir():
        # One that was made just now may not have its lock yet.
        with suppress(OSError):
            if time.time() - directory.stat().st_mtime < _SETTLED:
                continue
            with (directory / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _end_postmaster(directory / "data")
                cache.remove(directory)


def ours(directory: Path) -> bool:
    """Whether a path is of a server's directory as a run of ours makes it."""
    place = directory.is_absolute() and directory.parent.parts[-3:] == (
        "seamproof",
        "postgres",
        "runs",
    )
    if not place or not _NAME.fullmatch(directory.name) or directory.parent.is_symlink():
        return False
    try:
        return directory.parent.stat().st_uid == os.geteuid()
    except OSError:
        return False


def end(directory: Path) -> tuple[str, ...]:
    """End the server of a dead run, and remove its directory. Returns what was done.

    The run's guardian does the same at this moment if it lives: it is waited for.
    """
    done: list[str] = []
    with suppress(FileNotFoundError), (directory / "lock").open("a") as lock:
        if not _locked(lock.fileno()):
            return ()
        if directory.is_dir() and not directory.is_symlink():
            if _end_postmaster(directory / "data"):
                done.append("ended a database server")
            cache.remove(directory)
            done.append(f"removed {directory}")
    # A removal that was cut short had renamed it first.
    for doomed in directory.parent.glob(f"{directory.name}.*.old"):
        shutil.rmtree(doomed, ignore_errors=True)
        done.append(f"removed {doomed}")
    return tuple(done)


def end_other(data: Path, pid: int) -> None:
    """End the postmaster of a data directory where it is another than the one of this pid."""
    with suppress(OSError, ValueError, IndexError):
        if int((data / "postmaster.pid").read_text().splitlines()[0]) != pid:
            _end_postmaster(data)


def gone(directory: Path) -> bool:
    """Whether nothing is left of a server's directory."""
    return not directory.exists() and not any(directory.parent.glob(f"{directory.name}.*.old"))


def _locked(descriptor: int) -> bool:
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def _end_postmaster(data: Path) -> bool:
    """End the postmaster of a data directory, and say whether there was one."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return False
    ended = False
    with suppress(OSError, psutil.Error):
        process = psutil.Process(pid)
        # It works in its data directory, which no later process of the same pid does.
        if Path(process.cwd()) == data:
            ended = True
            process.send_signal(signal.SIGQUIT)
            limit = time.monotonic() + _PATIENCE
            # Where nobody collects orphans it stays a zombie.
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < limit:
                time.sleep(0.02)
    _remove_shared_memory(lines, pid)
    return ended


def _remove_shared_memory(lines: list[str], creator: int) -> None:
    """Remove the System V segment of a postmaster that was killed: the seventh line of its file
    names it ("key id", src/include/utils/pidfile.h).

    Only where the kernel says that this process made it and nobody uses it: the numbers of
    segments are used again. A system that does not say so keeps the few bytes.
    """
    with suppress(OSError, ValueError, IndexError):
        key, number = lines[6].split()
        for row in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
            found = row.split()  # key shmid perms size cpid lpid nattch ...
            if (int(found[0]), found[1], found[4], found[6]) == (
                _signed(int(key)),
                number,
                str(creator),
                "0",
            ):
                ctypes.CDLL(None).shmctl(int(number), _IPC_RMID, None)


def _signed(key: int) -> int:
    """A key as the kernel lists it: key_t is a signed integer of 32 bits, the file's is not."""
    return key - (1 << 32) if key >= 1 << 31 else key
