"""Media types as documents write them, and in which order bodies are tried."""

from __future__ import annotations

import re

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORMS = (FORM, MULTIPART)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+*-]{1,127}/[a-z0-9!#$&^_.+*-]{1,127}")


def media_type(text: str) -> str:
    """A media type without parameters, in small letters; empty where it is none."""
    bare = text.partition(";")[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) else ""


def sent_as(text: str) -> str:
    """The type that a body is sent as: JSON where any will do, or none is named."""
    found = media_type(text)
    return JSON if not found or "*" in found else found


def is_json(content_type: str) -> bool:
    """Whether it is JSON (RFC 6839, section 3.1)."""
    return content_type == JSON or content_type.endswith("+json")


def rank(content_type: str) -> int:
    """JSON itself first, then what is JSON, then forms."""
    if content_type == JSON:
        return 0
    if is_json(content_type):
        return 1
    return 2 + FORMS.index(content_type) if content_type in FORMS else 4
