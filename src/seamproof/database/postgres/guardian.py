"""Runs a server of ours so that it ends when we do, also when we are killed.

    seamproof --pipe--> guardian --fork--> postgres

The guardian is a process of its own, run as a script with nothing but the standard library. Only
seamproof holds the write end of its standard input, so end of file means that seamproof is gone,
however it went; no signal has to be delivered and it works alike on Linux and macOS. The guardian
is the parent of the postmaster, so that the pid which it signals can never be another process's.

It says `started PID` and `ended CODE`, and obeys:

    stop    shut down in order and leave the directory (a snapshot is made of it)
    (EOF)   shut down at once and remove the directory

Usage: guardian.py DIRECTORY DATA UID GID PROGRAM [ARGUMENT...], UID -1 for our own user.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

_PATIENCE = 20.0
"""Seconds that an orderly shutdown may take before it is an immediate one, and that before KILL."""

_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
"""Signals that are meant for seamproof: the guardian goes by its pipe alone."""


class Postmaster:
    """The child: PostgreSQL's postmaster, under another user where we are root."""

    def __init__(self, data: Path, uid: int, gid: int, command: list[str]) -> None:
        self.data = data
        self.code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            self._become(uid, gid, command)

    def _become(self, uid: int, gid: int, command: list[str]) -> None:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            # The run's lock is ours alone: held by an orphan, it would say that somebody lives.
            os.closerange(3, 256)
            # A set wake-up descriptor or an ignored signal would be inherited by the postmaster.
            for each in (*_IGNORED, signal.SIGCHLD):
                signal.signal(each, signal.SIG_DFL)
            if uid >= 0:
                os.setgroups([])
                os.setgid(gid)
                os.setuid(uid)
            os.chdir("/")
            os.execv(command[0], command)  # noqa: S606 - the command is our own
        except BaseException as error:
            os.write(2, f"cannot run {command[0]}: {error}\n".encode())
        finally:
            os._exit(127)

    def poll(self) -> bool:
        """Whether it has ended; its exit code is then in `code`."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                self._remove_shared_memory()
        return self.code is not None

    def end(self, *signals: signal.Signals) -> None:
        """Send the signals one after another, each with its time to be obeyed."""
        for each in signals:
            if self.poll():
                return
            os.kill(self.pid, each)
            limit = time.monotonic() + _PATIENCE
            while not self.poll() and time.monotonic() < limit:
                time.sleep(0.002)

    def _remove_shared_memory(self) -> None:
        # A postmaster that was killed leaves its file and the System V segment that the seventh
        # line names ("key id", src/include/utils/pidfile.h); one that ended itself leaves neither.
        with contextlib.suppress(OSError, IndexError, ValueError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            if int(lines[0]) != self.pid:
                return
            segment = int(lines[6].split()[1])
            import ctypes

            ipc_rmid = 0
            ctypes.CDLL(None).shmctl(segment, ipc_rmid, None)


def _say(text: str) -> None:
    # Nobody may be left to hear it.
    with contextlib.suppress(OSError):
        os.write(1, text.encode() + b"\n")


def _remove(directory: Path) -> None:
    import shutil

    # Backends of a killed postmaster may still be writing their last files.
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.1)


def main(arguments: list[str]) -> int:
    """Run the server until we are told to stop, or nobody is left to tell us."""
    directory, data, uid, gid, *command = arguments
    for each in _IGNORED:
        signal.signal(each, signal.SIG_IGN)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    postmaster = Postmaster(Path(data), int(uid), int(gid), command)
    _say(f"started {postmaster.pid}")
    told = False
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 512)
            if postmaster.poll() and not told:
                told = True
                _say(f"ended {postmaster.code}")
        if 0 in ready:
            break
    if os.read(0, 64).strip() == b"stop":
        postmaster.end(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    else:
        postmaster.end(signal.SIGQUIT, signal.SIGKILL)
        _remove(Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
