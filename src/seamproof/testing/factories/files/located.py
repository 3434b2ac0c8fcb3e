"""Values of JSON, YAML and CSV with the line and the column that they stand at, counted from 1."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from json.decoder import JSONDecodeError, JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import yaml

_SPACE = re.compile(r"[ \t\n\r]*")
_DEEPEST = 200
"""Levels of nesting that are read: only the first few are rows."""


class Spot(NamedTuple):
    """A place in a file."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value where it stands. Lists and mappings hold nodes, and the names of a mapping too."""

    value: Any
    spot: Spot

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, list):
            return [each.plain() for each in self.value]
        if isinstance(self.value, dict):
            return {name.value: each.plain() for name, each in self.value.items()}
        return self.value


class Malformed(ValueError):
    """What cannot be read, and where."""

    def __init__(self, problem: str, spot: Spot) -> None:
        super().__init__(problem)
        self.spot = spot


def of_json(text: str) -> Node:
    """The value of a JSON text. Raises Malformed."""
    try:
        json.loads(text)
        return _JsonReader(text).whole()
    except JSONDecodeError as error:
        raise Malformed(error.msg, Spot(error.lineno, error.colno)) from None
    except RecursionError:
        raise Malformed("it is nested too deeply", Spot(1, 1)) from None


class _JsonReader:
    """Reads a text that is known to be JSON: Python's own reader keeps no places."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._scalar = JSONDecoder().raw_decode

    def whole(self) -> Node:
        return self._value(self._skip(0))[0]

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _spot(self, at: int) -> Spot:
        from bisect import bisect_right

        line = bisect_right(self._starts, at)
        return Spot(line, at - self._starts[line - 1] + 1)

    def _value(self, at: int) -> tuple[Node, int]:
        opening = self._text[at]
        if opening == "[":
            return self._list(at)
        if opening == "{":
            return self._mapping(at)
        value, end = self._scalar(self._text, at)
        return Node(value, self._spot(at)), end

    def _list(self, at: int) -> tuple[Node, int]:
        nodes, place = [], self._skip(at + 1)
        while self._text[place] != "]":
            node, place = self._value(place)
            nodes.append(node)
            place = self._skip(place)
            if self._text[place] == ",":
                place = self._skip(place + 1)
        return Node(nodes, self._spot(at)), place + 1

    def _mapping(self, at: int) -> tuple[Node, int]:
        nodes, place = {}, self._skip(at + 1)
        while self._text[place] != "}":
            text, end = scanstring(self._text, place + 1)
            name = Node(text, self._spot(place))
            node, place = self._value(self._skip(self._skip(end) + 1))
            nodes[name] = node
            place = self._skip(place)
            if self._text[place] == ",":
                place = self._skip(place + 1)
        return Node(nodes, self._spot(at)), place + 1


def of_yaml(text: str) -> Node:
    """The value of a YAML text. Raises Malformed."""
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        return Node(None, Spot(1, 1)) if root is None else _of_node(loader, root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        spot = Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)
        raise Malformed(error.problem or "it is no YAML", spot) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Malformed(str(error).partition("\n")[0], Spot(1, 1)) from None
    finally:
        loader.dispose()


def _of_node(loader: yaml.SafeLoader, node: yaml.Node, depth: int = 0) -> Node:
    spot = Spot(node.start_mark.line + 1, node.start_mark.column + 1)
    if depth > _DEEPEST:
        raise Malformed("it is nested too deeply", spot)
    if isinstance(node, yaml.SequenceNode):
        return Node([_of_node(loader, each, depth + 1) for each in node.value], spot)
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        pairs = {
            _of_node(loader, name, depth + 1): _of_node(loader, each, depth + 1)
            for name, each in node.value
        }
        return Node(pairs, spot)
    return Node(loader.construct_object(node), spot)


def of_csv(text: str) -> list[dict[Node, Node]]:
    """The rows of a CSV text by the names in its first line. Raises Malformed."""
    lines = text.splitlines()
    reader = csv.reader(lines, strict=True)
    rows: list[dict[Node, Node]] = []
    names: list[Node] = []
    first = 1
    try:
        for fields in reader:
            nodes = _fields(fields, lines[first - 1 : reader.line_num], first)
            if not names:
                names = nodes
            elif len(nodes) > len(names):
                raise Malformed("it has more fields than the first line", nodes[len(names)].spot)
            elif fields:
                rows.append(dict(zip(names, nodes, strict=False)))
            first = reader.line_num + 1
    except csv.Error as error:
        raise Malformed(str(error), Spot(first, 1)) from None
    return rows


def _fields(fields: list[str], lines: list[str], line: int) -> list[Node]:
    """The fields of a record, each at the column that it begins at in the record's first line."""
    column, nodes = 1, []
    text = lines[0] if lines else ""
    for field in fields:
        nodes.append(Node(field, Spot(line, column)))
        written = f'"{field.replace(chr(34), 2 * chr(34))}"'
        quoted = text.startswith(written, column - 1)
        column += len(written if quoted else field) + 1
    return nodes
