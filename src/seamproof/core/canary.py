"""Texts that nobody else has written: where one is seen, it has come from where it was put."""

from __future__ import annotations

import base64
import hashlib
import re

PREFIX = "qzsmp"
"""What every canary begins with. No word of any language does."""
LENGTH = 12
"""Characters of one: short, so that it fits most columns."""
_PATTERN = re.compile(rf"{PREFIX}[0-9a-v]{{{LENGTH - len(PREFIX)}}}")
_ANY_CASE = re.compile(_PATTERN.pattern, re.IGNORECASE)
_OURS = re.compile(rf"\W*(?:{_PATTERN.pattern}\W*)+(?:example\.(?:com|org))?")
_BYTES = re.compile(_PATTERN.pattern.encode())


def canary(*parts: str) -> str:
    """The canary of a place, as a table, a key and a column: the same in equal experiments.

    Twelve lower-case letters and digits, so that it passes most patterns.
    """
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    digits = base64.b32hexencode(digest).decode().lower()
    return f"{PREFIX}{digits[: LENGTH - len(PREFIX)]}"


def found(text: str | bytes) -> tuple[str, ...]:
    """The canaries in a text, each once, in their order."""
    if isinstance(text, bytes):
        return tuple(dict.fromkeys(each.decode() for each in _BYTES.findall(text)))
    return tuple(dict.fromkeys(_PATTERN.findall(text)))


def spans(text: str) -> tuple[tuple[str, int, int], ...]:
    """Each canary in a text with where it begins and ends, also where it was put in capitals."""
    return tuple((each[0].lower(), *each.span()) for each in _ANY_CASE.finditer(text))


def ours(text: str) -> bool:
    """Whether a text is made of canaries and punctuation alone: nobody else's value is in it."""
    return _OURS.fullmatch(text) is not None
