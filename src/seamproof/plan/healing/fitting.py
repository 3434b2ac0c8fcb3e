"""What of a step the document does not allow now, and the edits that it would allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from seamproof.analysis.compatibility.pairing import parameters
from seamproof.analysis.compatibility.shapes import shape
from seamproof.core.document import Body, Declaration, Document, Parameter, Place
from seamproof.core.model import Json, Step
from seamproof.plan.healing.edits import (
    BODIES,
    Address,
    Drop,
    Edit,
    Move,
    Put,
    Recast,
    read,
    spoken,
)
from seamproof.plan.healing.pairs import score
from seamproof.plan.healing.sought import Sought

_DEPTH = 8
_ITEMS = 20
_ALIKE = 0.5
"""How much names must be alike for a value to be meant for another place."""
_SURELY_ALIKE = 0.7
"""The same, where the document does not ask for a value."""
_OWN_HEADERS = frozenset({"authorization", "content-type", "accept", "cookie", "host"})
_KEYS = {Place.PATH: "path", Place.QUERY: "query", Place.HEADER: "headers"}


@dataclass(frozen=True, slots=True)
class Option:
    """One way to see to one thing that is wrong."""

    edits: tuple[Edit, ...]
    why: str
    """What the document says, or how it was guessed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that is wrong, with the ways to see to it, the likeliest first."""

    options: tuple[Option, ...]


@dataclass(slots=True)
class _Found:
    """What is there and what is asked for."""

    unknown: list[Address] = field(default_factory=list)
    """Sent, and not declared."""
    refused: list[Address] = field(default_factory=list)
    """Those of them that the document refuses."""
    missing: list[tuple[Address, Json]] = field(default_factory=list)
    optional: list[tuple[Address, Json]] = field(default_factory=list)
    wrong: list[tuple[Address, Json, Json]] = field(default_factory=list)


Renames = dict[Address, Address]
"""Where the documents say that a value moved, old place to new; `*` is any item of a list."""


class Fitting:
    """Fits steps to one document."""

    def __init__(self, document: Document, sought: Sought) -> None:
        self._document = document
        self._sought = sought

    def choices(self, step: Step, declared: Declaration, renames: Renames) -> list[Choice]:
        """What is to be done so that a step is what the document declares, the surest first."""
        recast, step = self._recast(step, declared)
        found = self._found(step, declared)
        sure = list(self._told(found, step, renames))
        moved = {each.new for each in sure}, {each.old for each in sure}
        left = [each for each in found.missing if each[0] not in moved[0]]
        free = [each for each in found.unknown if each not in moved[1]]
        choices = [
            *recast,
            *(_only(each, _renamed(each)) for each in sure),
        ]
        for place, schema in left:
            beside = [each for each, _ in left if each[:-1] == place[:-1]]
            choice, taken = self._missing(place, schema, free, step, alone=len(beside) == 1)
            choices.append(choice)
            free = [each for each in free if each != taken]
        choices += self._wrong(found.wrong)
        choices += [
            _only(Drop(each), f"{spoken(each)} is not declared")
            for each in free
            if each in found.refused
        ]
        choices += self._perhaps(found.optional, free)
        return choices

    def sure(self, step: Step, declared: Declaration, renames: Renames) -> list[Choice]:
        """Only what the documents, then and now, say was renamed or moved."""
        found = self._found(step, declared)
        return [_only(each, _renamed(each)) for each in self._told(found, step, renames)]

    # What is there

    def _found(self, step: Step, declared: Declaration) -> _Found:
        found = _Found()
        names = parameters(declared.operation.path)
        said = [("path", each) for each in step.path_parameters]
        found.unknown += [each for each in said if each[1] not in names]
        found.refused += found.unknown
        for parameter in declared.parameters:
            self._parameter(found, step, parameter)
        known = {(_KEYS.get(each.place), each.name.lower()) for each in declared.parameters}
        for key in ("query", "headers"):
            sent = [(key, each) for each in getattr(step, key)]
            found.unknown += [
                each
                for each in sent
                if (key, each[1].lower()) not in known and each[1].lower() not in _OWN_HEADERS
            ]
        kind = body_of(step)
        body = declared_body(declared, kind or "json")
        if body is not None and (kind or body.required):
            value = getattr(step, kind) if kind else {}
            self._walk(found, body.schema, value, (kind or kind_of(body) or "json",), 0)
        elif kind and not declared.bodies and isinstance(getattr(step, kind), dict):
            found.unknown += [(kind, name) for name in getattr(step, kind)]
        return found

    def _parameter(self, found: _Found, step: Step, parameter: Parameter) -> None:
        key = _KEYS.get(parameter.place)
        if key is None or parameter.name.lower() in _OWN_HEADERS:
            return
        sent = step.path_parameters if key == "path" else getattr(step, key)
        same = [each for each in sent if each == parameter.name]
        if key == "headers":
            same = [each for each in sent if each.lower() == parameter.name.lower()]
        place = (key, parameter.name)
        if same:
            value = sent[same[0]]
            texts = key != "query"
            if not texts and self._sought.wrong(parameter.schema, value):
                found.wrong.append((place, parameter.schema, value))
        elif parameter.required and key != "path":
            found.missing.append((place, parameter.schema))
        elif key != "path":
            found.optional.append((place, parameter.schema))

    def _walk(self, found: _Found, schema: Json, value: Json, place: Address, depth: int) -> None:
        if depth > _DEPTH:
            return
        said = shape(schema, self._document)
        if isinstance(value, dict) and said.properties and not said.alternatives:
            unknown = [(*place, each) for each in value if each not in said.properties]
            if not isinstance(said.keywords.get("additionalProperties"), dict):
                found.unknown += unknown
            found.refused += unknown if said.closed else []
            for name, each in said.properties.items():
                if name in value:
                    self._walk(found, each, value[name], (*place, name), depth + 1)
                elif name in said.required:
                    found.missing.append(((*place, name), each))
                else:
                    found.optional.append(((*place, name), each))
        elif isinstance(value, list) and isinstance(said.keywords.get("items"), dict):
            for index, each in enumerate(value[:_ITEMS]):
                self._walk(found, said.keywords["items"], each, (*place, index), depth + 1)
        elif len(place) > 1 and self._sought.wrong(schema, value):
            found.wrong.append((place, schema, value))

    # What to do

    def _recast(self, step: Step, declared: Declaration) -> tuple[list[Choice], Step]:
        kind = body_of(step)
        if kind is None or not declared.bodies or declared_body(declared, kind) is not None:
            return [], step
        wanted = next((found for each in declared.bodies if (found := kind_of(each))), None)
        if wanted is None:
            return [], step
        edit = Recast(kind, wanted)
        changed = edit.applied(step)
        if changed is None:
            return [], step
        types = ", ".join(each.content_type for each in declared.bodies)
        return [_only(edit, f"the body is {types}")], changed

    def _told(self, found: _Found, step: Step, renames: Renames) -> Iterator[Move]:
        """What the documents say was renamed or moved."""
        for place in found.unknown:
            for old, new in renames.items():
                if fits_pattern(place, old):
                    edit = Move(place, filled(new, place))
                    if edit.applied(step) is not None:
                        yield edit
                    break

    def _missing(
        self,
        place: Address,
        schema: Json,
        free: Sequence[Address],
        step: Step,
        *,
        alone: bool,
    ) -> tuple[Choice, Address | None]:
        """Something that is asked for: sent under another name, or new."""
        ranked = sorted(((score(each, place), each) for each in free), key=lambda pair: -pair[0])
        likely = [each for how, each in ranked if how >= _ALIKE]
        beside = [each for each in free if each[:-1] == place[:-1]]
        if not likely and alone and len(beside) == 1:
            # One is gone and one is new: they may be the same.
            likely = beside
        likely = [each for each in likely if not self._sought.wrong(schema, read(step, each))][:2]
        why = f"{spoken(place)} is required"
        options = [
            Option((Move(each, place),), f"{why}, {spoken(each)} is not declared")
            for each in likely
        ]
        options += [
            Option((Put(place, value),), why)
            for value in self._sought.lacking(schema, str(place[-1]), step.identity)
        ]
        return Choice(tuple(options)), likely[0] if likely else None

    def _wrong(self, wrong: Sequence[tuple[Address, Json, Json]]) -> Iterator[Choice]:
        for place, schema, value in wrong:
            said = "; ".join(self._sought.wrong(schema, value))[:200]
            others = self._sought.instead(schema, value, str(place[-1]))
            if others:
                yield Choice(
                    tuple(
                        Option((Put(place, each, value, changes=True),), f"{spoken(place)}: {said}")
                        for each in others
                    )
                )

    def _perhaps(
        self, optional: Sequence[tuple[Address, Json]], free: Sequence[Address]
    ) -> Iterator[Choice]:
        """What may be meant for something that need not be sent: the second thing to try."""
        for place in free:
            alike = max(
                ((score(place, each), each) for each, _ in optional),
                key=lambda pair: pair[0],
                default=(0.0, place),
            )
            if alike[0] >= _SURELY_ALIKE:
                why = f"{spoken(alike[1])} is declared, {spoken(place)} is not"
                yield Choice((Option((), ""), Option((Move(place, alike[1]),), why)))


def body_of(step: Step) -> str | None:
    """The key of the body that a step sends."""
    return next((each for each in BODIES if getattr(step, each) is not None), None)


def kind_of(body: Body) -> str | None:
    """The key that a scenario has for a body of this media type."""
    media = body.content_type.partition(";")[0].strip().lower()
    if media.endswith("json") or media in {"", "*/*"}:
        return "json"
    if media == "application/x-www-form-urlencoded":
        return "form"
    return "multipart" if media == "multipart/form-data" else None


def declared_body(declared: Declaration, kind: str) -> Body | None:
    """The body that is declared for a key of a scenario."""
    fitting = [each for each in declared.bodies if kind_of(each) == kind]
    return fitting[0] if fitting else None


def fits_pattern(place: Address, pattern: Address) -> bool:
    """Whether a place is one of a pattern's. Bodies are the same in every form."""
    if len(place) != len(pattern):
        return False
    first, *rest = zip(place, pattern, strict=True)
    same_part = first[0] == first[1] or {first[0], first[1]} <= set(BODIES)
    return same_part and all(
        one == other or (other == "*" and isinstance(one, int)) for one, other in rest
    )


def filled(pattern: Address, place: Address) -> Address:
    """A pattern with the indexes of a place that fits another."""
    indexes = iter([each for each in place if isinstance(each, int)])
    part = place[0] if pattern[0] in BODIES and place[0] in BODIES else pattern[0]
    return (part, *(next(indexes, 0) if each == "*" else each for each in pattern[1:]))


def _renamed(edit: Move) -> str:
    return f"{spoken(edit.old)} was declared, {spoken(edit.new)} is"


def _only(edit: Edit, why: str) -> Choice:
    return Choice((Option((edit,), why),))
