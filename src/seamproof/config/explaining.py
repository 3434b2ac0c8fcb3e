"""The configuration as text for `seamproof config`: its keys, its schema, what is in effect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from seamproof.config.loading import load
from seamproof.config.models import Config
from seamproof.core.errors import ConfigurationError

_SECRET = re.compile(r"password|secret|token|bearer|value|key|body|form|dsn", re.IGNORECASE)
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_CREDENTIALS = re.compile(r"://[^/@]*@")


def schema() -> str:
    """Return the JSON Schema of the file, for editors."""
    written = _singly(Config.model_json_schema()) | {"title": "seamproof.toml", "$schema": _DRAFT}
    return json.dumps(written, indent=2, sort_keys=True)


def _singly(schema: Any) -> Any:
    """The same where each list of tables may be one table alone, as the loader takes it."""
    if isinstance(schema, list):
        return [_singly(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _singly(each) for name, each in schema.items()}
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        return {"anyOf": [inner, inner["items"]]}
    return inner


def explained(key: str) -> list[str]:
    """Return what is known of one key, as `service.ready`, or of a section and its keys.

    Raises ConfigurationError for an unknown key.
    """
    whole = Config.model_json_schema()
    known: dict[str, Any] = whole
    walked: list[str] = []
    for part in key.split("."):
        known = _inner(_resolved(known, whole), part, ".".join(walked))
        walked.append(part)
    section = _resolved(known, whole)
    text = known.get("description") or section.get("description") or ""
    lines = [key, f"  {' '.join(text.split())}"]
    if default := known.get("default"):
        lines.append(f"  default: {json.dumps(default)}")
    for name, each in section.get("properties", {}).items():
        lines.append(f"  {name:<14} {' '.join(each.get('description', '').split())}")
    return lines


def _resolved(known: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, also one that may be null instead."""
    for each in (known, *known.get("anyOf", ()), *known.get("allOf", ())):
        if "$ref" in each:
            found: dict[str, Any] = whole["$defs"][each["$ref"].rpartition("/")[2]]
            return found
    return known


def _inner(section: dict[str, Any], part: str, where: str) -> dict[str, Any]:
    properties: dict[str, dict[str, Any]] = section.get("properties", {})
    if part in properties:
        return properties[part]
    named = section.get("additionalProperties")
    if isinstance(named, dict):
        return named
    nearest = get_close_matches(part, properties, n=1, cutoff=0.4)
    known = f"known: {', '.join(properties)}" if properties else "it has no keys"
    raise ConfigurationError(
        f"{where or 'the configuration'} has no key {part!r}",
        hint=f"did you mean {nearest[0]}?" if nearest else known,
    )


def effective(path: Path | None) -> list[str]:
    """Return every key that is set, secrets hidden. Raises ConfigurationError as `load` does."""
    config = load(path)
    values = config.model_dump(mode="json", by_alias=True, exclude={"root", "file"})
    return [
        f"# {config.file}",
        *(f"{'.'.join(keys)} = {_shown(keys, value)}" for keys, value in _leaves((), values)),
    ]


def _leaves(keys: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves((*keys, str(name)), each)
    elif value not in (None, "", []):
        yield keys, value


def _shown(keys: tuple[str, ...], value: Any) -> str:
    private = keys[0] == "identities" or (keys[0] != "database" and "env" in keys)
    named = private and any(_SECRET.search(each) for each in keys[1:])
    if named and not re.search(r"\{env\.\w+\}", str(value)):
        return '"<hidden>"'
    text = json.dumps(value, ensure_ascii=False)
    return _CREDENTIALS.sub("://<hidden>@", text)
