"""A refused request changed as its refusal asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from seamproof.analysis.refusals import Complaint, ComplaintKind
from seamproof.core.document import Body, Declaration
from seamproof.core.model import Json
from seamproof.core.references import literal
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.beginnings import parameter_of, slot_of
from seamproof.plan.synthesis.bodies import Bodies, fill, schema_at
from seamproof.plan.synthesis.drafts import JSON, Draft, put, without
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.matching import Slot, matches, types_of
from seamproof.plan.synthesis.steps import merged, references_something, renamed
from seamproof.plan.synthesis.suppliers import Path, at, has, leaves

_AT_ONCE = 12
"""Complaints of one refusal that are seen to."""
_WAYS = 4
"""Ways to see to one complaint."""
_CHOICES = 4
_DEEP = 12
"""Steps into a body that a complaint may name."""
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_LENGTHS = {
    ComplaintKind.TOO_SHORT: ("string", "minLength"),
    ComplaintKind.TOO_LONG: ("string", "maxLength"),
    ComplaintKind.TOO_SMALL: ("number", "minimum"),
    ComplaintKind.TOO_LARGE: ("number", "maximum"),
}


class Repairs:
    """Changes drafts by complaints."""

    def __init__(self, knowledge: Knowledge, generator: Generator, bodies: Bodies) -> None:
        self._knowledge = knowledge
        self._generator = generator
        self._bodies = bodies

    def drafts(
        self, draft: Draft, declaration: Declaration, complaints: Sequence[Complaint]
    ) -> Iterator[Draft]:
        """The draft with all complaints seen to at once, in some ways; then with each alone."""
        complaints = complaints[:_AT_ONCE]
        for way in range(_WAYS):
            changed = draft
            for each in complaints:
                options = list(islice(self._options(changed, declaration, each), way + 1))
                if len(options) > way or (options and len(complaints) > 1):
                    changed = options[-1]
            if changed is not draft:
                said = "; ".join(each.text for each in complaints)[:120]
                yield changed.because(f"it said: {said}")
        if len(complaints) > 1:
            for each in complaints:
                for option in islice(self._options(draft, declaration, each), 1):
                    yield option.because(f"it said: {each.text[:120]}")

    # One complaint

    def _options(
        self, draft: Draft, declaration: Declaration, complaint: Complaint
    ) -> Iterator[Draft]:
        """Ways to see to one complaint."""
        place, path = self._where(draft, declaration, complaint)
        if complaint.kind is ComplaintKind.MEDIA_TYPE:
            return
        if place == "body" and path:
            yield from self._in_body(draft, declaration, complaint, path)
        elif place == "body":
            yield from self._whole_body(draft, declaration, complaint)
        elif place in {"query", "header", "path"} and path:
            yield from self._in_parameters(draft, declaration, complaint, place, str(path[-1]))

    def _where(
        self, draft: Draft, declaration: Declaration, complaint: Complaint
    ) -> tuple[str, Path]:
        """The place that a complaint is about, as far as it can be told."""
        place, path = complaint.place or "", tuple(complaint.path[:_DEEP])
        if place in {"query", "header", "path"} and path:
            return place, path
        if place == "body" and (not path or has(draft.body, path)):
            return place, path
        name = str(path[-1]) if path else complaint.column
        known = self._named(draft, declaration, name) if name else None
        if known is not None:
            return known
        if path and declaration.operation.mutates:
            return "body", path
        if path and declaration.operation.method in {"GET", "HEAD"}:
            return "query", path
        mentioned = (
            self._named(draft, declaration, word) for word in _NAME.findall(complaint.text)[:40]
        )
        return next((each for each in mentioned if each is not None), (place, path))

    def _named(self, draft: Draft, declaration: Declaration, name: str) -> tuple[str, Path] | None:
        """Where something of that name is sent, or could be."""
        for path, leaf, _, _ in leaves(draft.body, ""):
            if leaf == name or naming.words(leaf) == naming.words(name):
                return "body", path
        for parameter in declaration.parameters:
            if naming.words(parameter.name) == naming.words(name):
                return parameter.place.value, (parameter.name,)
        for body in declaration.bodies[:1]:
            schema = self._knowledge.document.resolve(body.schema)
            properties = schema.get("properties") if isinstance(schema, dict) else None
            for each in properties if isinstance(properties, dict) else ():
                if naming.words(each) == naming.words(name):
                    return "body", (each,)
        return None

    def _whole_body(
        self, draft: Draft, declaration: Declaration, complaint: Complaint
    ) -> Iterator[Draft]:
        """The body is not there, or of another type altogether."""
        wanted = _type_name(complaint.wanted)
        if not draft.content_type:
            for body in declaration.bodies:
                yield self._bodies.with_body(draft, body)
            yield replace(draft, body={}, content_type=JSON)
        elif wanted == "array" or (not wanted and isinstance(draft.body, dict)):
            if complaint.kind is ComplaintKind.TYPE:
                yield replace(draft, body=[draft.body] if draft.body else [])
                yield replace(draft, body=[])
        elif wanted == "object" and isinstance(draft.body, list):
            yield replace(draft, body=draft.body[0] if draft.body else {})

    def _in_body(
        self, draft: Draft, declaration: Declaration, complaint: Complaint, path: Path
    ) -> Iterator[Draft]:
        if not draft.content_type:
            draft = replace(draft, body={}, content_type=JSON)
        if complaint.kind is ComplaintKind.UNEXPECTED:
            if has(draft.body, path):
                yield replace(draft, body=without(draft.body, path))
            return
        schema = self._schema(declaration, draft, path)
        if complaint.kind in {
            ComplaintKind.MISSING,
            ComplaintKind.NO_SUCH,
            ComplaintKind.NOT_FOUND,
        }:
            yield from self._referring(draft, declaration, complaint, path)
        for value in self._values(complaint, schema, at(draft.body, path), str(path[-1])):
            yield replace(draft, body=put(draft.body, path, value))
        if complaint.kind is not ComplaintKind.MISSING and has(draft.body, path):
            # What is wrong may also be left out.
            yield replace(draft, body=without(draft.body, path))

    def _referring(
        self, draft: Draft, declaration: Declaration, complaint: Complaint, path: Path
    ) -> Iterator[Draft]:
        """The field as a reference to what is there."""
        name = next((str(each) for each in reversed(path) if isinstance(each, str)), "")
        body = self._body(declaration, draft)
        slot = self._bodies.slot(draft, body, path, name, "")
        if complaint.table and complaint.kind is not ComplaintKind.MISSING:
            types = types_of(
                schema_at(body.schema, path, self._knowledge.document), self._knowledge.document
            )
            slot = Slot(name, "", types, "", complaint.table, complaint.column, mutates=True)
        if slot is None:
            return
        for match in matches(slot, self._knowledge, draft.identity)[:3]:
            yield fill(draft, path, *match.supplier.draw())

    def _in_parameters(
        self,
        draft: Draft,
        declaration: Declaration,
        complaint: Complaint,
        place: str,
        name: str,
    ) -> Iterator[Draft]:
        parameter = parameter_of(declaration, name)
        schema = self._knowledge.document.resolve(parameter.schema) if parameter else {}
        current = {"query": draft.query, "header": draft.headers, "path": draft.path}[place]
        if complaint.kind is ComplaintKind.UNEXPECTED and place != "path":
            if name in current:
                kept = {each: value for each, value in current.items() if each != name}
                yield _with(draft, place, kept)
            return
        if place == "query":
            slot = slot_of(draft.operation.id, name, parameter, self._knowledge)
            if slot is not None:
                for match in matches(slot, self._knowledge, draft.identity)[:2]:
                    value, steps = match.supplier.draw()
                    joined, names = merged(draft.arrangement, steps)
                    filled = {**current, name: renamed(value, names)}
                    yield replace(_with(draft, place, filled), arrangement=joined)
        for value in self._values(complaint, schema, current.get(name), name):
            if isinstance(value, dict | list) and place != "query":
                continue
            yield _with(draft, place, {**current, name: value if place != "header" else str(value)})

    # Values

    def _values(
        self, complaint: Complaint, schema: Json, current: Json, name: str
    ) -> Iterator[Json]:
        """Other values for one field."""
        kind, wanted = complaint.kind, complaint.wanted
        plain = schema if isinstance(schema, dict) else {}
        if kind is ComplaintKind.CHOICE and isinstance(wanted, list):
            for said in wanted[:_CHOICES]:
                each = literal(said) if isinstance(said, str) else said
                yield [each] if isinstance(current, list) and not isinstance(each, list) else each
            return
        if kind is ComplaintKind.TYPE and _type_name(wanted):
            yield from self._of_type(_type_name(wanted), current, name)
            return
        if kind in _LENGTHS and isinstance(wanted, int | float):
            type_, keyword = _LENGTHS[kind]
            yield self._sized(type_, keyword, wanted, current, plain, name)
            return
        if kind is ComplaintKind.NOT_UNIQUE and references_something(current):
            return
        if kind is ComplaintKind.NOT_UNIQUE:
            text = current if isinstance(current, str) else ""
            fresh = self._generator.unique(plain, text or name)
            yield fresh if fresh is not None else f"{text or name}-{{unique}}"
            return
        if kind is ComplaintKind.FORMAT and isinstance(wanted, str):
            yield self._generator.instance({"type": "string", "format": wanted}, name=name)
        if kind is ComplaintKind.PATTERN and isinstance(wanted, str):
            yield self._generator.instance({"type": "string", "pattern": wanted}, name=name)
        base = plain or {"type": "string"} if kind is ComplaintKind.MISSING else plain
        for variant in range(3):
            yield self._generator.instance(base, name=name, variant=variant, rich=variant > 0)
        if kind is ComplaintKind.MISSING and not plain:
            for type_ in ("object", "array", "integer", "boolean"):
                yield self._generator.instance({"type": type_}, name=name)

    def _of_type(self, wanted: str, current: Json, name: str) -> Iterator[Json]:
        if wanted == "array":
            if current is not None and not isinstance(current, list):
                yield [current]
            yield []
        elif wanted == "string" and isinstance(current, int | float):
            yield str(current)
        elif wanted in {"number", "integer"} and isinstance(current, str) and current.isdigit():
            yield int(current)
        yield self._generator.instance({"type": wanted}, name=name)

    def _sized(
        self, type_: str, keyword: str, wanted: float, current: Json, plain: Json, name: str
    ) -> Json:
        if isinstance(current, list):
            keyword = {"minLength": "minItems", "maxLength": "maxItems"}.get(keyword, keyword)
            items = current[: int(wanted)] if keyword == "maxItems" else current
            while keyword == "minItems" and items and len(items) < min(wanted, 50):
                items = [*items, items[0]]
            return items
        if isinstance(current, int) and type_ == "number" and not isinstance(current, bool):
            type_ = "integer"
        narrowed = {**plain, "type": type_, keyword: wanted}
        narrowed.pop("example", None)
        narrowed.pop("examples", None)
        return self._generator.instance(narrowed, name=name)

    # What the document says

    def _body(self, declaration: Declaration, draft: Draft) -> Body:
        """The declared body that a draft sends."""
        fitting = [each for each in declaration.bodies if each.content_type == draft.content_type]
        return next(iter((*fitting, *declaration.bodies)), Body(JSON))

    def _schema(self, declaration: Declaration, draft: Draft, path: Path) -> Json:
        body = self._body(declaration, draft)
        document = self._knowledge.document
        return document.resolve(schema_at(body.schema, path, document))


def _with(draft: Draft, place: str, values: dict[str, Json]) -> Draft:
    if place == "query":
        return replace(draft, query=values)
    return replace(draft, headers=values) if place == "header" else replace(draft, path=values)


def _type_name(wanted: Json) -> str:
    """A JSON Schema type out of what a complaint wants."""
    if isinstance(wanted, list) and wanted:
        wanted = wanted[0]
    known = {"array", "object", "string", "number", "integer", "boolean", "null"}
    return wanted if isinstance(wanted, str) and wanted in known else ""
