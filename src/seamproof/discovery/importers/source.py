"""JSON of strangers: bytes, depth and nodes are bounded, and every mistake is named with its place.

A place reads `orders.har: log.entries[3].request`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Json

MAX_BYTES = 128 << 20
MAX_DEPTH = 100
MAX_NODES = 4_000_000
_SCALARS = (str, int, float)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a file, and where it stands there. Raises ConfigurationError for another type."""

    value: Json
    file: str
    path: str = ""

    def get(self, key: str) -> Node:
        """The member of this name; of what is not there the value is None."""
        return Node(self.members().get(key), self.file, f"{self.path}.{key}" if self.path else key)

    def members(self) -> dict[str, Json]:
        """The members of an object; none where it is null."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.refuse(f"expected an object, found {_named(self.value)}")
        return self.value

    def items(self) -> Iterator[Node]:
        """The items of a list; none where it is null."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.refuse(f"expected a list, found {_named(self.value)}")
        for index, each in enumerate(self.value):
            yield Node(each, self.file, f"{self.path}[{index}]")

    def text(self, key: str) -> str:
        """The text of a member; empty where it is null, and numbers as they are written."""
        found = self.get(key)
        if found.value is None:
            return ""
        if isinstance(found.value, bool):
            return json.dumps(found.value)
        if not isinstance(found.value, _SCALARS):
            found.refuse(f"expected a text, found {_named(found.value)}")
        return str(found.value)

    def refuse(self, problem: str, hint: str = "correct the file, or export it again") -> NoReturn:
        """Raise ConfigurationError with the place."""
        where = f"{self.file}: {self.path}" if self.path else self.file
        raise ConfigurationError(f"{where}: {problem}", hint=hint)


def parse(data: bytes, file: str) -> Node:
    """Read a file's JSON. Raises ConfigurationError with line and column, or what is too much."""
    root = Node(None, file)
    if len(data) > MAX_BYTES:
        root.refuse(f"more than {MAX_BYTES >> 20} MiB", "record less at once")
    try:
        value: Json = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        root.refuse(f"byte {error.start} is no UTF-8")
    except json.JSONDecodeError as error:
        root.refuse(f"line {error.lineno}, column {error.colno}: no JSON: {error.msg}")
    except RecursionError:
        root.refuse(f"nested deeper than {MAX_DEPTH}")
    except ValueError as error:
        root.refuse(f"no JSON: {error}")
    _bound(value, root)
    return Node(value, file)


def value_of(text: str) -> Json:
    """The JSON of a body. Raises ValueError where it is none, or too deep to be written."""
    try:
        value: Json = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("too deep") from None
    if depth_exceeds(value, MAX_DEPTH):
        raise ValueError("too deep")
    return value


def depth_exceeds(value: Json, most: int) -> bool:
    """Whether a value is nested deeper than `most` levels."""
    level = [value]
    for _ in range(most):
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return False
    return True


def nodes(value: Json) -> int:
    """How many values there are in a value, itself included."""
    count, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        count += 1
        waiting += _inner(each)
    return count


def _bound(value: Json, root: Node) -> None:
    count, level = 0, [value]
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_NODES:
            root.refuse(f"more than {MAX_NODES} values", "record less at once")
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return
    root.refuse(f"nested deeper than {MAX_DEPTH}")


def _inner(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _named(value: Json) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", dict: "an object", list: "a list", str: "a text"}
    return names.get(type(value), "a number")
