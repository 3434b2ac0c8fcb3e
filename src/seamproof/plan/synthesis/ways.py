"""What to try next, by how the last try was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from seamproof.analysis.refusals import Complaint, ComplaintKind, complaints
from seamproof.core.document import Body, Declaration
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.accounts import Accounts
from seamproof.plan.synthesis.alternatives import Alternatives
from seamproof.plan.synthesis.beginnings import Beginnings
from seamproof.plan.synthesis.bodies import Bodies, fill, schema_at
from seamproof.plan.synthesis.credentials import Credentials
from seamproof.plan.synthesis.drafts import JSON, Draft
from seamproof.plan.synthesis.imitation import Imitation
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.matching import Slot, matches, types_of
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.paths import Paths
from seamproof.plan.synthesis.repairs import Repairs
from seamproof.plan.synthesis.tracing import Arrival, arrivals

_PATHS = 4
_ROWS = 3
_WEAK = frozenset({ComplaintKind.OTHER, ComplaintKind.CONFLICT, ComplaintKind.NOT_FOUND})
"""Complaints that name no change of their own."""


class Ways:
    """Answers refusals with drafts, the likeliest first."""

    def __init__(self, knowledge: Knowledge, generator: Generator) -> None:
        self._knowledge = knowledge
        self._paths = Paths(knowledge, generator)
        self._bodies = Bodies(knowledge, generator)
        self._repairs = Repairs(knowledge, generator, self._bodies)
        self._alternatives = Alternatives(knowledge)
        self._credentials = Credentials(knowledge, generator)
        self._accounts = Accounts(knowledge, generator)
        self._imitation = Imitation(knowledge, generator)
        self.beginnings = Beginnings(knowledge, generator, self._paths, self._bodies)

    def after(self, draft: Draft, declaration: Declaration, outcome: Outcome) -> Iterator[Draft]:
        """What a refusal, or a success without effect, asks to be tried."""
        if not outcome.arranged or outcome.exchange is None:
            yield from self._elsewhere(draft, declaration)
            return
        status = outcome.status or 0
        said = complaints(outcome.exchange, outcome.crossings, self._knowledge.catalog)
        if outcome.reached:
            yield from self._for_effect(draft, declaration, outcome)
        elif status in {401, 403}:
            yield from self._for_leave(draft, declaration, outcome, said)
        elif status == 404:
            yield from self._for_a_thing(draft, declaration, outcome, said)
        elif status in {409, 410, 412, 423, 428}:
            yield from self._for_a_state(draft, declaration, outcome, said)
        else:
            yield from self._for_a_body(draft, declaration, outcome, said)

    # One for each kind of refusal

    def _for_effect(
        self, draft: Draft, declaration: Declaration, outcome: Outcome
    ) -> Iterator[Draft]:
        predecessors = self._alternatives.predecessors(draft, outcome)
        yield from self._imitation.altered(draft, declaration)
        yield from islice(predecessors, 2)
        yield from islice(self.beginnings.richer(draft, declaration), 1)
        yield from predecessors

    def _for_leave(
        self,
        draft: Draft,
        declaration: Declaration,
        outcome: Outcome,
        said: Sequence[Complaint],
    ) -> Iterator[Draft]:
        if draft.carried:
            return
        yield from islice(self._accounts.drafts(draft), 3)
        yield from self._alternatives.identities(draft)
        yield from islice(self._looked_up(draft, declaration, outcome), 3)
        yield from islice(self._elsewhere(draft, declaration), 2)
        yield from self._credentials.drafts(draft, declaration, outcome)
        yield from self._repairs.drafts(draft, declaration, _strong(said))
        yield from self._alternatives.predecessors(draft, outcome)

    def _for_a_thing(
        self,
        draft: Draft,
        declaration: Declaration,
        outcome: Outcome,
        said: Sequence[Complaint],
    ) -> Iterator[Draft]:
        yield from self._looked_up(draft, declaration, outcome)
        yield from islice(self._elsewhere(draft, declaration), 2)
        yield from self._repairs.drafts(draft, declaration, _strong(said))
        yield from islice(self._alternatives.predecessors(draft, outcome), 3)
        yield from islice(self._alternatives.identities(draft), 2)
        yield from islice(self.beginnings.richer(draft, declaration), 1)

    def _for_a_state(
        self,
        draft: Draft,
        declaration: Declaration,
        outcome: Outcome,
        said: Sequence[Complaint],
    ) -> Iterator[Draft]:
        yield from islice(self._repairs.drafts(draft, declaration, _strong(said)), 2)
        yield from islice(self._looked_up(draft, declaration, outcome), 3)
        yield from self._alternatives.predecessors(draft, outcome)
        yield from self._elsewhere(draft, declaration)
        yield from self.beginnings.richer(draft, declaration)

    def _for_a_body(
        self,
        draft: Draft,
        declaration: Declaration,
        outcome: Outcome,
        said: Sequence[Complaint],
    ) -> Iterator[Draft]:
        yield from self._in_other_media(draft, declaration, said)
        yield from self._repairs.drafts(draft, declaration, _strong(said))
        yield from islice(self._looked_up(draft, declaration, outcome), 2)
        yield from islice(self._imitation.drafts(draft, outcome), 2)
        yield from islice(self.beginnings.richer(draft, declaration), 3)
        yield from self._undeclared(draft, declaration)
        yield from islice(self._elsewhere(draft, declaration), 2)
        yield from islice(self._alternatives.predecessors(draft, outcome), 3)
        yield from islice(self._alternatives.identities(draft), 2)

    # Ways

    def _elsewhere(self, draft: Draft, declaration: Declaration) -> Iterator[Draft]:
        """The same on other things."""
        if not draft.path:
            return
        for choice in self._paths.choices(declaration, draft.identity)[:_PATHS]:
            if self._paths.values(declaration, choice) != draft.path:
                yield self.beginnings.moved(draft, declaration, choice)

    def _looked_up(
        self, draft: Draft, declaration: Declaration, outcome: Outcome
    ) -> Iterator[Draft]:
        """The same with values of the columns in which the wire showed ours looked up."""
        template = declaration.operation.path
        found = list(arrivals(outcome, template, self._knowledge.catalog))
        for each in found:
            if each.place == "path":
                names = naming.parameters(declaration.operation.path)
                prefix = naming.prefixes(declaration.operation.path)[names.index(each.name)]
                self._knowledge.places.setdefault(prefix, (each.table, each.column))
        for each in reversed(found):
            if each.place == "body":
                yield from self._other_value(draft, declaration, each)
        if any(each.place == "path" for each in found):
            for draft_ in islice(self._elsewhere(draft, declaration), _ROWS):
                yield draft_.because("by the column that it was looked up in")

    def _other_value(
        self, draft: Draft, declaration: Declaration, arrival: Arrival
    ) -> Iterator[Draft]:
        body = next(iter(declaration.bodies), Body(JSON))
        document = self._knowledge.document
        schema = document.resolve(schema_at(body.schema, arrival.path, document))
        if isinstance(schema, dict) and ("enum" in schema or "const" in schema):
            return
        slot = Slot(
            arrival.name,
            "",
            types_of(schema, document),
            table=arrival.table,
            column=arrival.column,
            mutates=True,
        )
        for match in matches(slot, self._knowledge, draft.identity)[:_ROWS]:
            reason = f"{arrival.name} from {arrival.table}.{arrival.column}"
            yield fill(draft, arrival.path, *match.supplier.draw()).because(reason)

    def _in_other_media(
        self, draft: Draft, declaration: Declaration, said: Sequence[Complaint]
    ) -> Iterator[Draft]:
        refused = [each for each in said if each.kind is ComplaintKind.MEDIA_TYPE]
        if not refused:
            return
        for body in declaration.bodies[1:]:
            yield self._bodies.with_body(draft, body).because(f"as {body.content_type}")
        for each in refused:
            for media in each.wanted if isinstance(each.wanted, list) else ():
                if isinstance(media, str) and media != draft.content_type:
                    body = draft.body if draft.body is not None else {}
                    yield replace(draft, content_type=media, body=body).because(f"as {media}")
        if not draft.content_type:
            yield replace(draft, body={}, content_type=JSON).because("with an empty object")

    def _undeclared(self, draft: Draft, declaration: Declaration) -> Iterator[Draft]:
        """A body where the document declares none."""
        if not draft.content_type and draft.operation.mutates and not declaration.bodies:
            yield replace(draft, body={}, content_type=JSON).because("with an empty object")
            yield replace(draft, body=[], content_type=JSON).because("with an empty list")


def _strong(said: Sequence[Complaint]) -> tuple[Complaint, ...]:
    """The complaints that say what to change; all where none does."""
    strong = tuple(each for each in said if each.kind not in _WEAK)
    return strong or tuple(each for each in said if each.path)
