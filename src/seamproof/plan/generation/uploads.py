"""Bodies whose fields are files (`multipart/form-data`), and those that are no JSON at all."""

from __future__ import annotations

from seamproof.core.model import Json
from seamproof.plan.generation.keywords import Schema
from seamproof.plan.generation.schemas import Schemas
from seamproof.plan.generation.vocabulary import words

_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
    "DwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""
_IMAGES = frozenset("image images avatar photo picture icon logo thumbnail cover".split())  # noqa: SIM905
_TABLES = frozenset({"csv", "import"})


def is_multipart(content_type: str) -> bool:
    """Whether a body of this media type has parts."""
    return content_type.strip().lower().startswith("multipart/")


def with_files(schemas: Schemas, schema: Json, value: Json) -> Json:
    """The fields, with a file in place of each value that is one by its schema."""
    followed = schemas.follow(schema)
    if not isinstance(value, dict) or not isinstance(followed, dict):
        return value
    properties = dict(followed.get("properties", {}))
    for part in followed.get("allOf", ()):
        inner = schemas.follow(part)
        if isinstance(inner, dict):
            properties |= inner.get("properties", {})
    return {
        name: _file_or(schemas, properties.get(name), name, each) for name, each in value.items()
    }


def _file_or(schemas: Schemas, schema: Json, name: str, value: Json) -> Json:
    inner = schemas.follow(schema)
    if isinstance(inner, dict) and isinstance(value, list):
        return [_file_or(schemas, inner.get("items"), name, each) for each in value]
    return _file(name, inner) if _is_file(schemas, inner) else value


def _is_file(schemas: Schemas, schema: Json) -> bool:
    if not isinstance(schema, dict):
        return False
    if schema.get("format") in ("binary", "file") or "contentMediaType" in schema:
        return True
    return any(
        _is_file(schemas, schemas.follow(each))
        for keyword in ("anyOf", "oneOf", "allOf")
        for each in schema.get(keyword, ())
    )


def _file(name: str, schema: Schema) -> Schema:
    said = str(schema.get("contentMediaType", ""))
    found = frozenset(words(name))
    if found & _IMAGES or said.startswith("image/"):
        return {"filename": "sample.png", "type": "image/png", "base64": _PIXEL}
    if found & _TABLES or said == "text/csv":
        return {"filename": "sample.csv", "type": "text/csv", "content": "id,name\n1,sample\n"}
    if said == "application/json":
        return {"filename": "sample.json", "type": said, "content": "{}"}
    return {"filename": "sample.txt", "type": "text/plain", "content": "sample\n"}
