"""The text of a column as the value that psycopg gives for its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from psycopg import abc
from psycopg.adapt import Transformer
from psycopg.postgres import types
from psycopg.pq import Format

from seamproof.core.catalog import Catalog
from seamproof.core.history import Row

_MODIFIER = re.compile(r"\([^)]*\)")


class Values:
    """Turns rows as the server prints them into rows as Python has them.

    A type that psycopg does not know, as an enumeration of the service, stays text.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._loaders: dict[str, Callable[[str], Any]] = {}

    def of(self, table: str) -> Callable[[Row | None], Mapping[str, Any] | None]:
        """What turns rows of a table."""
        found = self._catalog.tables.get(table)
        kinds = {column.name: column.type for column in found.columns} if found else {}

        def convert(row: Row | None) -> Mapping[str, Any] | None:
            if row is None:
                return None
            return {
                name: None if text is None else self._loader(kinds.get(name, "text"))(text)
                for name, text in row.items()
            }

        return convert

    @cached_property
    def _transformer(self) -> abc.Transformer:
        return Transformer()

    def _loader(self, kind: str) -> Callable[[str], Any]:
        known = self._loaders.get(kind)
        if known is None:
            known = self._loaders[kind] = self._made(kind)
        return known

    def _made(self, kind: str) -> Callable[[str], Any]:
        name = _MODIFIER.sub("", kind).replace("  ", " ")
        try:
            found = types[name.removesuffix("[]")]
        except KeyError:
            return str
        oid = found.array_oid if name.endswith("[]") else found.oid
        loader = self._transformer.get_loader(oid, Format.TEXT)

        def load(text: str) -> Any:
            return loader.load(text.encode())

        return load
