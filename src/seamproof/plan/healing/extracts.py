"""Where in an answer a value is now that a step extracts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seamproof.core.history import Exchange
from seamproof.core.model import Extract, Json, Step
from seamproof.plan.healing.edits import Resource
from seamproof.plan.healing.pairs import likeness
from seamproof.plan.synthesis.outcome import parsed
from seamproof.plan.synthesis.suppliers import has, json_path, leaves

_PART = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]")
_ALIKE = 0.5
_MOST = 4


def lost(step: Step, exchange: Exchange) -> list[Extract]:
    """What a step extracts and the answer does not have where it says."""
    return [each for each in step.extracts if not _there(each.source, exchange)]


def moved(extract: Extract, exchange: Exchange, renames: Mapping[str, str]) -> Iterator[Resource]:
    """Where a value may be now, the likeliest first. `renames` are of properties, old to new."""
    body = parsed(exchange)
    parts = _path(extract.source)
    name = str(
        next((each for each in reversed(parts or ()) if isinstance(each, str)), extract.name)
    )
    told = tuple(renames.get(each, each) if isinstance(each, str) else each for each in parts or ())
    if parts and told != parts and has(body, told):
        source = json_path(told)
        if source is not None:
            yield Resource(extract.name, extract.source, source)
    ranked: list[tuple[float, int, str]] = []
    for path, _, _, _ in leaves(body, ""):
        source = json_path(path)
        leaf = next((each for each in reversed(path) if isinstance(each, str)), "")
        how = max(likeness(leaf, name), 0.9 * likeness(leaf, extract.name))
        if source is not None and how >= _ALIKE:
            # Of equal names the one that is not nested more than it was.
            depth = abs(len(path) - len(parts or path))
            ranked.append((-how, depth, source))
    for _, _, source in sorted(ranked)[:_MOST]:
        if source != extract.source:
            yield Resource(extract.name, extract.source, source)
    yield from _in_headers(extract, exchange, name)


def _in_headers(extract: Extract, exchange: Exchange, name: str) -> Iterator[Resource]:
    assert exchange.response is not None
    for header, _ in exchange.response.headers:
        alike = likeness(header.lower().removeprefix("x-"), name)
        if alike >= 0.9 and extract.source.lower() != f"header:{header.lower()}":
            yield Resource(extract.name, extract.source, f"header:{header}")


def _there(source: str, exchange: Exchange) -> bool:
    assert exchange.response is not None
    kind, _, name = source.partition(":")
    if kind == "header":
        return any(key.lower() == name.lower() for key, _ in exchange.response.headers)
    if kind == "cookie":
        cookies = [value for key, value in exchange.response.headers if key.lower() == "set-cookie"]
        return any(each.startswith(f"{name}=") for each in cookies)
    path = _path(source)
    body: Json = parsed(exchange)
    return path is not None and body is not None and has(body, path)


def _path(source: str) -> tuple[str | int, ...] | None:
    """A path of names and indexes (RFC 9535's singular queries); None where it is none."""
    if not source.startswith("$"):
        return None
    parts: list[str | int] = []
    position = 1
    while position < len(source):
        match = _PART.match(source, position)
        if match is None:
            return None
        name, index, quoted = match.groups()
        parts.append(int(index) if index is not None else (name or quoted or ""))
        position = match.end()
    return tuple(parts)
