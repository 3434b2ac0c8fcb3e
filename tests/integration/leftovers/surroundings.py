"""A project with everything round it that a run may touch, and what of it differs afterwards.

    project/     the till of tests/cli, with its scenarios
    temporary/   TMPDIR of the runs
    cache/       XDG_CACHE_HOME of the runs
    server       optionally a test server, given by its URL

Decoys lie beside what is ours: a process that carries another mark, databases and a role with names
like ours, files and folders in the cache. They must be there afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from projects import TABLES, Project, adopting

READY = "boundaries"
"""Begins the line that a run prints once its world is up."""
CHECKS = ("--check", "rollback", "--check", "trace")
_TEMPLATE = re.compile(r"seamproof_t_[0-9a-f]{16}")
_KEPT = (
    ".seamproof/runs",
    *(".seamproof/profile.toml", ".seamproof/access.toml", ".seamproof/contract.json"),
    *(".seamproof/cache/costs.json", ".seamproof/cache/risks.json"),
)
"""What runs keep for a person, or for later runs."""
_LIMIT = 60.0


@dataclass
class Surroundings:
    """Where runs are started, and what they may leave."""

    project: Project
    temporary: Path
    cache: Path
    url: str = ""
    decoys: list[subprocess.Popen[bytes]] = field(default_factory=list)
    usual: frozenset[str] = frozenset()
    """The fingerprints of what an undisturbed run of `CHECKS` finds."""
    _versions: int = 0

    @classmethod
    def make(cls, root: Path, cache: Path, url: str = "") -> Surroundings:
        """Lay everything out below two folders, decoys included."""
        temporary = root / "temporary"
        temporary.mkdir()
        cache.mkdir(mode=0o755)
        made = cls(Project(root / "project"), temporary, cache, url)
        made.project.configure(**made.configured)
        decoy = {**os.environ, "SEAMPROOF_PROCESS": "another.1"}
        sleeper = ["-c", "exec -a seamproof-guardian sleep 3600"]
        made.decoys.append(subprocess.Popen(["bash", *sleeper], env=decoy, start_new_session=True))
        (temporary / "seamproof-decoy").write_text("decoy")
        inside = made.project.root / ".seamproof" / "cache" / "decoy"
        inside.mkdir(parents=True)
        (inside / "file").write_text("decoy")
        runs = cache / "seamproof" / "postgres" / "runs-of-another"
        runs.mkdir(parents=True)
        (runs / "file").write_text("decoy")
        if url:
            made.ask("CREATE DATABASE seamproof_decoy", "CREATE DATABASE seamproof_0123456789ab_1")
            made.ask("CREATE ROLE seamproof_decoy", "CREATE ROLE seamproof_0123456789ab")
            made.ask("COMMENT ON ROLE seamproof_decoy IS 'seamproof of another'")
        return made

    def close(self) -> None:
        """Remove the decoys, and the templates on a test server."""
        for each in self.decoys:
            each.kill()
            each.wait()
        if not self.url:
            return
        for name in self._databases() & _ours(self._databases()):
            self.ask(f"ALTER DATABASE {name} IS_TEMPLATE false", f"DROP DATABASE {name}")
        for name in sorted(_ours(self._roles())):
            self.ask(f"DROP ROLE {name}")

    def ask(self, *statements: str) -> list[str]:
        """Run statements on the test server. Returns the first column of the last one's rows."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.cursor()
            for each in statements:
                cursor.execute(each.encode())
            return [row[0] for row in cursor.fetchall()] if cursor.description else []

    # Runs

    @property
    def configured(self) -> dict[str, str]:
        """What the configuration says of the database."""
        return {"database_url": self.url} if self.url else {}

    def variables(self) -> dict[str, str]:
        """The environment of a run."""
        return {"TMPDIR": str(self.temporary), "XDG_CACHE_HOME": str(self.cache)}

    def renew(self) -> None:
        """Have the next run build a template."""
        self._versions += 1
        self.project.write("migrations/001_sales.sql", f"{TABLES}-- {self._versions}\n")

    def start(self, *arguments: str, output: Path, **variables: str) -> subprocess.Popen[bytes]:
        """Start a run that prints to a file."""
        inherited = {n: os.environ[n] for n in ("PATH", "HOME", "PYTHONPATH") if n in os.environ}
        with output.open("w") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "seamproof", *(arguments or ("run",))],
                cwd=self.project.root,
                env={**inherited, **self.variables(), "COLUMNS": "100", **variables},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def whole(self, place: Path) -> frozenset[str]:
        """Have one run of `CHECKS` made to its end. Returns the fingerprints of what it found."""
        report, output = place.with_suffix(".json"), place.with_suffix(".txt")
        process = self.start("run", *CHECKS, "--report", f"json={report}", output=output)
        assert process.wait(_LIMIT) == 0, output.read_text()
        return fingerprints(report)

    def next_run(self, output: Path) -> str:
        """Have one more run come up, and interrupt it. Returns what it printed."""
        process = self.start(output=output)
        try:
            await_text(process, output, READY)
            process.send_signal(signal.SIGINT)
            code = process.wait(_LIMIT)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        printed = output.read_text()
        assert code == 2, printed
        assert "could not be cleaned up" not in printed, printed
        return printed

    # What is there

    def state(self) -> dict[str, str]:
        """Everything that a run could leave or touch, by name, with a hash of each file."""
        found = {f"database {name}": "" for name in self._databases() if not _finished(name)}
        found |= {f"role {name}": "" for name in self._roles() if not _finished(name)}
        found |= _files(self.project.root, skip=(*_KEPT, "migrations"))
        found |= _files(self.temporary, skip=())
        found |= _files(self.cache, skip=("seamproof/postgres/builds",))
        builds = self.cache / "seamproof" / "postgres" / "builds"
        for each in builds.glob("*/*"):
            if each.name not in ("pristine", "password", "templates"):
                found[str(each)] = ""
        for each in builds.glob("*/templates/*"):
            if not _finished(each.name):
                found[str(each)] = ""
        found |= {f"shared memory {each}": "" for each in orphaned_segments()}
        return found

    def _databases(self) -> set[str]:
        return set(self.ask("SELECT datname FROM pg_database")) if self.url else set()

    def _roles(self) -> set[str]:
        return set(self.ask("SELECT rolname FROM pg_roles")) if self.url else set()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Assert that what the block starts is gone at its end, and that nothing else differs."""
        before = self.state()
        known = {each.pid for each in psutil.Process().children(recursive=True)}
        with adopting():
            yield
            left = _started(known)
        after = self.state()
        differing = {
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        }
        assert not left, left
        assert not differing, sorted(differing)
        assert all(each.poll() is None for each in self.decoys)


def _started(known: set[int]) -> list[str]:
    """What was started since and still runs, but for what those started who were there before."""
    found: list[str] = []
    for each in psutil.Process().children(recursive=True):
        try:
            parents = {parent.pid for parent in each.parents()}
            if each.pid not in known and not parents & known and each.status() != "zombie":
                found.append(f"{each.pid} {' '.join(each.cmdline())[:200]}")
        except psutil.NoSuchProcess:
            continue
    return found


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a run and all below it, as what ends a CI job does."""
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    process.kill()
    for each in below:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def await_text(process: subprocess.Popen[bytes], output: Path, text: str) -> None:
    """Wait until a run has printed something."""
    await_that(lambda: text in output.read_text() or process.poll() is not None)
    assert process.poll() is None, output.read_text()


def await_that(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + _LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def fingerprints(report: Path) -> frozenset[str]:
    """The fingerprints of what a run found."""
    return frozenset(each["fingerprint"] for each in json.loads(report.read_text())["findings"])


def orphaned_segments() -> set[str]:
    """System V segments that nobody uses any more and whose maker is gone (Linux)."""
    listing = Path("/proc/sysvipc/shm")
    if not listing.exists():
        return set()
    rows = [line.split() for line in listing.read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[6] == "0" and not psutil.pid_exists(int(row[4]))}


def _finished(name: str) -> bool:
    return bool(_TEMPLATE.fullmatch(name.removesuffix("_use")))


def _ours(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("seamproof_")}


def _files(root: Path, skip: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if not any(name == each or name.startswith(f"{each}/") for each in skip):
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = hashlib.sha256(content).hexdigest()
    return found
