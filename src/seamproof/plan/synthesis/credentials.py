"""Credentials that the run itself makes: a token that one operation issues lets into another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seamproof.core.document import Declaration, Place, SchemeKind, SecurityScheme
from seamproof.core.model import Json
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.drafts import Draft
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.steps import Steps, merged, renamed
from seamproof.plan.synthesis.suppliers import Supplier

_OFFERED = 3
_KINDS = 4
_QUOTED = re.compile(r"[\"'`]([A-Za-z][\w.-]{1,40})[\"'`]")
_WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True, slots=True)
class _Carrier:
    """Where a credential is sent."""

    place: Place
    name: str
    text: str


class Credentials:
    """Offers what operations issued to those that let nobody in."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._generator = generator

    def drafts(self, draft: Draft, declaration: Declaration, outcome: Outcome) -> Iterator[Draft]:
        """The same with each credential that was issued, in each place that the document names."""
        yield from self._remembered(draft)
        for supplier in self._issued(outcome)[:_OFFERED]:
            for number, steps in enumerate(self._kinds(supplier.steps)):
                value, needed = replace(supplier, steps=steps).draw()
                arrangement, names = merged(draft.arrangement, needed)
                value = renamed(value, names)
                carriers = list(_carriers(declaration, self._knowledge.document.schemes, value))
                for carrier in carriers if number == 0 else carriers[:1]:
                    made = _carrying(replace(draft, arrangement=arrangement), carrier)
                    yield made.because(f"with {supplier.name} of {supplier.operation}")

    def _remembered(self, draft: Draft) -> Iterator[Draft]:
        """What was let in elsewhere, the nearest path first."""
        ours = naming.segments(draft.operation.path)
        known = [each.scenario for each in self._knowledge.reached.values() if each.carried]
        near = sorted(
            known,
            key=lambda each: -naming.shared(ours, naming.segments(each.operation.path)),
        )
        for scenario in near[:_OFFERED]:
            steps, names = merged(draft.arrangement, scenario.arrangement)
            headers = renamed(scenario.act.headers, names)
            made = replace(draft, identity=None, arrangement=steps, headers=headers, carried=True)
            yield made.because(f"with the credential of {scenario.operation.id}")

    def _issued(self, outcome: Outcome) -> list[Supplier]:
        """Secrets of answers, those first whose operation the refusal seems to speak of."""
        said = {naming.singular(each) for each in _WORD.findall(outcome.refusal.lower())}
        found: dict[str, Supplier] = {}
        for name in self._knowledge.reached:
            for each in self._knowledge.given_by(name):
                if each.attribute in naming.SECRETS and each.created and each.source:
                    found.setdefault(name, each)

        def rank(supplier: Supplier) -> tuple[int, int, str]:
            last = supplier.path[-1] if supplier.path else ""
            told = sum(naming.singular(word) in said for word in naming.words(last))
            return (-told, len(supplier.steps), supplier.operation)

        return sorted(found.values(), key=rank)

    def _kinds(self, steps: Steps) -> Iterator[Steps]:
        """The steps as they are, then with each other kind of what the last one issues."""
        yield steps
        last = steps[-1]
        declared = self._knowledge.document.declaration(last.operation)
        if declared is None or not isinstance(last.json, dict):
            return
        offered = 0
        for name, kinds in self._choices(declared):
            for kind in kinds:
                now = last.json.get(name)
                if name in last.json and kind != now and offered < _KINDS:
                    offered += 1
                    yield (*steps[:-1], replace(last, json={**last.json, name: kind}))

    def _choices(self, declared: Declaration) -> Iterator[tuple[str, list[Json]]]:
        """The fields of a body that say a kind: enumerations, and those whose prose quotes some."""
        for body in declared.bodies[:1]:
            for name, schema in self._knowledge.properties(body.schema):
                choices = schema.get("enum")
                said = schema.get("description")
                if isinstance(choices, list):
                    yield name, choices
                elif isinstance(said, str) and schema.get("type") == "string":
                    quoted = dict.fromkeys(_QUOTED.findall(said[:2000]))
                    plain = {key: value for key, value in schema.items() if key != "example"}
                    yield name, [q for q in quoted if not self._generator.complaints(plain, q)]


def _carrying(draft: Draft, carrier: _Carrier) -> Draft:
    bare = replace(draft, identity=None, carried=True)
    if carrier.place is Place.QUERY:
        return replace(bare, query={**draft.query, carrier.name: carrier.text})
    name = "Cookie" if carrier.place is Place.COOKIE else carrier.name
    return replace(bare, headers={**draft.headers, name: carrier.text})


def _carriers(
    declaration: Declaration, schemes: dict[str, SecurityScheme], value: Json
) -> Iterator[_Carrier]:
    """Where a credential is sent: as declared for the operation, else in the usual header."""
    named = [name for each in declaration.security for name in sorted(each)] or sorted(schemes)
    found: dict[tuple[str, str], _Carrier] = {}
    for name in named:
        scheme = schemes.get(name)
        if scheme is None:
            continue
        place, header, text = Place.HEADER, "Authorization", f"Bearer {value}"
        if scheme.kind is SchemeKind.API_KEY:
            place, header, text = scheme.place or Place.HEADER, scheme.parameter, str(value)
        elif scheme.kind not in {SchemeKind.BEARER, SchemeKind.OAUTH2, SchemeKind.OPENID}:
            continue
        if place is Place.COOKIE:
            text = f"{header}={value}"
        found.setdefault((header, text), _Carrier(place, header, text))
    if not found:
        yield _Carrier(Place.HEADER, "Authorization", f"Bearer {value}")
        yield _Carrier(Place.HEADER, "Authorization", str(value))
    yield from found.values()
