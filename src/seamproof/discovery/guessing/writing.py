"""A draft as a configuration file: short, in the order that a person reads, doubts as comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from seamproof.config.quoting import quoted
from seamproof.discovery.guessing.guess import Draft

SCHEMA = ".seamproof/seamproof.schema.json"
"""Where the JSON Schema of the file is written, for editors."""
_WIDTH = 100
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_GUESSED = frozenset({"command", "ready"})
"""Keys that are marked where the guess of the same name is unsure."""


def dump(draft: Draft) -> str:
    """The whole file."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    unsure = draft.unsure
    yield f"#:schema {SCHEMA}"
    yield "[service]"
    for key, value in draft.service.items():
        doubt = "    # a guess: see to it" if key in _GUESSED & unsure.keys() else ""
        yield f"{_key(key)} = {_value(value)}{doubt}"
    yield from _environment(draft)
    if draft.database:
        yield ""
        yield "[database]"
        for key, value in draft.database.items():
            yield f"{_key(key)} = {_value(value)}"
    for name, process in draft.processes.items():
        yield ""
        yield f"# [processes.{_key(name)}]    # a compose file runs it: if the service needs it"
        for key, value in process.items():
            yield f"# {_key(key)} = {_value(value)}"
    if "accounts" in unsure:
        yield ""
        yield "# the accounts must be there: [database] seed = a command or a file that makes them"
    for name, identity in draft.identities.items():
        yield ""
        doubt = "    # a guess: see to its fields" if "login" in unsure else ""
        yield f"[identities.{_key(name)}]{doubt}"
        for key, value in identity.items():
            yield f"{_key(key)} = {_value(value)}"


def _environment(draft: Draft) -> Iterator[str]:
    """In one line where it fits, else in a table."""
    line = f"env = {_value(draft.env)}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield ""
    yield "[service.env]"
    for name, value in draft.env.items():
        yield f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(name))} = {_value(each)}" for name, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value)
