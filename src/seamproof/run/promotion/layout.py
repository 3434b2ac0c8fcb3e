"""Python's literals and calls, in one line where they fit, else a line for each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

WIDTH: Final = 100
_INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class Call:
    """A call, as it is written."""

    name: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A name that stands for itself."""

    text: str


def laid_out(value: Any, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """A value as source. `indent` is of the lines that follow, in levels; `before` and `after` are
    the characters that stand beside it in the first and the last line."""
    flat = _flat(value)
    if indent * len(_INDENT) + before + len(flat) + after <= WIDTH:
        return flat
    if isinstance(value, Call):
        parts = [(f"{name}=" if name else "", each) for name, each in _arguments(value)]
        return _block(f"{value.name}(", parts, ")", indent) if parts else flat
    if isinstance(value, Mapping):
        parts = [(f"{_text(str(name))}: ", each) for name, each in value.items()]
        return _block("{", parts, "}", indent) if parts else flat
    if isinstance(value, list | tuple):
        opening, closing = "[]" if isinstance(value, list) else "()"
        return _block(opening, [("", each) for each in value], closing, indent) if value else flat
    if isinstance(value, str) and not isinstance(value, Enum):
        return _pieces(value, indent)
    return flat


def _arguments(call: Call) -> list[tuple[str, Any]]:
    return [*(("", each) for each in call.arguments), *(call.named or {}).items()]


def _flat(value: Any) -> str:
    if isinstance(value, Call):
        parts = (f"{name}={_flat(v)}" if name else _flat(v) for name, v in _arguments(value))
        return f"{value.name}({', '.join(parts)})"
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Mapping):
        parts = (f"{_text(str(name))}: {_flat(each)}" for name, each in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_flat, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return _text(str(value))
    return repr(value)


def _text(text: str) -> str:
    """A string in double quotes, as formatters have it, but where single ones need no backslash."""
    written = repr(text)
    if written[0] == '"' or ('"' in text and "'" not in text):
        return written
    inner = written[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{inner}"'


def _block(opening: str, parts: list[tuple[str, Any]], closing: str, indent: int) -> str:
    inner = _INDENT * (indent + 1)
    lines = [f"{inner}{name}{laid_out(value, indent + 1, len(name), 1)}," for name, value in parts]
    return "\n".join([opening, *lines, f"{_INDENT * indent}{closing}"])


def _pieces(text: str, indent: int) -> str:
    """A long string as several, one after the other, in brackets."""
    room = WIDTH - (indent + 1) * len(_INDENT) - 8
    pieces, rest = [], text
    while len(rest) > room:
        cut = rest.rfind(" ", 0, room) + 1 or room
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces.append(rest)
    inner = _INDENT * (indent + 1)
    return "\n".join(["(", *(f"{inner}{_text(each)}" for each in pieces), f"{_INDENT * indent})"])
