"""A service's own OpenAPI document, 2.0 to 3.2, to `core.document.Document`.

    bytes -> parsing -> source -> reader -> Document

- `parsing`     JSON or YAML, bounded
- `source`      the tree, its references, and the problems that were met
- `reader`      paths and operations, and what each declares
- `servers`     the path that they are below
- `schemas`, `keywords`   to JSON Schema, draft 2020-12
- `parameters`, `bodies`, `answers`, `security`, `media`   the parts of an operation
- `matching`    whether it has an operation, and which is near

A document is the service's, and as hostile as its answers: bytes, depth, nodes, aliases, operations
and work are bounded, and nothing that it refers to is fetched. What is malformed costs its own
piece, and a line in `problems` with its JSON Pointer; never the document.
"""

from seamproof.discovery.openapi.parsing import Unreadable
from seamproof.discovery.openapi.reader import bases, read

__all__ = ["Unreadable", "bases", "read"]
