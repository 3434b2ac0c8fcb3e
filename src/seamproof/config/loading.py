"""Finds and reads the configuration file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seamproof.config.mistakes import explain
from seamproof.config.models import Config
from seamproof.config.placeholders import names, unknown
from seamproof.core.errors import ConfigurationError

NAME = "seamproof.toml"
_LIMIT = 1 << 20
_OURS = {"root", "file"}
"""Fields of Config that are not keys of the file."""


def load(path: Path | None = None) -> Config:
    """Read the configuration, from `path` or from the nearest file at or above the working folder.

    That is `seamproof.toml`, or a `pyproject.toml` with `[tool.seamproof]`. Raises
    ConfigurationError that names the file and the key.
    """
    file = find(Path.cwd()) if path is None else _given(path)
    data = _section(file, _read(file))
    return parse(data, file.parent, file)


def parse(data: dict[str, Any], root: Path, file: Path | None = None) -> Config:
    """Check the data of a configuration file. Raises ConfigurationError for all its mistakes."""
    # A key of the file that is called like one of our own fields is as unknown as any other.
    keys = {f"{name} " if name in _OURS else name: value for name, value in data.items()}
    try:
        config = Config.model_validate(keys | {"root": root.resolve(), "file": file})
    except ValidationError as error:
        raise explain(error, Config, file) from None
    _check_placeholders(config)
    return config


def find(start: Path) -> Path:
    """The nearest configuration file at or above a folder. Raises ConfigurationError."""
    for folder in (start, *start.parents):
        if (own := folder / NAME).is_file():
            return own
        project = folder / "pyproject.toml"
        if project.is_file() and "seamproof" in _read(project).get("tool", {}):
            return project
    raise ConfigurationError(
        f"no {NAME} in {start} or above it, and no [tool.seamproof] in a pyproject.toml",
        hint="write one with: seamproof init; or see it work first with: seamproof demo",
    )


def _given(path: Path) -> Path:
    path = path.expanduser()
    if path.is_dir():
        path = path / NAME
    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}", hint="see --config")
    return path.resolve()


def _read(file: Path) -> dict[str, Any]:
    try:
        data = file.read_bytes()
        if len(data) > _LIMIT:
            raise ConfigurationError(f"{file} has {len(data)} bytes; a configuration is smaller")
        return tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} is not UTF-8: {error.reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not TOML: {error}") from None


def _section(file: Path, data: dict[str, Any]) -> dict[str, Any]:
    if file.name != "pyproject.toml":
        return data
    section = data.get("tool", {}).get("seamproof")
    if not isinstance(section, dict):
        raise ConfigurationError(f"{file} has no section [tool.seamproof]")
    return section


def _check_placeholders(config: Config) -> None:
    """Refuse an unknown placeholder before anything starts. Variables are looked up when used."""
    base = {"python"}
    base |= {f"database.{part}" for part in ("url", "host", "port", "user", "password", "name")}
    base |= {"database.ca"} if config.database.tls else set()
    base |= {f"stubs.{name}.url" for name in config.stubs}
    base |= {f"processes.{name}.port" for name in config.processes}
    service = config.service
    texts_of_port = (service.command, *service.env.values())
    if not service.files and not any("{port}" in text for text in texts_of_port):
        where = f"{config.file}: " if config.file else ""
        raise ConfigurationError(
            f"{where}neither service.command nor service.env mentions {{port}}",
            hint="each replica listens on a port of its own: pass {port} to it",
        )
    files = {f"files.{name}" for name in service.files}
    texts: list[tuple[str, str | None, set[str]]] = [
        ("service.command", service.command, base | files | {"port"}),
        ("service.build", service.build, {"python"}),
        ("database.migrate", config.database.migrate, base | files),
        ("database.seed", config.database.seed, base | files),
        ("database.url", config.database.url, set()),
    ]
    texts += [
        (f"identities.{name}.command", each.command, base | files)
        for name, each in config.identities.items()
    ]
    texts += [
        (f"service.env.{name}", text, base | files | {"port"}) for name, text in service.env.items()
    ]
    for name, process in config.processes.items():
        key, known = f"processes.{name}", base | {"port"}
        texts += [
            (f"{key}.command", process.command, known),
            (f"{key}.flush", process.flush, known),
            (f"{key}.ready_port", process.ready_port, known),
        ]
        texts += [(f"{key}.env.{each}", text, known) for each, text in process.env.items()]
    for key, text, known in texts:
        for name in names(text or ""):
            if name not in known and not name.startswith("env."):
                error = unknown(name, known, key=key)
                raise ConfigurationError(
                    f"{config.file}: {error.problem}" if config.file else error.problem,
                    hint=error.hint,
                )
