"""The whole search: all operations, in passes, each found scenario run a second time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from seamproof.core.catalog import Catalog, Stored
from seamproof.core.document import Document
from seamproof.core.model import Identity, Scenario
from seamproof.core.protocols import Exploration
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.order import Harm, changes, harm, ordered, with_suppliers
from seamproof.plan.synthesis.readings import Readings
from seamproof.plan.synthesis.results import Attempt, Budget, Synthesised, Unreached
from seamproof.plan.synthesis.search import Found, Search, Trail, distance
from seamproof.plan.synthesis.steps import references

_SHOWN = 6
"""Tries that are kept as evidence."""
_FOR_EFFECT = 3
"""Further tries of what changes nothing, in each later pass."""


_BUDGET = Budget()


def _nobody(attempt: Attempt) -> None:
    """Nobody wants to know."""


def synthesise(
    document: Document,
    catalog: Catalog,
    stored: Stored,
    identities: Sequence[Identity],
    *,
    known: Sequence[Scenario] = (),
    wanted: Collection[str] | None = None,
    seed: int = 0,
    budget: Budget = _BUDGET,
    on_attempt: Callable[[Attempt], None] = _nobody,
) -> Exploration[Synthesised]:
    """Find for each operation the shortest scenario that answers 2xx.

    `known` are tried first, as they are. `wanted` names operations, as `POST /orders`; those that
    others need are tried too. Each experiment starts from the same state. Deterministic: equal
    arguments and equal answers lead to equal experiments.
    """
    whole = _Whole(
        Knowledge(document, catalog, stored, identities),
        Generator(document, seed=seed),
        budget,
        wanted,
        on_attempt,
    )
    yield from whole.take(known)
    # What may end a session, or the service, waits until all else is found and confirmed.
    for most, tries in (
        (Harm.NONE, budget.early),
        (Harm.ALL, budget.tries),
        (Harm.SERVICE, budget.tries),
    ):
        yield from whole.passes(most, tries)
        yield from whole.confirm()
    return whole.result()


class _Whole:
    """What is under way."""

    def __init__(
        self,
        knowledge: Knowledge,
        generator: Generator,
        budget: Budget,
        wanted: Collection[str] | None,
        on_attempt: Callable[[Attempt], None],
    ) -> None:
        self._knowledge = knowledge
        self._budget = budget
        self._wanted = wanted
        self._search = Search(knowledge, generator, on_attempt)
        document = knowledge.document
        chosen = document.declarations if wanted is None else with_suppliers(document, wanted)
        self._trails = {each.operation.id: Trail(each) for each in ordered(chosen)}
        self._readings = Readings(knowledge)
        self._found: dict[str, Found] = {}
        self._confirmed: set[str] = set()
        self._improved: set[str] = set()
        self._doubts: dict[str, str] = {}

    def take(self, known: Iterable[Scenario]) -> Exploration[None]:
        """Take scenarios over that still answer as they should."""
        for scenario in known:
            if scenario.operation.id in self._found:
                continue
            outcome = yield from self._search.again(scenario)
            if outcome.reached:
                self._keep(Found(scenario, outcome))

    def passes(self, most: Harm, tries: int) -> Exploration[None]:
        """Search what is not reached, as long as a pass reaches something."""
        for number in range(self._budget.passes):
            limit = min(self._budget.first * (number + 1), tries)
            reached = 0
            for name, trail in self._trails.items():
                if trail.given_up or harm(trail.declaration) > most:
                    continue
                left = self._budget.total - self._search.experiments
                if left <= 0:
                    return
                if name not in self._found:
                    bound = min(limit, len(trail.attempts) + left)
                    found = yield from self._search.one(trail, bound)
                    if found is not None:
                        self._keep(found)
                        reached += 1
                elif number and self._may_improve(name, trail):
                    yield from self._improve(trail)
            yield from self._read_back()
            if not reached and limit >= tries:
                return

    def _read_back(self) -> Exploration[None]:
        """Look for the ids of what was made, where the answers did not say them."""
        for maker, draft in self._readings.due():
            outcome = yield from self._search.sent(draft.experiment())
            self._readings.learn(maker, draft, outcome)

    def _may_improve(self, name: str, trail: Trail) -> bool:
        """Whether an act without effect is worth one more look."""
        if name in self._confirmed or name in self._improved:
            return False
        return self._idle(name) and changes(trail.declaration)

    def _improve(self, trail: Trail) -> Exploration[None]:
        """Look once more for an act with an effect: what it needs may be known by now."""
        name = trail.declaration.operation.id
        self._improved.add(name)
        weak = self._found[name]
        limit = len(trail.attempts) + _FOR_EFFECT
        found = yield from self._search.one(trail, limit, weak)
        if found is not None and found is not weak:
            self._keep(found)

    def confirm(self) -> Exploration[None]:
        """Run each found scenario once more: one that does not repeat is no baseline."""
        waiting = [each for each in self._found if each not in self._confirmed]
        for name in sorted(waiting, key=lambda each: each in self._knowledge.harmful):
            found = self._found[name]
            outcome = yield from self._search.again(found.scenario)
            if outcome.reached:
                self._confirmed.add(name)
                continue
            self._doubts[name] = f"it answered 2xx once, and then {outcome.refusal}"
            del self._found[name]
            self._knowledge.forget(found.scenario.operation)

    def result(self) -> Synthesised:
        """What was found."""
        asked = [name for name in self._names() if self._wanted is None or name in self._wanted]
        deaths = tuple(each for trail in self._trails.values() for each in trail.deaths)
        return Synthesised(
            tuple(self._found[name].scenario for name in asked if name in self._found),
            tuple(self._unreached(name) for name in asked if name not in self._found),
            deaths,
            frozenset(name for name in asked if name in self._found and self._idle(name)),
            frozenset(name for name in asked if name in self._found and self._harms(name)),
            self._search.experiments,
        )

    def _names(self) -> list[str]:
        declared = [each.operation.id for each in self._knowledge.document.declarations]
        return [
            *dict.fromkeys((*(each for each in declared if each in self._trails), *self._found))
        ]

    def _keep(self, found: Found) -> None:
        name = found.scenario.operation.id
        self._found[name] = found
        self._knowledge.learn(found.scenario, found.outcome)

    def _idle(self, name: str) -> bool:
        found = self._found[name]
        return found.scenario.operation.mutates and not found.outcome.effect

    def _harms(self, name: str) -> bool:
        shuts = name in self._knowledge.harmful
        return shuts or self._knowledge.belongings.harmed(self._found[name].outcome.effect)

    def _unreached(self, name: str) -> Unreached:
        trail = self._trails[name]
        told: dict[str, Attempt] = {}
        for each in sorted(trail.attempts, key=_distance):
            told.setdefault(f"{each.status} {each.refusal[:60]}", each)
        kinds = tuple(told.values())
        nearest = kinds[0].refusal if kinds else "it was not tried: the budget is spent"
        return Unreached(
            trail.declaration.operation,
            self._doubts.get(name, nearest),
            len(trail.attempts),
            kinds[:_SHOWN],
        )


def _distance(attempt: Attempt) -> tuple[bool, int]:
    """How far a try was from a success; those with a credential of another kind last."""
    return bool(references(attempt.act.headers)), distance(attempt.status)
