"""Values for what a request lacks, and others for what is allowed no more."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice

from seamproof.analysis.compatibility.shapes import shape
from seamproof.core.model import Json
from seamproof.core.references import literal, names
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.matching import SURE, Slot, matches, types_of
from seamproof.plan.synthesis.suppliers import Supplier

_MOST = 4
"""Values for one place."""


class Sought:
    """Finds values: by the schema, and in the rows that are there."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._generator = generator
        self._document = knowledge.document

    def lacking(self, schema: Json, name: str, identity: str | None) -> list[Json]:
        """Values for a place that nothing was sent for, the likeliest first."""
        return _distinct(self._lacking(schema, name, identity))

    def _lacking(self, schema: Json, name: str, identity: str | None) -> Iterator[Json]:
        rows = self._rows(schema, name, identity)
        yield from (value for value, sure in rows if sure)
        for variant in range(2):
            yield self._generator.instance(schema, name=name, variant=variant)
        yield from (value for value, sure in rows if not sure)

    def _rows(self, schema: Json, name: str, identity: str | None) -> list[tuple[Json, bool]]:
        """Values of rows that the place may name, and whether that is sure."""
        plain = self._document.resolve(schema)
        thing = naming.split(name)[0]
        fixed = isinstance(plain, dict) and ("enum" in plain or "const" in plain)
        if fixed or not self._knowledge.is_entity(thing):
            return []
        slot = Slot(name, thing, types_of(schema, self._document), mutates=True)
        found = matches(slot, self._knowledge, identity)
        # A row is named by its key, whatever other columns of it are ids.
        found.sort(key=lambda each: not self._is_key(each.supplier))
        drawn = [(*each.supplier.draw(), each.score >= SURE) for each in found]
        return [(value, sure) for value, steps, sure in drawn if not steps][:2]

    def _is_key(self, supplier: Supplier) -> bool:
        key = self._knowledge.catalog.key_of(supplier.table)
        return bool(supplier.column) and key == (supplier.column,)

    def instead(self, schema: Json, value: Json, name: str) -> list[Json]:
        """Values in place of one that the schema does not allow: the nearest first."""
        allowed = (
            each
            for each in self._near(schema, value, name)
            if each != value and not self._generator.complaints(schema, each)
        )
        return _distinct(allowed)

    def _near(self, schema: Json, value: Json, name: str) -> Iterator[Json]:
        choices = shape(schema, self._document).values
        if choices is not None:
            choices = [literal(each) if isinstance(each, str) else each for each in choices]
            texts = {str(each).lower(): each for each in choices[:50]}
            near = difflib.get_close_matches(str(value).lower(), texts, n=2, cutoff=0.3)
            yield from (texts[each] for each in near)
            yield from choices[:_MOST]
            return
        if isinstance(value, list):
            yield from value[:1]
        else:
            yield from self._cast(value)
        yield self._generator.instance(schema, name=name)

    def _cast(self, value: Json) -> Iterator[Json]:
        if isinstance(value, bool | int | float):
            yield str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, float) and value.is_integer():
            yield int(value)
        if isinstance(value, str):
            for kind in (int, float):
                try:
                    yield kind(value[:40])
                except ValueError:
                    continue
        yield [value]

    def wrong(self, schema: Json, value: Json) -> tuple[str, ...]:
        """What of a value the schema does not allow. What a reference will be, nobody knows."""
        if isinstance(value, str) and names(value):
            return ()
        return self._generator.complaints(schema, value)


def _distinct(values: Iterator[Json]) -> list[Json]:
    found: list[Json] = []
    for each in islice(values, 4 * _MOST):
        if each not in found:
            found.append(each)
    return found[:_MOST]
