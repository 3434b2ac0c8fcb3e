"""Says what is wrong with a configuration: one line a mistake, in the file's terms."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seamproof.core.errors import ConfigurationError

_EXPECTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}

_OF_A_KEY = "[key]"
"""What pydantic adds to the place of a mistake in the name of a key."""


def explain(
    error: ValidationError, model: type[BaseModel], file: Path | None
) -> ConfigurationError:
    """The error that a person reads, for all that pydantic found."""
    lines: list[str] = []
    hints: list[str] = []
    for each in error.errors():
        line, hint = _mistake(each, model)
        lines.append(line)
        if hint and hint not in hints:
            hints.append(hint)
    where = f"{file}: " if file else ""
    if len(lines) == 1:
        return ConfigurationError(where + lines[0], hint="; ".join(hints))
    return ConfigurationError(
        f"{where}{len(lines)} mistakes in the configuration",
        hint="; ".join(hints),
        details=tuple(lines),
    )


def _mistake(each: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    location = tuple(str(part).strip() for part in each["loc"])
    kind = each["type"]
    context = each.get("ctx", {})
    if location[-1:] == (_OF_A_KEY,):
        location = location[:-1]
        if kind == "value_error":
            # The message says the name, so the place is the table that it is in.
            return f"{dotted(location[:-1])}: {context['error']}", ""
    key = dotted(location)
    if kind == "extra_forbidden":
        return _unknown_key(location, model)
    if kind == "missing":
        return f"{key} is missing", ""
    if kind == "value_error":
        return f"{key} {context['error']}", ""
    if kind == "literal_error":
        return f"{key} is {each['input']!r}, and may be {context['expected']}", ""
    if kind in _EXPECTED:
        return f"{key} must be {_EXPECTED[kind]}, and is {_shown(each['input'])}", ""
    bounds = {
        "greater_than": ("more than", "gt"),
        "greater_than_equal": ("at least", "ge"),
        "less_than_equal": ("at most", "le"),
    }
    if kind in bounds:
        words, limit = bounds[kind]
        return f"{key} must be {words} {context[limit]:g}, and is {each['input']}", ""
    return f"{key}: {each['msg']}", ""


def _unknown_key(location: tuple[str, ...], model: type[BaseModel]) -> tuple[str, str]:
    parent, name = location[:-1], location[-1]
    owner = _model_at(model, parent)
    known = _keys(owner) if owner else []
    where = f"[{dotted(parent)}]" if parent else "the configuration"
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {dotted((*parent, nearest[0]))}?" if nearest else ""
    if not nearest and known:
        hint = f"{where} has: {', '.join(known)}"
    return f"{where} has no key {name!r}", hint


def _keys(model: type[BaseModel]) -> list[str]:
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if name not in {"root", "file"}
    ]


def _model_at(model: type[BaseModel], location: tuple[str, ...]) -> type[BaseModel] | None:
    """The model at a key path: dictionaries and lists take any key."""
    kind: Any = model
    for part in location:
        kind = _bare(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {f.alias or name: f.annotation for name, f in kind.model_fields.items()}
            if part not in fields:
                return None
            kind = fields[part]
        elif get_origin(kind) in (dict, Mapping, list, tuple):
            kind = get_args(kind)[1 if get_origin(kind) in (dict, Mapping) else 0]
        else:
            return None
    kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _bare(kind: Any) -> Any:
    """The type without Annotated and without None."""
    while get_origin(kind) in (Annotated, Union, UnionType):
        arguments = [each for each in get_args(kind) if each is not type(None)]
        kind = arguments[0]
    return kind


def dotted(location: tuple[str, ...]) -> str:
    """A key path as TOML writes it, quoted where a word is not bare."""
    return ".".join(
        part if part and all(c.isalnum() or c in "_-" for c in part) else f'"{part}"'
        for part in location
    )


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return repr(value)
