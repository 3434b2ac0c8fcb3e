"""Bodies after the rows that are there: what was stored once was accepted once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from seamproof.core.document import Body, Declaration
from seamproof.core.history import CrossingKind
from seamproof.core.model import Json
from seamproof.core.references import literal
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.bodies import schema_at
from seamproof.plan.synthesis.drafts import Draft, put
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.suppliers import Path, leaves

_REFERENCE = "{"
_VARIANTS = 6
_TURN = 7
"""How far a letter or digit is turned within its kind."""


class Imitation:
    """Takes values from rows, and changes values that must be others."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._generator = generator

    def drafts(self, draft: Draft, outcome: Outcome) -> Iterator[Draft]:
        """The draft with the values that a stored row has in the columns of the fields' names."""
        for table in self._tables(draft, outcome):
            rows = self._knowledge.stored.get(table, ())
            if rows:
                like = self._like(draft, table, dict(rows[0]))
                if like.body != draft.body:
                    yield like.because(f"like a row of {table}")

    def altered(self, draft: Draft, declaration: Declaration) -> Iterator[Draft]:
        """The draft with other values of its own, so that what it sets was not so before."""
        body = next(iter(declaration.bodies), Body(draft.content_type))
        changed = draft.body
        for path, _, _, value in leaves(draft.body, ""):
            other = self._other(body, path, value)
            if other is not None:
                candidate = put(changed, path, other)
                if not self._generator.complaints(body.schema, candidate):
                    changed = candidate
        if changed != draft.body:
            yield replace(draft, body=changed).because("with other values")

    def _other(self, body: Body, path: Path, value: Json) -> Json:
        document = self._knowledge.document
        schema = document.resolve(schema_at(body.schema, path, document))
        plain = schema if isinstance(schema, dict) else {}
        choices = plain.get("enum")
        if isinstance(choices, list):
            said = (literal(each) if isinstance(each, str) else each for each in choices)
            return next((each for each in said if each != value and each is not None), None)
        if isinstance(value, str):
            if _REFERENCE in value:
                return None
            return self._generator.unique(plain, value) or self._another(plain, path, value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value + 1
        return None

    def _another(self, schema: Json, path: Path, value: Json) -> Json:
        """Another value that is stored in a column of that name, or that the schema makes."""
        name = str(path[-1])
        stored = (
            row.get(column)
            for table, column in self._knowledge.columns_called(name)
            for row in self._knowledge.stored[table]
        )
        made = (
            self._generator.instance(schema, name=name, variant=variant)
            for variant in range(1, _VARIANTS)
        )
        known = (literal(each) for each in stored if isinstance(each, str))
        others = (each for each in chain(known, made) if isinstance(each, str) and each != value)
        return next((each for each in others if not self._generator.complaints(schema, each)), None)

    def _tables(self, draft: Draft, outcome: Outcome) -> list[str]:
        """The tables that the request may be to write: those it tried to, then by its name."""
        tables = self._knowledge.catalog.tables
        written = [row.table for row in outcome.effect]
        for crossing in outcome.crossings:
            if crossing.kind is CrossingKind.WRITE:
                written += self._knowledge.tables_in(crossing.statement)
        named = self._knowledge.table_of(naming.subject(draft.operation.path))
        found = dict.fromkeys((*written, *([named] if named else [])))
        return [each for each in found if each in tables]

    def _like(self, draft: Draft, table: str, row: dict[str, Json]) -> Draft:
        body = draft.body
        described = self._knowledge.catalog.tables[table]
        unique = {name for names in described.uniques for name in names} | set(
            described.primary_key
        )
        by_name = {naming.words(name): name for name in row}
        for path, name, _, value in leaves(draft.body, ""):
            column = by_name.get(naming.words(name))
            if column is None or (isinstance(value, str) and value.startswith("{row.")):
                continue
            stored = row[column]
            if stored is None or isinstance(stored, dict | list):
                continue
            if isinstance(stored, str):
                stored = literal(turned(stored) if column in unique else stored)
            if isinstance(value, str) and not isinstance(stored, str):
                stored = json.dumps(stored)
            body = put(body, path, stored)
        return replace(draft, body=body)


def turned(text: str) -> str:
    """Another text of the same form: letters stay letters of their case, digits stay digits."""
    return "".join(map(_turned, text))


def _turned(character: str) -> str:
    for first, count in (("a", 26), ("A", 26), ("0", 10)):
        place = ord(character) - ord(first)
        if 0 <= place < count:
            return chr(ord(first) + (place + _TURN) % count)
    return character
