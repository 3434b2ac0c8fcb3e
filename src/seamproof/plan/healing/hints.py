"""What the refusal of a step asks for, as edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seamproof.analysis.refusals import Complaint, ComplaintKind
from seamproof.core.document import Declaration, Document, Place
from seamproof.core.model import Json, Step
from seamproof.plan.healing.edits import Address, Drop, Edit, Move, Put, holds, read
from seamproof.plan.healing.fitting import body_of, declared_body, kind_of
from seamproof.plan.healing.pairs import score
from seamproof.plan.healing.sought import Sought
from seamproof.plan.synthesis.bodies import schema_at
from seamproof.plan.synthesis.suppliers import leaves

_AT_ONCE = 8
_ALIKE = 0.5
_BOUNDS = frozenset({ComplaintKind.TOO_SMALL, ComplaintKind.TOO_LARGE})
_KEYS = {"query": "query", "header": "headers", "path": "path"}
_PLACES = {"query": Place.QUERY, "headers": Place.HEADER, "path": Place.PATH}


class Hints:
    """Reads complaints for one document."""

    def __init__(self, document: Document, sought: Sought) -> None:
        self._document = document
        self._sought = sought

    def edits(
        self, step: Step, declared: Declaration, complaints: Sequence[Complaint]
    ) -> Iterator[tuple[Edit, ...]]:
        """What to change: all complaints seen to at once, in two ways."""
        options = [
            found
            for each in complaints[:_AT_ONCE]
            if (found := list(self._of(step, declared, each)))
        ]
        for way in range(2):
            if options and any(len(each) > way for each in options):
                yield tuple(each[min(way, len(each) - 1)] for each in options)

    def _of(self, step: Step, declared: Declaration, complaint: Complaint) -> Iterator[Edit]:
        place = self._place(step, declared, complaint)
        if place is None or len(place) < 2:
            return
        there = holds(step, place)
        schema = self._schema(declared, place)
        if complaint.kind is ComplaintKind.UNEXPECTED:
            if there:
                yield Drop(place)
        elif complaint.kind is ComplaintKind.MISSING and not there:
            sent = [each for each in _places(step) if score(each, place) >= _ALIKE]
            yield from (Move(each, place) for each in sent[:1])
            for value in self._sought.lacking(schema, str(place[-1]), step.identity):
                yield Put(place, value)
        elif there:
            value = read(step, place)
            yield from (Put(place, each, value, True) for each in self._others(complaint, value))
            for each in self._sought.instead(schema, value, str(place[-1])):
                yield Put(place, each, value, changes=True)

    def _others(self, complaint: Complaint, value: Json) -> Iterator[Json]:
        """Values that the refusal itself names."""
        wanted = complaint.wanted
        if complaint.kind is ComplaintKind.CHOICE and isinstance(wanted, list):
            yield from self._sought.instead({"enum": wanted[:50]}, value, "")
        elif complaint.kind is ComplaintKind.TYPE and isinstance(wanted, str):
            yield from self._sought.instead({"type": wanted}, value, "")
        elif complaint.kind in _BOUNDS and isinstance(wanted, int | float):
            yield wanted

    def _place(self, step: Step, declared: Declaration, complaint: Complaint) -> Address | None:
        if not complaint.path:
            return None
        if complaint.place in _KEYS:
            return _KEYS[complaint.place], str(complaint.path[-1])
        kind = body_of(step)
        if complaint.place is None:
            for each in declared.parameters:
                if each.name == complaint.path[-1] and each.place.value in _KEYS:
                    return _KEYS[each.place.value], each.name
        if complaint.place == "cookie" or (kind is None and not declared.bodies):
            return None
        made = next((found for each in declared.bodies if (found := kind_of(each))), "json")
        return (kind or made, *complaint.path)

    def _schema(self, declared: Declaration, place: Address) -> Json:
        key = str(place[0])
        if key in _PLACES:
            named = declared.parameters_in(_PLACES[key])
            return next((each.schema for each in named if each.name == place[1]), {})
        body = declared_body(declared, key)
        return schema_at(body.schema, place[1:], self._document) if body is not None else {}


def _places(step: Step) -> Iterator[Address]:
    """Everything that a step sends."""
    for key in ("query", "headers"):
        yield from ((key, each) for each in getattr(step, key))
    kind = body_of(step)
    if kind is not None:
        yield from ((kind, *path) for path, _, _, _ in leaves(getattr(step, kind), ""))
