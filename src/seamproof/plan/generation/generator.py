"""The entrance: values of a document's schemas, and bodies of its requests."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from seamproof.core import references
from seamproof.core.document import Body, Document
from seamproof.core.model import Json
from seamproof.plan.generation import texts, uploads
from seamproof.plan.generation.judging import Judge
from seamproof.plan.generation.keywords import is_shallow
from seamproof.plan.generation.making import Making
from seamproof.plan.generation.schemas import Schemas

_OTHER_WAYS = 6
"""Variants that are tried where a value is not what its schema allows."""
_OURS = ("unique", "uuid")
"""References that are made here, and are none of the document's."""


def _as_said(value: Json) -> Json:
    """A value whose texts are sent as they are: what a document has in braces is no reference."""
    return references.literally(value, _OURS)


class Generator:
    """Makes values. Equal questions have equal answers, whatever was asked before."""

    def __init__(self, document: Document, *, seed: int = 0) -> None:
        self._schemas = Schemas(document.definitions)
        self._judge = Judge(self._schemas)
        self._seed = seed
        self.problems: tuple[str, ...] = ()
        """What of its schema the last value does not satisfy, each with its JSON Pointer."""

    def instance(
        self, schema: Json, *, name: str = "", rich: bool = False, variant: int = 0
    ) -> Json:
        """A value that the schema allows, or the best that was found: see `problems`.

        `name` is the field's. A rich value has what is optional too, except what the service sets
        itself and what names another thing. `variant` counts the ways: which branch of a oneOf,
        which value of an enum or of several examples; odd ones have no empty lists.
        """
        return self._instance(self._schemas.tidy(schema), name, (), rich=rich, variant=variant)

    def request_body(self, body: Body, *, rich: bool = False, variant: int = 0) -> Json:
        """A body that its schema allows, its values taken from the examples where there are some.

        A rich one is an example as it stands, for each variant as far as they go. In a multipart
        body a file is a mapping, as `core.model.Step` has it.
        """
        schema = self._schemas.tidy(body.schema)
        examples = [each for each in body.examples if each is not None and is_shallow(each)]
        if rich and variant < len(examples):
            self.problems = ()
            return _as_said(examples[variant])
        variant -= len(examples) if rich else 0
        value = self._instance(schema, "", tuple(examples), rich=rich, variant=variant)
        if uploads.is_multipart(body.content_type):
            return uploads.with_files(self._schemas, schema, value)
        return value

    def unique(self, schema: Json, text: str) -> str | None:
        """The text with `{unique}` in it where the schema allows that, else None: for a service
        that refuses what is there already."""
        tidied = self._schemas.follow(self._schemas.tidy(schema))
        plain = tidied if isinstance(tidied, dict) else {}
        return None if "enum" in plain or "const" in plain else texts.unique(plain, text)

    def complaints(self, schema: Json, value: Json) -> tuple[str, ...]:
        """What of a value the schema does not allow; empty where it is valid."""
        return self._judge.errors(self._schemas.tidy(schema), texts.plain(value))

    def _instance(
        self, schema: Json, name: str, hints: tuple[Json, ...], *, rich: bool, variant: int
    ) -> Json:
        best: tuple[int, Json, tuple[str, ...]] | None = None
        for way, fuller in self._ways(rich=rich, variant=variant):
            making = Making(self._schemas, self._random(way), rich=fuller, variant=way)
            value = _as_said(making.value(schema, name, hints=hints))
            problems = self._judge.errors(schema, texts.plain(value))
            if not problems:
                self.problems = ()
                return value
            if best is None or len(problems) < best[0]:
                best = len(problems), value, (*making.problems, *problems)
            if making.exhausted and not fuller:
                break
        assert best is not None
        self.problems = best[2]
        return best[1]

    def _ways(self, *, rich: bool, variant: int) -> Iterator[tuple[int, bool]]:
        """The way that was asked for, then others that may be valid where it is not."""
        yield variant, rich
        yield variant, not rich
        for more in range(1, _OTHER_WAYS):
            yield variant + more, rich

    def _random(self, variant: int) -> Random:
        return Random(f"{self._seed}/{variant}")  # noqa: S311
