"""The operations of a service's own OpenAPI document: enough to say that it has one, or a near one.

A document is the service's, and as hostile as its answers: bytes, depth and nodes are bounded, and
nothing that it refers to is fetched. OpenAPI 2 and 3 are read alike: both have `paths`, under
`basePath` (2) or the paths of `servers` (3).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from seamproof.core.model import Json, Operation

MAX_BYTES = 4 << 20
MAX_DEPTH = 200
MAX_NODES = 1_000_000
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER = re.compile(r"\{[^{}]*\}")
_NEAR = 0.6


class Unreadable(ValueError):
    """The document cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says that there is, paths under each of its bases."""

    operations: tuple[Operation, ...]
    open_paths: frozenset[str] = frozenset()
    """Paths whose methods are described elsewhere, by a reference: any method may be there."""

    def has(self, operation: Operation) -> bool:
        """Whether it has the operation, whatever its path parameters are called."""
        return any(_matches(operation.path, path) for path in self.open_paths) or any(
            each.method == operation.method and _matches(operation.path, each.path)
            for each in self.operations
        )

    def nearest(self, operation: Operation) -> Operation | None:
        """The operation that may be meant: the same path by another method, or a near spelling."""
        for each in self.operations:
            if _matches(operation.path, each.path):
                return each
        spelled = {_unnamed(each): each for each in self.operations}
        found = difflib.get_close_matches(_unnamed(operation), spelled, n=1, cutoff=_NEAR)
        return spelled[found[0]] if found else None


def read(data: bytes) -> Document:
    """Read a document of OpenAPI 2 or 3 in JSON. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"it has more than {MAX_BYTES >> 20} MiB")
    try:
        root: Json = json.loads(data)
    except RecursionError:
        raise Unreadable(f"it is nested deeper than {MAX_DEPTH}") from None
    except ValueError:
        raise Unreadable("it is no JSON") from None
    _bound(root)
    paths = root.get("paths") if isinstance(root, dict) else None
    if not isinstance(paths, dict):
        raise Unreadable("it has no `paths`")
    bases = tuple(dict.fromkeys(("", *_bases(root))))
    items = {
        f"{base}{path}": item
        for base in bases
        for path, item in paths.items()
        if path.startswith("/") and isinstance(item, dict)
    }
    return Document(
        tuple(
            Operation(method.upper(), path)
            for path, item in items.items()
            for method in _METHODS
            if method in item
        ),
        frozenset(path for path, item in items.items() if "$ref" in item),
    )


def _bound(root: Json) -> None:
    """Raise Unreadable for what is deeper or larger than any real document."""
    nodes, level = 0, [root]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise Unreadable(f"it has more than {MAX_NODES} nodes")
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return
    raise Unreadable(f"it is nested deeper than {MAX_DEPTH}")


def _inner(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _bases(root: dict[str, Json]) -> Iterator[str]:
    if isinstance(base := root.get("basePath"), str):
        yield base.rstrip("/")
    servers = root.get("servers")
    for server in servers if isinstance(servers, list) else ():
        url = server.get("url") if isinstance(server, dict) else None
        if not isinstance(url, str):
            continue
        try:
            yield urlsplit(url).path.rstrip("/")
        except ValueError:
            continue


def _matches(path: str, template: str) -> bool:
    """Whether a path, which may have parameters itself, is one that a template describes."""
    segments, described = path.split("/"), template.split("/")
    return len(segments) == len(described) and all(
        mine == theirs or _fits(mine, theirs)
        for mine, theirs in zip(segments, described, strict=True)
    )


def _fits(segment: str, template: str) -> bool:
    if "{" not in template:
        return False
    literal = [re.escape(part) for part in _PARAMETER.split(template)]
    return re.fullmatch("[^/]+".join(literal), segment) is not None


def _unnamed(operation: Operation) -> str:
    return f"{operation.method} {_PARAMETER.sub('{}', operation.path)}"
