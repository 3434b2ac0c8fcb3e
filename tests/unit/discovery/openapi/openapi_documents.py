"""Documents as tools write them, small: the fixtures of the tests of their reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seamproof.core.document import Declaration, Document
from seamproof.core.model import Operation
from seamproof.discovery.openapi import read

DOCUMENTS = Path(__file__).parent / "documents"


def stored(name: str, location: str = "") -> Document:
    """A committed document."""
    return read((DOCUMENTS / name).read_bytes(), location=location)


def document(paths: dict[str, Any] | None = None, location: str = "", **root: Any) -> Document:
    """A document of 3.1 with these paths, unless `root` says otherwise."""
    version = {} if "swagger" in root else {"openapi": "3.1.0"}
    whole = {**version, "paths": paths or {}, **root}
    return read(json.dumps(whole).encode(), location=location)


def declared(document: Document, operation: str) -> Declaration:
    """What a document declares of an operation that it has."""
    found = document.declaration(Operation.parse(operation))
    assert found is not None, [each.operation.id for each in document.declarations]
    return found


def operation(value: dict[str, Any], **root: Any) -> tuple[Declaration, Document]:
    """What is declared by one Operation Object, and the document that has it alone."""
    whole = document({"/things": {"post": value}}, **root)
    return declared(whole, "POST /things"), whole


def schema_of(schema: Any, **root: Any) -> tuple[Any, Document]:
    """A schema as it is read, and the document that has it."""
    if str(root.get("swagger", "")).startswith("2"):
        value: dict[str, Any] = {"parameters": [{"in": "body", "name": "b", "schema": schema}]}
    else:
        value = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    declaration, whole = operation(value, **root)
    return declaration.bodies[0].schema, whole
