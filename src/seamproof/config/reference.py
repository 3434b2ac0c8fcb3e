"""Writes docs/reference/configuration.md from the models, so that it cannot differ from them.

python -m seamproof.config.reference > docs/reference/configuration.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from seamproof.config.dropped import DROPPED
from seamproof.config.models import Config

_INTRODUCTION = """\
# Configuration

`seamproof.toml`, or the section `[tool.seamproof]` of `pyproject.toml`; the nearest one at or above
the working folder is read. Relative paths start from its folder. An unknown key is an error; an
operation, a table or a role that an entry names, and that there is not, is a warning of the run.
This page is generated from the code: `python -m seamproof.config.reference`. Editors take the same
from [seamproof.schema.json](seamproof.schema.json), which `seamproof init` writes beside the file.

Placeholders: `{port}`, `{python}` (the interpreter that runs seamproof), `{database.url}`,
`{database.host}`, `{database.port}`, `{database.user}`, `{database.password}`, `{database.name}`,
`{database.ca}` (with `database.tls`),
`{processes.NAME.port}`, `{stubs.NAME.url}`, `{files.NAME}`, `{env.NAME}`. A URL takes another
scheme after a colon: `{database.url:postgresql+asyncpg}`. `{{name}}` is the text `{name}`; braces
round anything else are text. Commands are split into words and run without a shell.
"""

_ENVIRONMENT = """\
## What a process inherits

The environment of seamproof, then `service.env_file`, both without what could lead to a real
database; then the section's `env`, as it is. Left out are variables whose value is the URL of a
database, a cache or a broker, and those of these names: {names}.

What may use the database is given `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` (and each in lower
case) that lead to a port of seamproof, which refuses every call; `NO_PROXY` leaves this machine
out. A proxy of yours is inherited by `service.build` alone, which fetches packages.
"""


def markdown() -> str:
    """The whole page."""
    schema = Config.model_json_schema()
    lines = [_INTRODUCTION]
    for title, section in _sections(schema):
        lines += [f"## {title}", "", section.get("description", "").replace("\n", " "), ""]
        lines += ["| Key | Type | Default | |", "|---|---|---|---|"]
        required = section.get("required", ())
        for key, value in section["properties"].items():
            default = "required" if key in required else _default(value.get("default"))
            description = value.get("description", "").replace("\n", " ").replace("|", "\\|")
            lines.append(f"| `{key}` | {_type(value)} | {default} | {description} |")
        lines.append("")
    dropped = ", ".join(f"`{each}`" for each in DROPPED)
    return "\n".join([*lines, _ENVIRONMENT.format(names=dropped)])


def _sections(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each table of the file under the name that it has there, in the file's order."""
    definitions = schema["$defs"]
    yield "Top level", schema
    pending: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        ((key,), value) for key, value in schema["properties"].items()
    ]
    while pending:
        path, value = pending.pop(0)
        name = _definition(value)
        while name is None and isinstance(value.get("additionalProperties"), dict):
            path, value = (*path, "NAME"), value["additionalProperties"]
            name = _definition(value)
        if name is None:
            continue
        section = definitions[name]
        yield f"[{'.'.join(path)}]", section
        inner = [((*path, key), each) for key, each in section["properties"].items()]
        pending[:0] = inner


def _definition(value: dict[str, Any]) -> str | None:
    for each in (value, value.get("items", {}), *value.get("anyOf", ()), *value.get("allOf", ())):
        if "$ref" in each:
            name: str = each["$ref"].rpartition("/")[2]
            return name
    return None


def _type(value: dict[str, Any]) -> str:
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if _definition(value):
        return "table"
    names = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "array": "list",
        "object": "table",
    }
    kinds = [each.get("type") for each in (value, *value.get("anyOf", ()))]
    return next((names[kind] for kind in kinds if kind in names), "any")


def _default(value: Any) -> str:
    return f"`{json.dumps(value)}`" if value and not isinstance(value, dict) else ""


if __name__ == "__main__":
    sys.stdout.write(markdown())
