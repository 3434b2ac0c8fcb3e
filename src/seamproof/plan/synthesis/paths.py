"""Values for the parameters of a path together: what is nested must belong to what it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.core.document import Declaration, Parameter, Place
from seamproof.core.model import Json
from seamproof.core.references import literally
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.matching import Slot, matches, types_of
from seamproof.plan.synthesis.steps import Steps, merged, renamed
from seamproof.plan.synthesis.suppliers import Supplier

_KNOWN = 100
_SAMPLE = 55
_CHOSEN = 45
_GUESSED = 5
_MOST = 10
_ENUM = 4
_ROW = "{row."


@dataclass(frozen=True, slots=True)
class PathChoice:
    """Values for the first parameters of a path."""

    values: tuple[Json, ...] = ()
    arrangement: Steps = ()
    identity: str | None = None
    """Who the arrangement is done by, where that matters."""
    score: float = 0.0


class Paths:
    """Fills the paths of operations."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._generator = generator

    def choices(self, declaration: Declaration, identity: str | None) -> list[PathChoice]:
        """Ways to fill the whole path, the likeliest first."""
        prefixes = naming.prefixes(declaration.operation.path)
        found = [PathChoice(identity=identity)]
        for index in range(len(prefixes)):
            found = self._extended(declaration, index, found, identity)
        return found

    def values(self, declaration: Declaration, choice: PathChoice) -> dict[str, Json]:
        """A choice as a step's path parameters."""
        names = naming.parameters(declaration.operation.path)
        return dict(zip(names, choice.values, strict=True))

    def slot(self, declaration: Declaration, index: int) -> Slot:
        """What is known of one parameter of the path."""
        operation = declaration.operation
        name = naming.parameters(operation.path)[index]
        prefix = naming.prefixes(operation.path)[index]
        parameter = self._parameter(declaration, name)
        schema = self._knowledge.document.resolve(parameter.schema) if parameter else {}
        table, column = self._knowledge.places.get(prefix, ("", ""))
        return Slot(
            name,
            naming.collection(prefix),
            # In a path everything is text; only what must be a number tells something.
            types_of(schema, self._knowledge.document) & {"integer"} if parameter else frozenset(),
            schema.get("format", "") if isinstance(schema, dict) else "",
            table,
            column,
            operation.mutates,
            operation.method == "DELETE",
            operation.id,
        )

    def _parameter(self, declaration: Declaration, name: str) -> Parameter | None:
        return next(
            (each for each in declaration.parameters_in(Place.PATH) if each.name == name), None
        )

    def _extended(
        self,
        declaration: Declaration,
        index: int,
        before: list[PathChoice],
        identity: str | None,
    ) -> list[PathChoice]:
        found = [
            *self._supplied(declaration, index),
            *self._matched(declaration, index, before, identity),
            *self._guessed(declaration, index, before),
        ]
        best: dict[str, PathChoice] = {}
        for each in sorted(found, key=lambda choice: -choice.score):
            best.setdefault(repr((each.values, each.arrangement)), each)
        return list(best.values())[:_MOST]

    def _supplied(self, declaration: Declaration, index: int) -> Iterator[PathChoice]:
        """What filled this prefix before. What is destroyed should be what the run made."""
        operation = declaration.operation
        prefix = naming.prefixes(operation.path)[index]
        last = index == len(naming.prefixes(operation.path)) - 1
        for supply in self._knowledge.supplies.get(prefix, ()):
            score = _KNOWN - 3.0 * len(supply.arrangement)
            if operation.method == "DELETE" and last and _is_stored(supply.values[-1]):
                score -= 40
            yield PathChoice(supply.values, supply.arrangement, supply.identity, score)

    def _matched(
        self,
        declaration: Declaration,
        index: int,
        before: list[PathChoice],
        identity: str | None,
    ) -> Iterator[PathChoice]:
        prefix = naming.prefixes(declaration.operation.path)[index]
        for match in matches(self.slot(declaration, index), self._knowledge, identity):
            supplier = match.supplier
            value, steps = supplier.draw()
            outer = self._outer(supplier, prefix, index, steps)
            if outer is not None:
                values = (*outer, value)
                bonus = (12 if index else 0) + (12 if supplier.created and index else 0)
                yield PathChoice(values, steps, supplier.identity, match.score + bonus)
                continue
            for choice in before[:2]:
                joined, names = merged(choice.arrangement, steps)
                values = (*choice.values, renamed(value, names))
                score = match.score if index == 0 else match.score - 6
                yield PathChoice(values, joined, supplier.identity or choice.identity, score)

    def _outer(
        self, supplier: Supplier, prefix: naming.Prefix, index: int, steps: Steps
    ) -> tuple[Json, ...] | None:
        """The values of the parameters before, where the supplier is nested alike."""
        if not steps or naming.segments(steps[-1].operation.path)[: len(prefix) - 1] != prefix[:-1]:
            return None
        act = steps[-1]
        names = naming.parameters(act.operation.path)[:index]
        return tuple(act.path_parameters.get(name) for name in names)

    def _guessed(
        self, declaration: Declaration, index: int, before: list[PathChoice]
    ) -> Iterator[PathChoice]:
        """Values that the document gives, or that only have the right form."""
        operation = declaration.operation
        name = naming.parameters(operation.path)[index]
        parameter = self._parameter(declaration, name)
        last = index == len(naming.parameters(operation.path)) - 1
        score = _CHOSEN if operation.method in {"PUT", "POST"} and last else _GUESSED
        weighed: list[tuple[Json, float]] = []
        if parameter is not None:
            schema = self._knowledge.document.resolve(parameter.schema)
            choices = schema.get("enum") if isinstance(schema, dict) else None
            if isinstance(choices, list):
                said = literally(choices[:_ENUM])
                weighed += [(each, _KNOWN - 5.0 - i) for i, each in enumerate(said)]
            weighed += [(literally(each), _SAMPLE) for each in parameter.examples[:2]]
        schema = parameter.schema if parameter else {}
        weighed.append((self._generator.instance(schema, name=name), score))
        for choice in before[:2]:
            for value, weight in weighed:
                if value is None or isinstance(value, dict | list):
                    continue
                yield replace(choice, values=(*choice.values, value), score=weight)


def _is_stored(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(_ROW)
