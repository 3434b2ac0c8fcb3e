"""Ends what a killed run left behind, and nothing else.

What is reaped must be named by the journal of a run that is dead, and still be what was named: a
process by its start time or by the run's token in its environment, a directory by lying in a place
that is ours. What lies on a database server is the database package's to reap, by its markers.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from seamproof.world.intents import Journal, journals, same_process
from seamproof.world.processes import carries, descendants, end_all


async def reap(folder: Path) -> tuple[str, ...]:
    """Reap every dead run of a folder of journals. Returns what was done, for a person."""
    if not any(not journal.alive for journal in journals(folder)):
        return ()
    done: list[str] = []
    async with _alone(folder) as alone:
        # Another run that reaps at this moment does the same work; one is enough.
        if alone:
            for journal in journals(folder):
                if not journal.alive:
                    done += await _reap_run(journal, folder.parent)
    return tuple(done)


async def _reap_run(journal: Journal, cache: Path) -> list[str]:
    done = await _end_processes(journal)
    complete = True
    for intent in reversed(journal.intents):
        if intent.kind == "directory":
            path = Path(intent.details.get("path", ""))
            if _ours(path, cache):
                complete = _remove(path, done) and complete
    if complete:
        journal.file.unlink(missing_ok=True)
    return done


async def _end_processes(journal: Journal) -> list[str]:
    doomed: dict[int, psutil.Process] = {}
    for intent in journal.intents:
        if intent.kind == "process":
            pid, started = intent.details.get("pid", ""), intent.details.get("started", "")
            leader = same_process(int(pid), float(started)) if _numbers(pid, started) else None
            if leader is not None:
                doomed |= {each.pid: each for each in descendants(leader)}
    for process in psutil.process_iter():
        if carries(process, journal.token):
            doomed[process.pid] = process
    doomed.pop(os.getpid(), None)
    names = [f"ended {_name(each)} (pid {each.pid})" for each in doomed.values()]
    await end_all(doomed.values(), grace=3.0)
    return names


def _remove(path: Path, done: list[str]) -> bool:
    """Remove a directory, and say so. Returns whether it is gone."""
    if path.is_symlink() or not path.is_dir():
        return True
    shutil.rmtree(path, ignore_errors=True)
    done.append(f"removed {path}")
    return not path.exists()


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "a process"


def _numbers(pid: str, started: str) -> bool:
    try:
        return int(pid) > 1 and float(started) > 0
    except ValueError:
        return False


def _ours(path: Path, cache: Path) -> bool:
    """Whether a path lies in this project's cache, or in any folder of ours called `seamproof`."""
    if not path.is_absolute() or ".." in path.parts:
        return False
    return (path.is_relative_to(cache) and path != cache) or "seamproof" in path.parent.parts


@asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[bool]:
    """Hold the folder's lock if it is free (flock(2): it ends with its process)."""
    with (folder / "reaper.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
