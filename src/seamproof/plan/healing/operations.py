"""Which operation of the document a step means now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from seamproof.analysis.compatibility import Change, ChangeKind, Pair, changes, pairs
from seamproof.analysis.compatibility.pairing import parameters, template
from seamproof.analysis.compatibility.shapes import shape
from seamproof.core.document import Declaration, Document
from seamproof.core.model import Operation, Step
from seamproof.plan.healing.edits import Address, Readdress
from seamproof.plan.healing.fitting import Renames, body_of, declared_body
from seamproof.plan.healing.pairs import likeness
from seamproof.plan.synthesis.naming import singular, words

_LIKELY = 0.55
"""How much an operation must be like the one that is gone, from 0 to 1."""
_GUESSES = 3
_NEAR = 12
_FIELDS = 40
"""Fields of two bodies that are compared by name."""
_COMPARED = 200
"""Characters of a path that are compared."""
_RENAMED = frozenset(
    {ChangeKind.PROPERTY_RENAMED, ChangeKind.PARAMETER_RENAMED, ChangeKind.PARAMETER_MOVED}
)
_PARTS = {"path": "path", "query": "query", "header": "headers"}


@dataclass(frozen=True, slots=True)
class Meant:
    """One operation that a step may mean."""

    declared: Declaration
    edit: Readdress | None
    """None where the step has it already."""
    why: str
    sure: bool
    renames: Renames


class Operations:
    """The operations of a document, and of the one that the scenarios were stored by."""

    def __init__(self, document: Document, then: Document | None) -> None:
        self._document = document
        self._declared = {template(each.operation): each for each in document.declarations}
        old = then or Document()
        self.pairs = {template(each.old.operation): each for each in pairs(old, document)}
        self.changes = changes(old, document)
        self._then = {template(each.operation): each for each in old.declarations}

    def declared(self, operation: Operation) -> Declaration | None:
        """What the document declares of an operation, whatever its parameters are called."""
        return self._declared.get(template(operation))

    def was(self, operation: Operation) -> Declaration | None:
        """What the document declared when the scenarios were stored."""
        return self._then.get(template(operation))

    def gone(self, operation: Operation) -> bool:
        """Whether the document had it, and has it no more."""
        key = template(operation)
        return key in self._then and key not in self._declared

    def meant(self, step: Step, taken: Sequence[str] = ()) -> Iterator[Meant]:
        """The operation itself, else what it was renamed to, else what is most like it.

        `taken` are operations that other steps have: none of them is a new name of this one.
        """
        key = template(step.operation)
        pair = self.pairs.get(key)
        if pair is not None:
            edit = _readdress(step.operation, pair) if pair.renamed else None
            yield Meant(pair.new, edit, _told(pair), True, self._renames(pair))
            return
        if key in self._declared:
            yield Meant(self._declared[key], None, "", True, {})
            return
        for how, each in self._ranked(step, taken)[:_GUESSES]:
            if how >= _LIKELY:
                pair = Pair(Declaration(step.operation), each)
                why = (
                    f"{step.operation.id} is not declared; {each.operation.id} is the most like it"
                )
                yield Meant(each, _readdress(step.operation, pair), why, False, {})

    def _ranked(self, step: Step, taken: Sequence[str]) -> list[tuple[float, Declaration]]:
        """The operations that are most like a step's. Fields take long to compare: only those of
        the few whose paths are near are."""
        free = [each for name, each in self._declared.items() if name not in taken]
        near = sorted(free, key=lambda each: -_address(step.operation, each.operation))[:_NEAR]
        ranked = [(self._alike(step, each), each) for each in near]
        return sorted(ranked, key=lambda found: -found[0])

    def _renames(self, pair: Pair) -> Renames:
        """Where values of a step's request have gone to, by the two documents."""
        found: Renames = {}
        for each in self.changes:
            if each.kind in _RENAMED and each.operation == pair.old.operation.id:
                moved = _move(each)
                if moved is not None:
                    found[moved[0]] = moved[1]
        return found

    def _alike(self, step: Step, declared: Declaration) -> float:
        """How much a declared operation is like a step's, from 0 to 1."""
        address = _address(step.operation, declared.operation)
        return address and address + 0.25 * self._fields(step, declared)

    def _fields(self, step: Step, declared: Declaration) -> float:
        """The share of the fields sent that are declared, or nearly."""
        kind = body_of(step)
        body = declared_body(declared, kind) if kind else None
        if kind is None or body is None:
            return 0.5 if bool(declared.bodies) == bool(kind) else 0.0
        sent = getattr(step, kind)
        known = shape(body.schema, self._document).properties
        if not isinstance(sent, dict) or not sent or not known:
            return 0.5
        names, asked = [*known][:_FIELDS], [*sent][:_FIELDS]
        near = [max(likeness(str(each), name) for name in names) for each in asked]
        return sum(near) / len(near)


def _address(mine: Operation, theirs: Operation) -> float:
    """How much methods and paths are alike, from 0 to 0.75."""
    if mine.mutates != theirs.mutates:
        return 0.0
    method = 1.0 if mine.method == theirs.method else 0.3
    shared = 1.0 if len(parameters(mine.path)) == len(parameters(theirs.path)) else 0.5
    return 0.2 * method + 0.15 * shared + 0.4 * _paths(mine.path, theirs.path)


def _paths(one: str, other: str) -> float:
    mine, theirs = (
        [_segment(part) for part in path[:_COMPARED].split("/") if part] for path in (one, other)
    )
    if not mine or not theirs:
        return 0.0
    whole = SequenceMatcher(None, mine, theirs).ratio()
    letters = SequenceMatcher(None, "/".join(mine), "/".join(theirs)).ratio()
    return max(whole, letters)


def _segment(part: str) -> str:
    return "{}" if "{" in part else "".join(map(singular, words(part)))


def _readdress(operation: Operation, pair: Pair) -> Readdress:
    names = tuple((each, pair.name(each)) for each in parameters(operation.path))
    old = parameters(pair.old.operation.path)
    # A step may call the parameters of its path otherwise than the document did.
    by_position = dict(zip(parameters(operation.path), old, strict=True))
    names = tuple((each, pair.name(by_position[each])) for each, _ in names)
    return Readdress(operation, pair.new.operation, names)


def _told(pair: Pair) -> str:
    if not pair.renamed:
        return ""
    old, new = pair.old, pair.new
    known = "the operation with these schemas"
    if old.operation_id and old.operation_id == new.operation_id:
        known = f"operationId {old.operation_id}"
    elif old.summary and old.summary == new.summary:
        known = f"the operation that is called {old.summary[:80]!r}"
    return f"{known} is {pair.new.operation.id}, was {pair.old.operation.id}"


def _move(change: Change) -> tuple[Address, Address] | None:
    """The places in a step that a change of the request is about."""
    if change.place.startswith("/requestBody/"):
        parts = [_plain(each) for each in change.place.split("/")[3:]]
        place: Address = ("json", *parts)
        return place, (*place[:-1], change.now)
    if change.place.startswith("/parameters/"):
        old, new = (str(each).split(" ", 1) for each in (change.was, change.now))
        if old[0] in _PARTS and new[0] in _PARTS:
            return (_PARTS[old[0]], old[1]), (_PARTS[new[0]], new[1])
    return None


def _plain(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")
