"""Documents with mistakes: mutations of trees and of bytes, the same for the same seed."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from seamproof.discovery.openapi.parsing import parse

DOCUMENTS = Path(__file__).parent / "documents"
KEYS = (
    *("$ref", "type", "properties", "items", "allOf", "anyOf", "nullable", "enum", "required"),
    *("exclusiveMinimum", "discriminator", "mapping", "examples", "example", "content"),
    *("schema", "parameters", "in", "name", "requestBody", "responses", "security", "servers"),
    *("url", "variables", "paths", "get", "post", "consumes", "produces", "basePath", "swagger"),
    *("openapi", "components", "links", "operationId", "operationRef", "headers", "style"),
    *("flows", "callbacks", "collectionFormat", "default", "additionalProperties"),
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 1e308, 10**400, "", "x", "\x00", "é\U0001f600", "\ud800"),
    *("{", "/{a}/{a}", "//", "http://[", "http://h:99999/x", "#", "#/", "#/paths", "%", "*/*"),
    *([], {}, [None], [[]], {"": {}}, {"$ref": "#"}, {"$ref": "#/components"}, {"$ref": 3}),
    *({"type": "object"}, {"type": ["string", 3]}, {"nullable": True}, [{"a": []}], "a" * 5_000),
    *({"in": "query", "name": "q"}, {"in": "path"}, {"200": None}, {"application/json": 3}),
)
"""What is put in the place of something else; what it refers to may hold it."""


def mutants(number: int, seed: int = 0) -> Iterator[bytes]:
    """As many documents, of each committed one in turn."""
    trees = [parse(path.read_bytes()) for path in sorted(DOCUMENTS.iterdir())]
    for index in range(number):
        dice = random.Random(seed * 1_000_003 + index)
        tree = deepcopy(trees[index % len(trees)])
        for _ in range(dice.choice((1, 1, 2, 5, 20))):
            tree = _mutated(tree, dice)
        data = _written(tree, dice)
        yield _garbled(data, dice) if dice.random() < 0.2 else data


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Each container and key, the root aside."""
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield value, key
        if depth < 100:
            yield from _places(inner, depth + 1)


def _mutated(tree: Any, dice: random.Random) -> Any:
    places = list(_places(tree))
    if not places:
        return dice.choice(VALUES)
    holder, key = dice.choice(places)
    match dice.randrange(9):
        case 0:
            del holder[key]
        case 1:
            holder[key] = deepcopy(dice.choice(VALUES))
        case 2:
            other, taken = dice.choice(places)
            holder[key] = deepcopy(other[taken])
        case 3:
            holder[key] = {"$ref": _reference(tree, dice)}
        case 4 if isinstance(holder, dict):
            holder[dice.choice(KEYS)] = holder.pop(key)
        case 5 if isinstance(holder, dict):
            holder[dice.choice(KEYS)] = deepcopy(dice.choice(VALUES))
        case 6:
            holder[key] = [holder[key]]
        case 7:
            for _ in range(dice.choice((3, 70, 250))):
                holder[key] = {dice.choice(("items", "not", "a")): holder[key]}
        case _:
            if isinstance(holder[key], str):
                holder[key] = holder[key][: dice.randrange(4)] + str(dice.choice(VALUES))
    return tree


def _reference(tree: Any, dice: random.Random) -> Any:
    """A reference into the document, or to nowhere."""
    tokens: list[str] = []
    value = tree
    for _ in range(dice.randrange(6)):
        if not isinstance(value, dict) or not value:
            break
        key = dice.choice(list(value))
        tokens.append(str(key).replace("~", "~0").replace("/", "~1"))
        value = value[key]
    return "#" + "".join(f"/{each}" for each in tokens) + dice.choice(("", "", "", "/gone", "/~2"))


def _written(tree: Any, dice: random.Random) -> bytes:
    written = json.dumps(tree, ensure_ascii=dice.random() < 0.7)
    if dice.random() < 0.3:
        # Where the writer cannot go so deep, JSON it is.
        with contextlib.suppress(RecursionError):
            written = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    return written.encode("utf-8", "replace")


def _garbled(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    match dice.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
        case 2:
            return data[:at] + data[at : at + 200] * dice.randrange(2, 50) + data[at:]
        case 3:
            odd = (b"&a ", b"*a ", b"<<: ", b"\x00", b"- ", b"? ")
            return data[:at] + dice.choice(odd) + data[at:]
        case _:
            return data.replace(b'"', b"'", dice.randrange(20))
