"""A project around the till, and `seamproof` run in it as a process of its own."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

TILL = Path(__file__).parent / "services" / "till.py"
TABLES = "CREATE TABLE sales (id serial PRIMARY KEY, item text NOT NULL, price int NOT NULL);\n"
SALE = "{act: {operation: POST /sales, as: ann, json: {item: bread}}}"
PASSWORD = "correct horse"
_KEPT = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME", "TMPDIR")
_PR_SET_CHILD_SUBREAPER = 36
"""prctl(2): whoever is orphaned below this process becomes its child."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it left running."""

    code: int
    printed: str
    survivors: tuple[str, ...]
    seconds: float
    """Since the command was started, or since it was told to stop."""

    @property
    def words(self) -> str:
        """Everything that was printed, in one line with single spaces."""
        return " ".join(self.printed.split())


class Project:
    """A folder with a configuration, tables and scenarios of the till.

    What the till does wrong is said by an environment variable that seamproof inherits: so every
    case has the same configuration, and all but the first use its template.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "migrations").mkdir(parents=True)
        self.write("migrations/001_sales.sql", TABLES)
        self.scenarios(SALE)
        self.configure()

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def scenarios(self, *texts: str) -> None:
        """Replace the scenarios, each one in YAML's flow style."""
        self.write("scenarios.yaml", "scenarios:\n" + "".join(f"  - {each}\n" for each in texts))

    def configure(self, more: str = "", **changed: Any) -> None:
        """Write the configuration: `service_KEY`, `database_KEY` and so on change a key."""
        sections: dict[str, dict[str, Any]] = {
            "service": {
                "command": f"{{python}} {TILL} {{port}}",
                "ready": "/health",
                "openapi": "/openapi.json",
                "start_timeout": 20,
                "replicas": 1,
                "env": {"TILL_DATABASE": "{database.url}"},
            },
            "database": {},
            "discovery": {"skip": ["*"]},
            "login": {"operation": "POST /login", "body": {"password": PASSWORD}},
        }
        sections["login"]["token"] = "$.token"
        for name, value in changed.items():
            section, _, key = name.partition("_")
            sections[section][key] = value
        login = sections.pop("login")
        text = 'scenarios = ["*.yaml"]\n'
        for name, section in sections.items():
            text += f"[{name}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in section.items())
        self.write("seamproof.toml", f"{text}[identities.ann]\nlogin = {_toml(login)}\n{more}")

    def run(
        self, *arguments: str, till: str = "", prefix: tuple[str, ...] = (), **variables: str
    ) -> Ended:
        """Run a command, `run` where none is given, and wait for its end."""
        started = time.monotonic()
        with adopting() as survivors:
            process = self._start(arguments, prefix, {"TILL_VARIANT": till, **variables})
            printed, _ = _communicate(process)
            seconds = time.monotonic() - started
            return Ended(process.returncode, printed, survivors(), seconds)

    def interrupt(self, *arguments: str, when: Callable[[Path], bool], till: str = "") -> Ended:
        """Run a command, and send it SIGINT once `when` holds of the file that it prints to."""
        output = self.root / "printed.txt"
        with adopting() as survivors, output.open("w") as file:
            process = self._start(arguments, (), {"TILL_VARIANT": till}, file)
            deadline = time.monotonic() + 60
            while not when(output) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            assert process.poll() is None, output.read_text()
            process.send_signal(signal.SIGINT)
            told = time.monotonic()
            _communicate(process)
            seconds = time.monotonic() - told
            return Ended(process.returncode, output.read_text(), survivors(), seconds)

    def _start(
        self,
        arguments: tuple[str, ...],
        prefix: tuple[str, ...],
        variables: dict[str, str],
        output: Any = subprocess.PIPE,
    ) -> subprocess.Popen[str]:
        inherited = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "seamproof", *(arguments or ("run",))],
            cwd=self.root,
            env={**inherited, **variables, "COLUMNS": "100"},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def leftovers(self) -> list[Path]:
        """What only a run that is under way may have."""
        cache = self.root / ".seamproof" / "cache"
        return [*cache.glob("run-*"), *cache.glob("intents/*")]

    def report(self, name: str = "report.json") -> dict[str, Any]:
        """The JSON report that a run wrote."""
        found: dict[str, Any] = json.loads((self.root / name).read_text())
        return found

    def logs(self) -> list[Path]:
        """The logs that failed runs kept."""
        return sorted(self.root.glob(".seamproof/runs/*/logs/*"))


def refused(ended: Ended, code: int, *, blame: str, problem: str, hint: str) -> None:
    """Assert that a command ended with this message, and left nothing running."""
    assert ended.code == code, ended.printed
    assert ended.survivors == ()
    own = [line for line in ended.printed.splitlines() if not line.startswith("  | ")]
    assert "Traceback" not in "\n".join(own)
    message = ended.words.rpartition(f"error ({blame}): ")[2]
    assert message != ended.words, ended.printed
    said, _, next_ = message.partition(" next: ")
    assert re.search(problem, said), ended.printed
    assert re.search(hint, next_), ended.printed


def _communicate(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return process.communicate(timeout=110)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextmanager
def adopting() -> Iterator[Callable[[], tuple[str, ...]]]:
    """Yields a function that lists what was started meanwhile and still runs.

    On Linux orphans become our children, wherever in the tree their parents were.
    """
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    before = {each.pid for each in psutil.Process().children(recursive=True)}

    def running() -> tuple[str, ...]:
        now = psutil.Process().children(recursive=True)
        new = [each for each in now if each.pid not in before]
        return tuple(" ".join(each.cmdline()) for each in new if not _zombie(each))

    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield running
    finally:
        if prctl is not None:
            prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        for each in psutil.Process().children():
            if each.pid not in before and _zombie(each):
                os.waitpid(each.pid, 0)


def _zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)
