"""Where a canary can stand in a row: in a column that takes one of its forms, or inside of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from seamproof.core import canaries
from seamproof.core.canaries import Form
from seamproof.core.canary import LENGTH
from seamproof.core.catalog import Column, Table
from seamproof.core.model import Json

Path: TypeAlias = tuple[str | int, ...]

_TEXT = re.compile(r"(?:text|citext|(?:character varying|varchar|character)(?:\((\d+)\))?)")
_NUMERIC = re.compile(r"numeric(?:\((\d+),(-?\d+)\))?")
_MOMENT = re.compile(r"timestamp(?:\(([3-6])\))? with(?:out)? time zone")
_DEPTH = 4
_LEAVES = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A column, or a text inside of the JSON that it holds."""

    column: str
    form: Form
    path: Path = ()
    within: str = ""
    """The whole JSON; empty where the column itself is meant."""
    text: str = ""
    """What stands inside of it."""

    @property
    def inner(self) -> str:
        """The names inside of the JSON, as `papers.ssn`."""
        return ".".join(each for each in self.path if isinstance(each, str))

    @property
    def name(self) -> str:
        """The last name on the way: what is said of the text there."""
        names = [each for each in self.path if isinstance(each, str)]
        return names[-1] if names else self.column

    def made(self, *where: str) -> str:
        """The canary of this place in a row."""
        return canaries.made(self.form, *where, self.column, *map(str, self.path))

    def written(self, before: str | None, text: str) -> str:
        """What the column holds with this text at this place, where it held that before."""
        if not self.within:
            return canaries.stored(self.form, text)
        return json.dumps(_put(json.loads(before or self.within), self.path, text))


def form_of(column: Column) -> Form | None:
    """What a canary in a column looks like; None where it takes none."""
    text, numeric = _TEXT.fullmatch(column.type), _NUMERIC.fullmatch(column.type)
    if text is not None:
        return Form.WORD if text[1] is None or int(text[1]) >= LENGTH else None
    if numeric is not None:
        precise = numeric[1] is None or int(numeric[1]) - int(numeric[2]) >= canaries.DIGITS
        return Form.NUMBER if precise else None
    if column.type == "bigint":
        return Form.NUMBER
    if _MOMENT.fullmatch(column.type):
        return Form.MOMENT
    return Form.UUID if column.type == "uuid" else None


def room(column: Column) -> int | None:
    """The characters that a column of text takes; None where there is no limit."""
    text = _TEXT.fullmatch(column.type)
    return int(text[1]) if text and text[1] else None


def inside(column: Column, value: str) -> tuple[Place, ...]:
    """The texts in a column that holds a JSON object or list; none where it holds none."""
    typed = column.type in {"json", "jsonb"}
    if not typed and (form_of(column) is not Form.WORD or room(column) is not None):
        return ()
    if not value.startswith(('"', "{", "[") if typed else ("{", "[")):
        return ()
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return ()
    texts = ((path, text) for path, text in _texts(document, ()) if text)
    return tuple(
        Place(column.name, Form.WORD, path, value, text) for path, text in islice(texts, _LEAVES)
    )


def referring(table: Table) -> frozenset[str]:
    """The columns of a table that name rows: its own by the primary key, others by references."""
    foreign = (column for key in table.foreign_keys for column in key.columns)
    return frozenset((*table.primary_key, *foreign))


def _texts(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif len(path) < _DEPTH and isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, (*path, name))
    elif len(path) < _DEPTH and isinstance(value, list):
        for at, each in enumerate(value):
            yield from _texts(each, (*path, at))


def _put(value: Json, path: Path, text: str) -> Json:
    if not path:
        return text
    head, *rest = path
    if isinstance(value, dict):
        return {k: _put(v, tuple(rest), text) if k == head else v for k, v in value.items()}
    if isinstance(value, list):
        return [_put(v, tuple(rest), text) if at == head else v for at, v in enumerate(value)]
    return value
