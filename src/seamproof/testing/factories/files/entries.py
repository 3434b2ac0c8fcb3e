"""The rows of a file: of which table, by which label, with which columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seamproof.testing.factories.files.located import (
    Malformed,
    Node,
    Spot,
    of_csv,
    of_json,
    of_yaml,
)

_ROW = "a row is a mapping of columns to values"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as a file has it."""

    path: Path
    table: Node
    fields: dict[Node, Node]
    label: str = ""
    """What other rows call it."""
    key: Node | None = None
    """Its primary key, where that has a place of its own."""


def entries(path: Path, text: str) -> Iterator[Entry]:
    """The rows of a file. Raises Malformed, with the place."""
    match path.suffix.lower():
        case ".json":
            yield from _of_tree(path, of_json(text))
        case ".csv":
            table = Node(path.stem, Spot(1, 1))
            for row in of_csv(text):
                # What is empty is left to the database, as COPY has it.
                yield Entry(path, table, {name: each for name, each in row.items() if each.value})
        case _:
            yield from _of_tree(path, of_yaml(text))


def _of_tree(path: Path, root: Node) -> Iterator[Entry]:
    if root.value is None:
        return
    if isinstance(root.value, list):
        for each in root.value:
            yield _dumped(path, each)
        return
    if not isinstance(root.value, dict):
        raise Malformed("it must be a mapping of tables to rows", root.spot)
    for table, rows in root.value.items():
        if isinstance(rows.value, list):
            for each in rows.value:
                yield Entry(path, table, _row(each))
        elif isinstance(rows.value, dict):
            for label, each in rows.value.items():
                yield Entry(path, table, _row(each), str(label.value))
        elif rows.value is not None:
            raise Malformed("rows are a list, or a mapping of labels to them", rows.spot)


def _row(node: Node) -> dict[Node, Node]:
    if node.value is None:
        return {}
    if not isinstance(node.value, dict):
        raise Malformed(_ROW, node.spot)
    return node.value


def _dumped(path: Path, node: Node) -> Entry:
    """A row as Django's `dumpdata` writes it."""
    parts = {name.value: each for name, each in _row(node).items()}
    model, fields = parts.get("model"), parts.get("fields")
    if model is None or fields is None:
        raise Malformed("a list holds rows as Django dumps them, with model and fields", node.spot)
    table = Node(str(model.value).replace(".", "_"), model.spot)
    return Entry(path, table, _row(fields), key=parts.get("pk"))
