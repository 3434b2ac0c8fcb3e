"""What this run is about to create, written down first, so that the next run can reap it.

The rules:

1. One file a run, in `.seamproof/cache/intents/`. Its first line names the run that owns it, by
   process id and start time: a pid alone is used again. The run holds a lock on the file, which
   also tells a run in another container that it lives.
2. A line is on disk before the resource is created; a resource without a line cannot exist, a line
   without a resource is harmless.
3. A process has no pid before it is created. So each child carries the run's token and its own
   number in its environment (`SEAMPROOF_PROCESS`), and gets its line directly after its start.
4. The file goes away when the run has cleaned up.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from seamproof.core.errors import MachineError

VARIABLE = "SEAMPROOF_PROCESS"
"""The environment variable that a child and all its descendants carry: `<token>.<number>`."""

_GITIGNORE = "runs/\ncache/\n"
_DRAFT = ".new"
_SHORT = 12
"""Characters of a token that tell runs apart in the name of a file."""
_CLOCK_DRIFT = 2.0
"""Seconds that a start time may seem to move when the machine's clock is set."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One line: a kind of resource, and what identifies it."""

    kind: str
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class Journal:
    """The intents of one run, as read from its file."""

    file: Path
    token: str
    pid: int
    started: float
    intents: tuple[Intent, ...]

    @property
    def alive(self) -> bool:
        """Whether the run that owns it still runs."""
        return same_process(self.pid, self.started) is not None or _locked(self.file)


class Intents:
    """The journal of this run. Call it with a kind and details before creating a resource.

    Raises MachineError where it cannot be written: without it nothing may be created.
    """

    def __init__(self, folder: Path) -> None:
        self.token = secrets.token_hex(16)
        self._children = 0
        self._file = folder / f"{self.token}.jsonl"
        try:
            self._begin(folder)
        except OSError as error:
            raise _unwritable(folder, error) from None

    def _begin(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        started = psutil.Process().create_time()
        owner = {"token": self.token, "pid": str(os.getpid()), "started": repr(started)}
        # Whoever sees the file must see its owner: it gets its name once that line is there, and
        # has the owner in its name until then.
        draft = folder / f"{self.token}-{os.getpid()}-{started!r}{_DRAFT}"
        self._descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # Not every file system can lock; the pid tells then.
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            self._write("run", owner)
        except OSError:
            os.close(self._descriptor)
            draft.unlink(missing_ok=True)
            raise
        draft.rename(self._file)

    def __call__(self, kind: str, details: Mapping[str, str]) -> None:
        """Write one intent. It is on disk when this returns."""
        try:
            self._write(kind, details)
        except OSError as error:
            raise _unwritable(self._file, error) from None

    def _write(self, kind: str, details: Mapping[str, str]) -> None:
        line = (json.dumps({"kind": kind, **details}) + "\n").encode()
        written = os.write(self._descriptor, line)
        if written < len(line):
            # The rest tells why it does not fit; where it does, the line is whole.
            os.write(self._descriptor, line[written:])
        os.fsync(self._descriptor)

    def child(self) -> str:
        """The value of `SEAMPROOF_PROCESS` for one more child."""
        self._children += 1
        return f"{self.token}.{self._children}"

    def marks(self) -> Mapping[str, str]:
        """The environment variables that one more child is found by."""
        return {VARIABLE: self.child()}

    def replace(self, path: Path, text: str) -> None:
        """Write a file in one step: who reads it, now or after a kill, sees all of it or the old.

        Raises OSError.
        """
        path = path.resolve()  # A link stays one.
        draft = path.with_name(f".{path.name}.{self.token[:_SHORT]}{_DRAFT}")
        self._write("file", {"path": str(draft)})
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def close(self, *, clean: bool) -> None:
        """End the journal; where not all could be cleaned up, it stays for the next run."""
        if clean:
            self._file.unlink(missing_ok=True)
        os.close(self._descriptor)


def prepare_folder(root: Path) -> Path:
    """Make `.seamproof/` with its own .gitignore below a project. Returns its cache folder."""
    folder = root / ".seamproof"
    try:
        (folder / "cache").mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        # A kill may have come between its creation and its text.
        if not ignore.exists() or not ignore.stat().st_size:
            ignore.write_text(_GITIGNORE)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder / "cache"


def _unwritable(path: Path, error: OSError) -> MachineError:
    return MachineError(
        f"{path} cannot be written: {error.strerror}",
        hint="seamproof keeps its cache, and what it learns, beside the configuration",
    )


def journals(folder: Path) -> tuple[Journal, ...]:
    """Every run's journal in a folder. A torn last line is an intent that was never acted on."""
    if not folder.is_dir():
        return ()
    found = (_read(file) for file in sorted(folder.glob("*.jsonl")))
    return tuple(each for each in found if each is not None)


def stale_drafts(folder: Path) -> tuple[Path, ...]:
    """Journals that runs were killed over before they had written their first line."""
    return tuple(each for each in folder.glob(f"*{_DRAFT}") if not _drafting(each))


def is_draft(path: Path, token: str) -> bool:
    """Whether a path is one that only the run of this token writes under."""
    return path.name.startswith(".") and path.name.endswith(f".{token[:_SHORT]}{_DRAFT}")


def _drafting(draft: Path) -> bool:
    try:
        _, pid, started = draft.name.removesuffix(_DRAFT).split("-", maxsplit=2)
        return same_process(int(pid), float(started)) is not None
    except ValueError:
        return True  # not a name of ours


def _locked(file: Path) -> bool:
    """Whether a run holds the lock on its journal."""
    try:
        with file.open() as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no file, or no locks
        pass
    return False


def _read(file: Path) -> Journal | None:
    try:
        lines = file.read_text().splitlines()
    except OSError:  # its run ended between the listing and now
        return None
    intents = [each for line in lines if (each := _parse(line)) is not None]
    if not intents or intents[0].kind != "run":
        return None
    owner = intents[0].details
    try:
        pid, started = int(owner["pid"]), float(owner["started"])
        return Journal(file, owner["token"], pid, started, tuple(intents[1:]))
    except (KeyError, ValueError):
        return None


def _parse(line: str) -> Intent | None:
    try:
        data: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        return None
    kind = data.pop("kind")
    return Intent(kind, {str(name): str(value) for name, value in data.items()})


def same_process(pid: int, started: float) -> psutil.Process | None:
    """The process of this pid where it is the one that started then, and is no zombie."""
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > _CLOCK_DRIFT:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.Error:
        return None
