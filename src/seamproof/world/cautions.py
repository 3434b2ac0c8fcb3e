"""What a person should know before a first start, which may itself write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seamproof.config.models import Config
from seamproof.core.errors import ConfigurationError
from seamproof.core.events import Notice
from seamproof.world.environment import dangerous, read_env_file

_FILES = (".env", ".env.local", ".env.development", ".env.test")


def cautions_of(config: Config) -> Iterator[Notice]:
    """Files in the service's folder that could lead it to another database than it is given.

    Most loaders let the environment win over such a file; one that does not would use that other
    database at its start, before anything is known of it.
    """
    folders = dict.fromkeys((config.path(config.service.cwd), config.root))
    for file in (folder / name for folder in folders for name in _FILES):
        if not file.is_file():
            continue
        try:
            variables = read_env_file(file, key=".env")
        except ConfigurationError:
            continue
        names = sorted(name for name, value in variables.items() if dangerous(name, value))
        unset = [name for name in names if name not in config.service.env]
        if unset:
            yield Notice(
                f"{_shown(file, config.root)} sets {', '.join(unset)}, which service.env does not",
                hint="a service that reads that file could use another database: give it "
                f"{unset[0]} in service.env; seamproof stops it where it connects elsewhere",
                warning=True,
            )


def _shown(file: Path, root: Path) -> Path:
    return file.relative_to(root) if file.is_relative_to(root) else file
