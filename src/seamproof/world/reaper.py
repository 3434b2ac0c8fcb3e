"""Ends what a killed run left behind, and nothing else.

What is reaped must be named by the journal of a run that is dead, and still be what was named: a
process by its start time or by the run's token in its environment, a directory by lying where a run
makes it, a half-written file by the token in its name. What lies on a database server is the
database package's to reap, by its markers.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from seamproof.database.postgres import orphans
from seamproof.world.intents import Journal, is_draft, journals, same_process, stale_drafts
from seamproof.world.processes import carries, descendants, end_all


async def reap(folder: Path) -> tuple[str, ...]:
    """Reap every dead run of a folder of journals. Returns what was done, for a person."""
    dead = any(not journal.alive for journal in journals(folder))
    if not dead and not stale_drafts(folder):
        return ()
    done: list[str] = []
    with _alone(folder) as alone:
        # Another run that reaps at this moment does the same work; one is enough.
        if alone:
            for draft in stale_drafts(folder):
                draft.unlink(missing_ok=True)
            for journal in journals(folder):
                if not journal.alive:
                    done += await _reap_run(journal, folder.parent)
    return tuple(done)


async def _reap_run(journal: Journal, cache: Path) -> list[str]:
    # Who carries the run's mark may be writing to a directory that is to go. The servers' own
    # guardians come before their processes are ended one by one: they end them in order.
    done = await _end(_carrying(journal.token))
    complete = True
    for path in _paths(journal, "server"):
        if orphans.ours(path):
            done += await asyncio.to_thread(orphans.end, path)
            complete = orphans.gone(path) and complete
    done += await _end(_named(journal))
    for path in _paths(journal, "directory"):
        # Run folders lie directly in the cache: below a link there would be another's.
        if path.parent == cache:
            complete = _remove(path, done) and complete
    for path in _paths(journal, "file"):
        if path.is_absolute() and is_draft(path, journal.token):
            path.unlink(missing_ok=True)
    if complete:
        journal.file.unlink(missing_ok=True)
    return done


def _paths(journal: Journal, kind: str) -> Iterator[Path]:
    for intent in reversed(journal.intents):
        if intent.kind == kind:
            yield Path(intent.details.get("path", ""))


def _carrying(token: str) -> list[psutil.Process]:
    return [each for each in psutil.process_iter() if carries(each, token)]


def _named(journal: Journal) -> list[psutil.Process]:
    """What the journal names by pid and start time, with all below it."""
    doomed: dict[int, psutil.Process] = {}
    for intent in journal.intents:
        if intent.kind == "process":
            pid, started = intent.details.get("pid", ""), intent.details.get("started", "")
            leader = same_process(int(pid), float(started)) if _numbers(pid, started) else None
            if leader is not None:
                doomed |= {each.pid: each for each in descendants(leader)}
    return list(doomed.values())


async def _end(doomed: list[psutil.Process]) -> list[str]:
    others = [each for each in doomed if each.pid != os.getpid()]
    names = [f"ended {_name(each)} (pid {each.pid})" for each in others]
    await end_all(others, grace=3.0)
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


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock if it is free (flock(2): it ends with its process)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
