"""JSON Schema: a mapping or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from seamproof.core.model import Json

_MOST = 8


def differences(schema: Mapping[str, Any] | str | Path, found: Json) -> list[str]:
    """Where a value does not conform, a line each. Raises ValueError for what is no schema."""
    validator = _validator(_text(schema))
    lines: list[str] = []
    for error in validator.iter_errors(found):
        if len(lines) == _MOST:
            break
        place = "".join(
            f"[{each}]" if isinstance(each, int) else f".{each}" for each in error.instance_path
        )
        lines.append(f"${place}: {error.message}")
    return lines


def _text(schema: Mapping[str, Any] | str | Path) -> str:
    if isinstance(schema, Mapping):
        return json.dumps(schema, sort_keys=True)
    return Path(schema).read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _validator(text: str) -> Any:
    return jsonschema_rs.validator_for(json.loads(text))
