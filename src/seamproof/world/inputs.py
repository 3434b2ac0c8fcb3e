"""What the template database depends on, as a key for its migrations and one for its seed.

The project's files are the database package's matter. Here is what only the configuration knows:
the variables and the rendered files that the commands see, and the installed programs, which a
command such as `{python} -m tool migrate` depends on.
"""

from __future__ import annotations

import hashlib
import os
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from seamproof.config.models import Config
from seamproof.config.placeholders import names
from seamproof.database.inputs import template_key
from seamproof.world.schema import Plan


@dataclass(frozen=True, slots=True)
class Keys:
    """What the template depends on: 32 hexadecimal digits each."""

    migrated: str
    """All that the migrations do."""
    seeded: str = ""
    """All that the seed does beside that; empty where there is none."""


def keys_of(config: Config, plan: Plan) -> Keys:
    """The keys of the template for a configuration."""
    seed = config.database.seed or ""
    commands = (plan.command, config.service.command if plan.by_service else None)
    return Keys(
        _key(config, plan, commands), _key(config, plan, (*commands, seed), seed) if seed else ""
    )


def _key(config: Config, plan: Plan, commands: Sequence[str | None], seed: str = "") -> str:
    context = hashlib.sha256(repr(list(_context(config, plan, commands))).encode()).hexdigest()
    roots = sorted({config.root, config.path(config.service.cwd)})
    # An empty text means that the service migrates at its start: then every file counts.
    migrate = "" if plan.by_service else f"{plan.describe(config.root)} {context}"
    keys = [template_key(root, migrate, seed) for root in roots]
    return hashlib.sha256("".join((context, *keys)).encode()).hexdigest()[:32]


def _context(config: Config, plan: Plan, commands: Sequence[str | None]) -> Iterator[object]:
    service = config.service
    yield sorted(service.env.items())
    yield _variables(config, commands)
    yield service.command if plan.by_service else ""
    # Commands may store what a fake answers them.
    yield sorted((name, stub.model_dump_json()) for name, stub in config.stubs.items())
    for name, template in sorted(service.files.items()):
        yield name, _content(config.path(template))
    if service.env_file is not None:
        yield _content(config.path(service.env_file))
    installed = Path(sysconfig.get_path("purelib"))
    yield sorted(each.name for each in installed.glob("*.dist-info"))
    for command in commands:
        words = (command or "").split()
        for flag, module in pairwise(words):
            if flag == "-m":
                yield from _sources(module, installed)


def _variables(config: Config, commands: Sequence[str | None]) -> list[tuple[str, str]]:
    """The values of the variables that commands are given: a seed may store them."""
    texts = [*config.service.env.values(), *commands]
    used = {name.removeprefix("env.") for text in texts for name in names(text or "")}
    return sorted((name, os.environ[name]) for name in used if name in os.environ)


def _sources(module: str, installed: Path) -> Iterator[object]:
    """The source beside a module that our interpreter has from elsewhere than its packages, as of
    an editable install: no version number tells when it changes."""
    try:
        found = find_spec(module)
    except (ImportError, ValueError):
        return
    if found is None or found.origin is None or not found.has_location:
        return
    folder = Path(found.origin).parent
    if not folder.is_relative_to(installed):
        for file in sorted(folder.rglob("*.py")):
            yield str(file), _content(file)


def _content(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
