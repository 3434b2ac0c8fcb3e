"""What a compose file runs beside the service."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.project import Place, Project

_FILES = (
    *("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"),
    *("docker-compose.dev.yml", "docker-compose.override.yml"),
)
_DATABASES = re.compile(r"postgres|postgis|timescale|pgvector|pgadmin|adminer|pgbouncer", re.I)
_KNOWN: dict[str, dict[str, Any]] = {
    "redis": {
        "command": "redis-server --port {port} --save ''",
        "flush": "redis-cli -p {port} flushall",
    },
    "valkey": {
        "command": "valkey-server --port {port} --save ''",
        "flush": "valkey-cli -p {port} flushall",
    },
    "memcached": {"command": "memcached -l 127.0.0.1 -p {port}"},
    "rabbitmq": {"command": "rabbitmq-server", "env": {"RABBITMQ_NODE_PORT": "{port}"}},
    "mailhog": {"command": "mailhog -smtp-bind-addr 127.0.0.1:{port}"},
    "mailpit": {"command": "mailpit --smtp 127.0.0.1:{port}"},
    "minio": {"command": "minio server data --address 127.0.0.1:{port}"},
}


@dataclass(frozen=True, slots=True)
class Composed:
    """One service of a compose file."""

    name: str
    image: str
    command: str
    environment: Mapping[str, str]
    builds: bool
    """Whether it is made of this project's own source."""
    place: Place
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where each variable is set."""


def services(project: Project) -> Iterator[Composed]:
    """Every service of the compose files. A file that cannot be read has none."""
    for name in _FILES:
        path = project.first(name)
        if path is None:
            continue
        text = project.text(path)
        if text.count("*") > _ALIASES:
            continue
        try:
            data = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError):
            continue
        found = data.get("services") if isinstance(data, dict) else None
        for key, value in found.items() if isinstance(found, dict) else ():
            if isinstance(value, dict):
                yield _composed(project, path.name, str(key), value, text)


_ALIASES = 1_000
"""Asterisks of a file, above which it may be one that explodes when its aliases are expanded."""


def _composed(
    project: Project, file: str, name: str, value: Mapping[str, Any], text: str
) -> Composed:
    command = value.get("command") or ""
    if isinstance(command, list):
        command = shlex.join(map(str, command))
    environment = value.get("environment") or {}
    if isinstance(environment, list):
        pairs = (str(each).partition("=") for each in environment)
        environment = {key: text for key, _, text in pairs}
    elif not isinstance(environment, dict):
        environment = {}
    line = _line(text, rf"^\s+{re.escape(name)}:")
    lines = {
        str(key): _line(text, rf"^\s+-?\s*{re.escape(str(key))}\s*[:=]") for key in environment
    }
    return Composed(
        name,
        str(value.get("image") or ""),
        str(command),
        {str(key): str(each) for key, each in environment.items() if each is not None},
        "build" in value,
        Place(file, line),
        lines,
    )


def _line(text: str, pattern: str) -> int:
    found = re.search(pattern, text, re.M)
    return text.count("\n", 0, found.start() + 1) + 1 if found else 0


def guess(project: Project, draft: Draft) -> None:
    """Guess the processes that the service needs beside its database."""
    for each in services(project):
        what = f"{each.name} {each.image}"
        if each.builds or _DATABASES.search(what):
            continue
        known = next((value for key, value in _KNOWN.items() if key in what), None)
        if known is not None and each.name not in draft.processes:
            draft.processes[each.name] = known
            draft.guess("process", each.name, each.place, sure=False)
