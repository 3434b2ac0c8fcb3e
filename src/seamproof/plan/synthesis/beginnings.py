"""The first drafts of an operation: the least that the document asks for, then more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from seamproof.core.document import Declaration, Parameter, Place
from seamproof.core.model import Json
from seamproof.core.references import literally
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.bodies import Bodies
from seamproof.plan.synthesis.drafts import Draft
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.matching import SURE, Slot, matches, types_of
from seamproof.plan.synthesis.paths import PathChoice, Paths
from seamproof.plan.synthesis.steps import feeding, merged, renamed

_OPTIONAL = 12
_OWN_HEADERS = frozenset({"authorization", "content-type", "accept", "cookie", "host"})


class Beginnings:
    """Makes drafts out of what the document declares."""

    def __init__(
        self, knowledge: Knowledge, generator: Generator, paths: Paths, bodies: Bodies
    ) -> None:
        self._knowledge = knowledge
        self._generator = generator
        self._paths = paths
        self._bodies = bodies

    def identity(self, declaration: Declaration) -> str | None:
        """Who asks first: nobody where the document asks for nobody, else who was let in nearby."""
        open_to_all = declaration.security and all(not each for each in declaration.security)
        if open_to_all and not self._knowledge.nobody_is_refused:
            return None
        return self._knowledge.likeliest(declaration.operation)

    def drafts(self, declaration: Declaration, identity: str | None) -> Iterator[Draft]:
        """The smallest request on each way to fill the path, then richer ones on the first."""
        choices = self._paths.choices(declaration, identity)
        yield from (self.on(declaration, identity, each) for each in choices[:2])
        if choices:
            yield from self.richer(self.on(declaration, identity, choices[0]), declaration)
        yield from (self.on(declaration, identity, each) for each in choices[2:])

    def on(self, declaration: Declaration, identity: str | None, choice: PathChoice) -> Draft:
        """The smallest request on one way to fill the path."""
        acting = identity
        if choice.identity is not None and identity is not None and choice.arrangement:
            # What somebody made is theirs.
            acting = choice.identity
        draft = Draft(
            declaration.operation,
            acting,
            self._paths.values(declaration, choice),
            arrangement=choice.arrangement,
            reason="the least",
        )
        draft = self._with_parameters(draft, declaration)
        for body in declaration.bodies[:1]:
            draft = self._bodies.with_body(draft, body)
        return draft

    def moved(self, draft: Draft, declaration: Declaration, choice: PathChoice) -> Draft:
        """The draft on another path; what its body and query refer to stays."""
        kept = feeding(draft.arrangement, [draft.body, draft.query, draft.headers])
        steps, names = merged(choice.arrangement, kept)
        values = self._paths.values(declaration, choice)
        other = replace(draft.with_names(names), arrangement=steps, path=values)
        return other.because("on another path")

    def richer(self, draft: Draft, declaration: Declaration) -> Iterator[Draft]:
        """The same with other bodies: with all that is optional, of other forms, in other media."""
        for body in declaration.bodies[:1]:
            for rich, variant in ((True, 0), (False, 1), (True, 1), (False, 2)):
                said = f"{'rich' if rich else 'small'} body, variant {variant}"
                made = self._bodies.with_body(draft, body, rich=rich, variant=variant)
                yield made.because(said)
        for body in declaration.bodies[1:4]:
            made = self._bodies.with_body(draft, body)
            yield made.because(f"as {body.content_type}")
        yield from self._asking_more(draft, declaration)

    def _asking_more(self, draft: Draft, declaration: Declaration) -> Iterator[Draft]:
        """The same with optional parameters of the query: those that name things, then all."""
        optional = [
            each for each in declaration.parameters_in(Place.QUERY) if each.name not in draft.query
        ]
        operation = declaration.operation.id
        naming_things = [
            each for each in optional if slot_of(operation, each.name, each, self._knowledge)
        ]
        for chosen in (naming_things, optional[:_OPTIONAL]):
            more = draft
            for parameter in chosen:
                more = self.with_query(more, parameter)
            if chosen:
                yield more.because("with a richer query")

    def _with_parameters(self, draft: Draft, declaration: Declaration) -> Draft:
        for parameter in declaration.parameters:
            if not parameter.required or parameter.place is Place.PATH:
                continue
            if parameter.place is Place.QUERY:
                draft = self.with_query(draft, parameter)
                continue
            if parameter.name.lower() in _OWN_HEADERS:
                continue
            draft, value = self._header(draft, parameter)
            text = value if isinstance(value, str) else json.dumps(value)
            if parameter.place is Place.COOKIE:
                draft = replace(
                    draft, headers={**draft.headers, "Cookie": f"{parameter.name}={text}"}
                )
            else:
                draft = replace(draft, headers={**draft.headers, parameter.name: text})
        return draft

    def _header(self, draft: Draft, parameter: Parameter) -> tuple[Draft, Json]:
        """The value of a header or a cookie: one that the document links to it, where it does."""
        for supplier in self._knowledge.linked(draft.operation.id, parameter.name):
            value, steps = supplier.draw()
            joined, names = merged(draft.arrangement, steps)
            return replace(draft, arrangement=joined), renamed(value, names)
        return draft, self._value(parameter)

    def with_query(self, draft: Draft, parameter: Parameter) -> Draft:
        """The draft with a query parameter, filled by what is there where it names such."""
        slot = slot_of(draft.operation.id, parameter.name, parameter, self._knowledge)
        found = matches(slot, self._knowledge, draft.identity) if slot else []
        if found and found[0].score >= SURE:
            value, steps = found[0].supplier.draw()
            joined, names = merged(draft.arrangement, steps)
            query = {**draft.query, parameter.name: renamed(value, names)}
            return replace(draft, query=query, arrangement=joined)
        return replace(draft, query={**draft.query, parameter.name: self._value(parameter)})

    def _value(self, parameter: Parameter) -> Json:
        if parameter.examples:
            return literally(parameter.examples[0])
        return self._generator.instance(parameter.schema, name=parameter.name)


def slot_of(
    operation: str, name: str, parameter: Parameter | None, knowledge: Knowledge
) -> Slot | None:
    """What a query parameter may refer to; None where it is a value of its own."""
    thing = naming.split(name)[0]
    schema = knowledge.document.resolve(parameter.schema) if parameter else {}
    slot = Slot(name, thing, types_of(schema, knowledge.document), operation=operation)
    if next(knowledge.linked(operation, name), None) is not None:
        return slot
    if not knowledge.is_entity(thing):
        return None
    return None if isinstance(schema, dict) and ("enum" in schema or "const" in schema) else slot


def parameter_of(declaration: Declaration, name: str) -> Parameter | None:
    """The declared parameter of that name."""
    return next((each for each in declaration.parameters if each.name == name), None)
