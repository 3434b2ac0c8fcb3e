"""The body of a request: made from its schema, its references filled with what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seamproof.core.document import Body, Document
from seamproof.core.model import Json
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import batches, naming
from seamproof.plan.synthesis.drafts import Draft, put
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.matching import SURE, Slot, matches, types_of
from seamproof.plan.synthesis.steps import Steps, merged, renamed
from seamproof.plan.synthesis.suppliers import Path, has, leaves

_FILLED = 12
"""References of one body that are filled."""
_FIXED = ("enum", "const")


class Bodies:
    """Makes bodies for drafts."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._generator = generator

    def with_body(self, draft: Draft, body: Body, *, rich: bool = False, variant: int = 0) -> Draft:
        """The draft with a body, and behind what its references need."""
        value = self._generator.request_body(body, rich=rich, variant=variant)
        value = self._with_requests(value, body)
        draft = replace(draft, body=value, content_type=body.content_type)
        return self.filled(draft, body)

    def _with_requests(self, value: Json, body: Body) -> Json:
        """The value with each request inside of it made one that the service answers."""
        document = self._knowledge.document
        for path in batches.targets(value):
            around = document.resolve(schema_at(body.schema, path[:-1], document))
            properties = around.get("properties") if isinstance(around, dict) else None
            allowed = isinstance(properties, dict) and batches.METHOD in properties
            if allowed or has(value, (*path[:-1], batches.METHOD)):
                value = batches.filled(value, path, self._knowledge)
        return value

    def filled(self, draft: Draft, body: Body) -> Draft:
        """The draft with each field that names something there filled by it."""
        filled = 0
        for path, name, around, _ in list(leaves(draft.body, "")):
            if filled == _FILLED:
                break
            slot = self.slot(draft, body, path, name, around)
            if slot is None:
                continue
            found = matches(slot, self._knowledge, draft.identity)
            sure = bool(found) and found[0].score >= SURE
            if sure and self._exampled(body, path):
                # The document's own word is worth more than a value that only sounds alike.
                sure = found[0].supplier.attribute in naming.IDENTIFYING
            if sure:
                draft = fill(draft, path, *found[0].supplier.draw())
                filled += 1
        return draft

    def _exampled(self, body: Body, path: Path) -> bool:
        """Whether the document gives an example of a field, or of the list that it is in."""
        document = self._knowledge.document
        levels = (path, path[:-1]) if path and isinstance(path[-1], int) else (path,)
        for level in levels:
            schema = document.resolve(schema_at(body.schema, level, document))
            if isinstance(schema, dict) and ("example" in schema or schema.get("examples")):
                return True
        return False

    def slot(self, draft: Draft, body: Body, path: Path, name: str, around: str) -> Slot | None:
        """What a field of a body may refer to; None where it is a value of its own."""
        schema = self._knowledge.document.resolve(
            schema_at(body.schema, path, self._knowledge.document)
        )
        if isinstance(schema, dict) and any(each in schema for each in _FIXED):
            return None
        thing, attribute = naming.split(name)
        if not thing and around and attribute in naming.IDENTIFYING[:6]:
            # `{"product": {"id": 1}}`
            thing = around
        if not thing or not self._knowledge.is_entity(thing):
            return None
        if isinstance(schema, dict) and "default" in schema and not attribute:
            return None
        return Slot(
            name,
            thing,
            types_of(schema, self._knowledge.document),
            schema.get("format", "") if isinstance(schema, dict) else "",
            mutates=draft.operation.mutates,
        )


def fill(draft: Draft, path: Path, value: Json, steps: Steps) -> Draft:
    """The draft with a value in its body, behind the steps that the value needs."""
    arrangement, names = merged(draft.arrangement, steps)
    body = put(draft.body, path, renamed(value, names))
    return replace(draft, body=body, arrangement=arrangement)


def schema_at(schema: Json, path: Path, document: Document) -> Json:
    """What a schema says of the value at a path; `{}` where it says nothing."""
    current = [schema]
    for part in path:
        current = [each for one in current for each in _inside(one, part, document)]
        if not current:
            return {}
    return current[0]


def _inside(schema: Json, part: str | int, document: Document, depth: int = 0) -> Iterator[Json]:
    schema = document.resolve(schema)
    if not isinstance(schema, dict) or depth > 4:
        return
    if isinstance(part, str):
        properties = schema.get("properties")
        if isinstance(properties, dict) and part in properties:
            yield properties[part]
        elif isinstance(schema.get("additionalProperties"), dict):
            yield schema["additionalProperties"]
    elif isinstance(schema.get("items"), dict):
        yield schema["items"]
    for keyword in ("allOf", "oneOf", "anyOf"):
        branches = schema.get(keyword)
        for each in branches if isinstance(branches, list) else []:
            yield from _inside(each, part, document, depth + 1)
