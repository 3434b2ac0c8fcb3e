"""The bundled demo: where it runs, and whether it can.

The package's own folder may be read-only and shared, so the demo's files are copied to a folder
of the user, which keeps its findings for `seamproof replay`.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from seamproof import demo
from seamproof.core.errors import ConfigurationError, MachineError

_NEEDS = ("fastapi", "sqlalchemy", "alembic", "uvicorn")
_TWINS = ("broken", "fixed")


def prepare(*, fixed: bool) -> Path:
    """Copy the demo's configuration to its workspace and return it.

    Raises ConfigurationError where the extra that it needs is not installed.
    """
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"the demo service needs {', '.join(missing)}",
            hint="install the extra: pip install 'seamproof[demo]'",
        )
    _select(fixed=fixed)
    return _copy(workspace(fixed=fixed))


def workspace(*, fixed: bool) -> Path:
    """Return the folder that a twin runs in, the same for every run of it."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "seamproof" / "demo" / _TWINS[fixed]


def home_of(finding: str, config: Path | None) -> Path | None:
    """Return the configuration that a finding belongs to: the project's, or the demo's.

    A configuration that was given is taken as it is; None means the nearest.
    """
    if config is not None or _kept(Path.cwd(), finding):
        return config
    for fixed in (False, True):
        folder = workspace(fixed=fixed)
        if _kept(folder, finding):
            return prepare(fixed=fixed)
    return None


def _kept(folder: Path, finding: str) -> bool:
    """Whether a project at or above this folder keeps a finding of this name."""
    wanted = f".seamproof/runs/*/findings/F-{finding.removeprefix('F-')}*.json"
    return any(next(each.glob(wanted), None) is not None for each in (folder, *folder.parents))


def _select(*, fixed: bool) -> None:
    """Tell the service, which inherits our environment, which twin it is."""
    os.environ.pop(demo.FIXED_SWITCH, None)
    if fixed:
        os.environ[demo.FIXED_SWITCH] = "1"


def _copy(folder: Path) -> Path:
    source = demo.CONFIGURATION.parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for each in source.iterdir():
            if each.name in {"service", "__init__.py", "__pycache__"}:
                continue
            target = folder / each.name
            if each.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(each, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(each, target)
    except OSError as error:
        raise MachineError(
            f"the demo's folder {folder} cannot be written: {error.strerror}",
            hint="set XDG_CACHE_HOME to a folder that can",
        ) from error
    return folder / demo.CONFIGURATION.name
