"""Fields and files as `multipart/form-data` (RFC 7578), the same bytes for the same fields."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping

from seamproof.core.model import Json

_FILE = frozenset({"filename", "type", "content", "base64"})


def encode(fields: Mapping[str, Json]) -> tuple[str, bytes]:
    """The content type with its boundary, and the body."""
    parts = [part for name, value in fields.items() for part in _parts(name, value)]
    boundary = hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + b"--%s--\r\n" % boundary.encode()


def _parts(name: str, value: Json) -> Iterator[bytes]:
    """One part for a value, one for each of a list's."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and "filename" in each and _FILE.issuperset(each):
            yield _file(name, each)
        elif each is not None:
            text = each if isinstance(each, str) else json.dumps(each)
            yield f'Content-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{text}'.encode()


def _file(name: str, file: Mapping[str, Json]) -> bytes:
    head = (
        f'Content-Disposition: form-data; name="{_quoted(name)}"; '
        f'filename="{_quoted(str(file["filename"]))}"\r\n'
        f"Content-Type: {_line(str(file.get('type', 'application/octet-stream')))}\r\n\r\n"
    )
    return head.encode() + _content(file)


def _content(file: Mapping[str, Json]) -> bytes:
    if "base64" not in file:
        return str(file.get("content", "")).encode()
    try:
        return base64.b64decode(str(file["base64"]), validate=True)
    except binascii.Error:
        return str(file["base64"]).encode()


def _quoted(text: str) -> str:
    """As browsers escape it (RFC 7578, section 4.2, and the HTML standard)."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")
