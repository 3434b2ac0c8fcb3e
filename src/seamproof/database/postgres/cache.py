"""Where servers of ours keep what they can use again: data directories, ready to be copied.

    <home>/machine                      who we are, for what a dead run left on a shared server
    <home>/postgres/builds/<build>/     what belongs to one build of the server:
        pristine/                       a data directory fresh from initdb
        templates/<name>/               data directories with a template in them
        password                        the superuser's, as those directories have it
    <home>/postgres/builds/<build>.lock held to make a part of it, shared to copy one
    <home>/postgres/programs/<build>/   a copy of the programs, where the server's user needs one
    <home>/postgres/runs/<name>/        one running server each; its lock is held while it runs

The server refuses to run as root. Root runs it as `nobody`, which every system has (initdb looks
its user up by name, so a number alone does not do), and then everything must be where `nobody` can
reach it: not below a private home.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seamproof.core.errors import MachineError

_BLOCK = 512
"""Bytes that `st_blocks` counts in (POSIX leaves it open, and all systems that we run on agree)."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server of ours runs as; both -1 where it is our own."""

    uid: int = -1
    gid: int = -1

    @property
    def other(self) -> bool:
        """Whether it is another user than we are."""
        return self.uid >= 0

    def reaches(self, path: Path) -> bool:
        """Whether this user may enter `path`, every folder on the way included."""
        if not self.other:
            return True
        resolved = path.resolve()
        return all(
            each.stat().st_mode & stat.S_IXOTH or each.stat().st_uid == self.uid
            for each in (resolved, *resolved.parents)
            if each.exists()
        )


def account() -> Account:
    """As whom to run the server. Raises MachineError for root where there is no `nobody`."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise MachineError(
            "PostgreSQL refuses to run as root, and this system has no user `nobody`",
            hint="run seamproof as an ordinary user, or set `url` under [database]",
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def home(owner: Account) -> Path:
    """The folder of all caches (XDG base directory specification), made where it is missing.

    For root it is `/var/cache/seamproof` where the user's own cache is private, as it should be.
    Raises MachineError where no folder can be written to.
    """
    own = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or "/") / ".cache"
    candidates = [Path(own), Path("/var/cache"), Path("/var/tmp")]  # noqa: S108 - checked to be ours
    for parent in candidates:
        path = parent / "seamproof"
        if not owner.reaches(parent):
            continue
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError:
            continue
        found = path.lstat()
        writable = found.st_uid == os.geteuid() and os.access(path, os.W_OK)
        if stat.S_ISDIR(found.st_mode) and writable and owner.reaches(path):
            return path
    raise MachineError(
        f"no folder for caches can be used: {', '.join(map(str, candidates))}",
        hint="set XDG_CACHE_HOME to a folder that you may write to",
    )


def machine(folder: Path) -> str:
    """A random name for this cache, kept: what we leave on a shared server carries it.

    Containers may share the cache, and number their processes each on its own: the name is then
    also that of the process namespace.
    """
    path = folder / "machine"
    with locked(folder / "machine.lock"):
        # A kill may have come between its creation and its text.
        if not path.exists() or not path.stat().st_size:
            path.write_text(secrets.token_hex(8))
        return path.read_text().strip() + _namespace()


def _namespace() -> str:
    try:
        return f"-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # a system without them
        return ""


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock on `path`: exclusive to make or remove something, shared to copy it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the exclusive lock on `path` where nobody holds it; say whether it is held."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def copy(source: Path, target: Path, marks: Mapping[str, str]) -> None:
    """Copy a data directory with owners and modes, sharing blocks where the file system can.

    GNU cp clones by itself; macOS's does so when asked, and copies where it cannot.
    `marks` are environment variables that the copying program carries: it goes on when we are
    killed. Raises MachineError where there is no space.
    """
    command = ["cp", "-a", "-c"] if sys.platform == "darwin" else ["cp", "-a"]
    result = subprocess.run(
        [*command, str(source), str(target)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **marks},
        start_new_session=True,
    )
    if result.returncode:
        raise MachineError(
            f"cannot copy the database's files to {target}",
            hint="free some space there, or set XDG_CACHE_HOME to a larger disk",
            details=tuple(result.stderr.splitlines()[-5:]),
        )


def remove(path: Path) -> None:
    """Remove a directory, atomically to other runs: it is first renamed."""
    doomed = path.with_name(f"{path.name}.{secrets.token_hex(4)}.old")
    try:
        path.rename(doomed)
    except FileNotFoundError:
        return
    shutil.rmtree(doomed, ignore_errors=True)


def touch(path: Path) -> None:
    """Note that `path` was used now; its modification time is what `evict` goes by."""
    os.utime(path)


def evict(folder: Path, keep: int, room: int = 0) -> None:
    """Remove the directories in `folder` that were used longest ago: all but `keep` of them, and
    but those that, with all that were used later, are less than `room` bytes."""
    if not folder.is_dir():
        return
    directories = [each for each in folder.iterdir() if each.is_dir()]
    by_use = sorted(directories, key=lambda each: each.stat().st_mtime, reverse=True)
    if len(by_use) <= keep:
        return
    taken = 0
    for number, each in enumerate(by_use):
        taken += _size(each)
        if number >= keep and taken >= room:
            remove(each)


def _size(folder: Path) -> int:
    """Bytes of the files below it, as they are allocated."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(place) / name).lstat().st_blocks * _BLOCK
    return total
