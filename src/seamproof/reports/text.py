"""Text for people: what the target sent is made harmless, measured in cells and cut to a width.

A terminal obeys control characters wherever they come from (ECMA-48), and bidirectional overrides
reorder what a reader sees (Unicode TR 36), so both are written out as escapes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from textwrap import wrap

_SPACES = str.maketrans({"\n": " ", "\r": " ", "\t": " ", "\v": " ", "\f": " "})
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
ELLIPSIS = "…"


def harmless(text: str) -> str:
    """Return one line with nothing in it that a terminal obeys: `\\x1b[2J` becomes visible."""
    line = text.translate(_SPACES)
    if line.isascii() and line.isprintable():
        return line
    return "".join(_escaped(character) for character in line)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _OBEYED:
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def body(content: bytes) -> str:
    """Return a request's or response's body as text; what is not UTF-8 shows as `\\xff`."""
    return content.decode("utf-8", "backslashreplace")


def cells(text: str) -> int:
    """Return the columns that a terminal uses for it (Unicode TR 11: wide ones take two)."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, width: int) -> str:
    """Cut to at most `width` cells, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    kept: list[str] = []
    used = 1
    for character in text:
        used += _cells(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept).rstrip() + ELLIPSIS if width > 0 else ""


def squeeze(text: str, width: int) -> str:
    """Cut from the middle to at most `width` cells: the end of a long path tells it from others."""
    if cells(text) <= width:
        return text
    head = clip(text, max(1, width // 3))
    room = width - cells(head)
    kept: list[str] = []
    for character in reversed(text):
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return head + "".join(reversed(kept)).lstrip()


def fold(text: str) -> str:
    """Fold white space, as SQL may be laid out over many lines."""
    return " ".join(text.split())


def pad(text: str, width: int) -> str:
    """Fill with blanks up to `width` cells."""
    return text + " " * max(0, width - cells(text))


def paragraph(text: str, width: int, most: int) -> list[str]:
    """Break prose into at most `most` lines; the last is cut where more is missing."""
    lines = wrap(text, max(width, 10), break_on_hyphens=False) or [""]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], clip(" ".join(lines[most - 1 :]), width)]


def bounded(lines: Iterable[str], most: int, what: str) -> list[str]:
    """Keep at most `most` lines; the last then says how many `what` are not shown."""
    every = list(lines)
    if len(every) <= most:
        return every
    return [*every[: most - 1], f"{ELLIPSIS} and {len(every) - most + 1} more {what}"]


class Facts(dict[str, object]):
    """Facts for `str.format_map`: one that is missing stays as `{name}` in place of an error."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def fill(template: str, facts: dict[str, str | int | float | bool | None]) -> str:
    """Fill a class's template with the evidence's facts, each made harmless."""
    safe = Facts({name: _plain(value) for name, value in facts.items()})
    try:
        return template.format_map(safe)
    except (ValueError, IndexError, AttributeError, KeyError):
        # A malformed template of a plugin must not cost the user the finding.
        return template


def _plain(value: str | int | float | bool | None) -> str | int | float | bool:
    if value is None:
        return "nothing"
    return harmless(value) if isinstance(value, str) else value
