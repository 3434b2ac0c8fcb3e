"""What to try next, by how the last try was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Tried:
    """A draft that was sent, and what came of it."""

    draft: Draft
    declaration: Declaration
    outcome: Outcome
    said: Sequence[Complaint] = ()
    """What the refusal complains of."""


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
            yield from self._elsewhere(_Tried(draft, declaration, outcome))
            return
        status = outcome.status or 0
        said = complaints(outcome.exchange, outcome.crossings, self._knowledge.catalog)
        tried = _Tried(draft, declaration, outcome, said)
        if outcome.reached:
            yield from self._for_effect(tried)
        elif status in {401, 403}:
            yield from self._for_leave(tried)
        elif status == 404:
            yield from self._for_a_thing(tried)
        elif status in {409, 410, 412, 423, 428}:
            yield from self._for_a_state(tried)
        else:
            yield from self._for_a_body(tried)

    # One for each kind of refusal

    def _for_effect(self, tried: _Tried) -> Iterator[Draft]:
        predecessors = self._preceded(tried)
        yield from self._imitation.altered(tried.draft, tried.declaration)
        yield from islice(predecessors, 2)
        yield from islice(self._richer(tried), 1)
        yield from predecessors

    def _for_leave(self, tried: _Tried) -> Iterator[Draft]:
        if tried.draft.carried:
            return
        yield from islice(self._accounts.drafts(tried.draft), 3)
        yield from self._by_others(tried)
        yield from islice(self._looked_up(tried), 3)
        yield from islice(self._elsewhere(tried), 2)
        yield from self._credentials.drafts(tried.draft, tried.declaration, tried.outcome)
        yield from self._repaired(tried)
        yield from self._preceded(tried)

    def _for_a_thing(self, tried: _Tried) -> Iterator[Draft]:
        yield from self._looked_up(tried)
        yield from islice(self._elsewhere(tried), 2)
        yield from self._repaired(tried)
        yield from islice(self._preceded(tried), 3)
        yield from islice(self._by_others(tried), 2)
        yield from islice(self._richer(tried), 1)

    def _for_a_state(self, tried: _Tried) -> Iterator[Draft]:
        yield from islice(self._repaired(tried), 2)
        yield from islice(self._looked_up(tried), 3)
        yield from self._preceded(tried)
        yield from self._elsewhere(tried)
        yield from self._richer(tried)

    def _for_a_body(self, tried: _Tried) -> Iterator[Draft]:
        yield from self._in_other_media(tried)
        yield from self._repaired(tried)
        yield from islice(self._looked_up(tried), 2)
        yield from islice(self._imitation.drafts(tried.draft, tried.outcome), 2)
        yield from islice(self._richer(tried), 3)
        yield from self._undeclared(tried)
        yield from islice(self._elsewhere(tried), 2)
        yield from islice(self._preceded(tried), 3)
        yield from islice(self._by_others(tried), 2)

    # Ways

    def _repaired(self, tried: _Tried) -> Iterator[Draft]:
        """The same with what is complained of mended."""
        return self._repairs.drafts(tried.draft, tried.declaration, _strong(tried.said))

    def _preceded(self, tried: _Tried) -> Iterator[Draft]:
        """The same behind one more request."""
        return self._alternatives.predecessors(tried.draft, tried.outcome)

    def _by_others(self, tried: _Tried) -> Iterator[Draft]:
        """The same as another identity, or as nobody."""
        return self._alternatives.identities(tried.draft)

    def _richer(self, tried: _Tried) -> Iterator[Draft]:
        """The same with another body."""
        return self.beginnings.richer(tried.draft, tried.declaration)

    def _elsewhere(self, tried: _Tried) -> Iterator[Draft]:
        """The same on other things."""
        draft, declaration = tried.draft, tried.declaration
        if not draft.path:
            return
        for choice in self._paths.choices(declaration, draft.identity)[:_PATHS]:
            if self._paths.values(declaration, choice) != draft.path:
                yield self.beginnings.moved(draft, declaration, choice)

    def _looked_up(self, tried: _Tried) -> Iterator[Draft]:
        """The same with values of the columns in which the wire showed ours looked up."""
        template = tried.declaration.operation.path
        found = list(arrivals(tried.outcome, template, self._knowledge.catalog))
        for each in found:
            if each.place == "path":
                names = naming.parameters(template)
                prefix = naming.prefixes(template)[names.index(each.name)]
                self._knowledge.places.setdefault(prefix, (each.table, each.column))
        for each in reversed(found):
            if each.place == "body":
                yield from self._other_value(tried, each)
        if any(each.place == "path" for each in found):
            for draft in islice(self._elsewhere(tried), _ROWS):
                yield draft.because("by the column that it was looked up in")

    def _other_value(self, tried: _Tried, arrival: Arrival) -> Iterator[Draft]:
        body = next(iter(tried.declaration.bodies), Body(JSON))
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
        for match in matches(slot, self._knowledge, tried.draft.identity)[:_ROWS]:
            reason = f"{arrival.name} from {arrival.table}.{arrival.column}"
            yield fill(tried.draft, arrival.path, *match.supplier.draw()).because(reason)

    def _in_other_media(self, tried: _Tried) -> Iterator[Draft]:
        draft = tried.draft
        refused = [each for each in tried.said if each.kind is ComplaintKind.MEDIA_TYPE]
        if not refused:
            return
        for body in tried.declaration.bodies[1:]:
            yield self._bodies.with_body(draft, body).because(f"as {body.content_type}")
        for each in refused:
            for media in each.wanted if isinstance(each.wanted, list) else ():
                if isinstance(media, str) and media != draft.content_type:
                    body = draft.body if draft.body is not None else {}
                    yield replace(draft, content_type=media, body=body).because(f"as {media}")
        if not draft.content_type:
            yield replace(draft, body={}, content_type=JSON).because("with an empty object")

    def _undeclared(self, tried: _Tried) -> Iterator[Draft]:
        """A body where the document declares none."""
        draft = tried.draft
        if not draft.content_type and draft.operation.mutates and not tried.declaration.bodies:
            yield replace(draft, body={}, content_type=JSON).because("with an empty object")
            yield replace(draft, body=[], content_type=JSON).because("with an empty list")


def _strong(said: Sequence[Complaint]) -> tuple[Complaint, ...]:
    """The complaints that say what to change; all where none does."""
    strong = tuple(each for each in said if each.kind not in _WEAK)
    return strong or tuple(each for each in said if each.path)
