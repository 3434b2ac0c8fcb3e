"""Which command asks a service for its route table, made of the command that starts it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from seamproof.core.registry import FRAMEWORK, discover
from seamproof.discovery.routes.framework import PROBES, Framework
from seamproof.discovery.routes.start import Language, Start, start_of

OUTPUT = "SEAMPROOF_ROUTES"
"""The variable by which a script of Node knows where to write."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A command that writes an OpenAPI document, and listens nowhere."""

    command: tuple[str, ...]
    environment: dict[str, str]
    """All of it."""
    frameworks: tuple[str, ...]
    """The names of those that may answer."""


def asking(
    command: tuple[str, ...], cwd: Path, environment: Mapping[str, str], output: Path
) -> Asking | None:
    """How to ask what a command starts; None where no framework may be what it starts.

    The table is in `output` where the asking succeeds.
    """
    start = start_of(command, cwd, environment)
    if start is None:
        return None
    parts: dict[str, Framework] = {
        name: part.implementation() for name, part in discover(FRAMEWORK).items()
    }
    found = {
        name: each
        for name, each in parts.items()
        if each.language is start.language and each.starts(start)
    }
    if not found:
        return None
    scripts = tuple(str(each.script) for each in found.values())
    if start.language is Language.NODE:
        return Asking(command, _preloaded(environment, scripts, output), tuple(found))
    words = (*start.interpreter, str(PROBES / "python.py"), str(output), _written(start), *scripts)
    return Asking(words, dict(environment), tuple(found))


def _preloaded(
    environment: Mapping[str, str], scripts: tuple[str, ...], output: Path
) -> dict[str, str]:
    """An environment in which Node loads the scripts first, in every process that it starts."""
    options = [environment.get("NODE_OPTIONS", ""), *(f'--require "{each}"' for each in scripts)]
    return {**environment, "NODE_OPTIONS": " ".join(filter(None, options)), OUTPUT: str(output)}


def _written(start: Start) -> str:
    assert start.target is not None
    return json.dumps({**asdict(start.target), "kind": start.target.kind.value})
