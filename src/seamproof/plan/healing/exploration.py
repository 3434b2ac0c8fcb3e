"""Every scenario once; a step that fails is repaired, tried, and the rest of the scenario goes on.

A repair that healed one step is tried first on every other step of that operation, so that what
many scenarios share is found once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from seamproof.analysis.compatibility.pairing import template
from seamproof.analysis.refusals import complaints
from seamproof.core.catalog import Catalog, Stored
from seamproof.core.document import Document
from seamproof.core.experiment import Experiment
from seamproof.core.history import Exchange, History
from seamproof.core.model import Identity, Operation, Scenario, Step
from seamproof.core.protocols import Exploration
from seamproof.plan.generation import Generator
from seamproof.plan.healing import behaviour, extracts
from seamproof.plan.healing.edits import Edit, Readdress, applied, everywhere
from seamproof.plan.healing.fitting import Fitting
from seamproof.plan.healing.hints import Hints
from seamproof.plan.healing.operations import Operations
from seamproof.plan.healing.repairing import Repair, Repairing
from seamproof.plan.healing.results import Behaviour, Evidence, Healed, Healing
from seamproof.plan.healing.runs import Run, better, further
from seamproof.plan.healing.sought import Sought
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.outcome import judge

_TRIES = 16
"""Tries of one failing step."""
_TOTAL = 1500
"""Experiments in all."""
_DEEP = 3
"""Refusals, one after the other, that one repair answers to."""
_NOT_FOUND = frozenset({404, 405})


def heal(
    document: Document,
    catalog: Catalog,
    stored: Stored,
    identities: Sequence[Identity],
    scenarios: Sequence[Scenario],
    *,
    then: Document | None = None,
    seed: int = 0,
) -> Exploration[Healed]:
    """Repair scenarios. `document` is what the service declares now, `then` what it declared of
    their operations when they were stored, None where nobody knows.

    Each experiment starts from the same state. Deterministic: equal arguments and equal answers
    lead to equal experiments.
    """
    whole = _Whole(Knowledge(document, catalog, stored, identities), then, seed, scenarios)
    for each in scenarios:
        yield from whole.scenario(each)
    return whole.result()


@dataclass(slots=True)
class _Known:
    """A repair that healed a step, and for whom."""

    operation: str
    edits: tuple[Edit, ...]
    evidence: Evidence
    names: list[str] = field(default_factory=list)


class _Whole:
    """All scenarios, healed one after the other."""

    def __init__(
        self,
        knowledge: Knowledge,
        then: Document | None,
        seed: int,
        scenarios: Sequence[Scenario],
    ) -> None:
        self._knowledge = knowledge
        self._operations = Operations(knowledge.document, then)
        sought = Sought(knowledge, Generator(knowledge.document, seed=seed))
        self._repairing = Repairing(
            self._operations,
            Fitting(knowledge.document, sought),
            Hints(knowledge.document, sought),
        )
        self._taken = sorted(
            {
                template(step.operation)
                for each in scenarios
                for step in (*each.arrangement, each.act)
                if self._operations.declared(step.operation) is not None
            }
        )
        self._known: list[_Known] = []
        self._healings: list[Healing] = []
        self._unmet: list[Behaviour] = []
        self._experiments = 0

    def result(self) -> Healed:
        """All that was found."""
        evidence = tuple(
            replace(each.evidence, scenarios=tuple(each.names)) for each in self._known
        )
        told = (*_grouped(self._unmet), *behaviour.of_documents(self._operations.changes))
        return Healed(tuple(self._healings), evidence, told, self._experiments)

    def scenario(self, scenario: Scenario) -> Exploration[None]:
        """Run one scenario, and repair it step by step as long as that leads on."""
        run = yield from self._run(scenario)
        run = yield from self._as_others(run)
        for _ in range(2 * len(run.steps) + 2):
            index = self._next(run)
            if index is None:
                break
            better = yield from self._repaired(run, index)
            if better is None:
                self._tell(run, index)
                break
            run = better
        if run.scenario != scenario and self._next(run) is None:
            self._healings.append(Healing(scenario, run.scenario))
        if run.failing is None:
            outcome = judge(run.history, self._knowledge.ambient)
            if outcome.reached:
                self._knowledge.learn(run.scenario, outcome)

    def _run(self, scenario: Scenario) -> Exploration[Run]:
        history: History = yield Experiment.of(scenario, purpose=f"heal {scenario.name}"[:200])
        self._experiments += 1
        return Run(scenario, history)

    def _next(self, run: Run) -> int | None:
        """The step to repair next: one that fails, or that the document has elsewhere now."""
        if run.failing is not None:
            return run.failing
        for index, (step, exchange) in enumerate(zip(run.steps, run.exchanges, strict=True)):
            missing = self._operations.declared(step.operation) is None
            if missing and exchange.status in _NOT_FOUND and self._repairs(step):
                # It may expect just that, and be of another operation all the same.
                return index
            if self._repairing.surely(step) is not None:
                return index
        return None

    def _repairs(self, step: Step) -> bool:
        return next(self._repairing.by_document(step, self._taken), None) is not None

    # What healed others

    def _as_others(self, run: Run) -> Exploration[Run]:
        """The scenario with the repairs that healed others, where that leads on."""
        if self._next(run) is None or not self._known:
            return run
        steps: list[Step] = []
        used: list[_Known] = []
        for step in run.steps:
            changed = step
            for known in self._known:
                if known.operation == template(step.operation):
                    other = _like_others(step, known.edits)
                    if other != step:
                        changed = other
                        used.append(known)
                        break
            steps.append(changed)
        if not used:
            return run
        other_run = yield from self._run(
            replace(run.scenario, arrangement=tuple(steps[:-1]), act=steps[-1])
        )
        if not further(run, other_run):
            return run
        for each in used:
            if run.scenario.name not in each.names:
                each.names.append(run.scenario.name)
        return other_run

    # One step

    def _repaired(self, run: Run, index: int) -> Exploration[Run | None]:
        """The scenario with one step repaired; None where nothing that was tried leads on."""
        step = run.steps[index]
        waiting = [(each, 0) for each in self._candidates(run, index)]
        seen: list[Step] = [step]
        tries = 0
        while waiting and tries < _TRIES and self._experiments < _TOTAL:
            repair, depth = waiting.pop(0)
            changed = applied(step, repair.edits)
            if changed is None or changed in seen:
                continue
            seen.append(changed)
            tries += 1
            other = yield from self._run(run.with_step(index, changed))
            if better(run, other, index):
                self._keep(run, other, index, repair)
                return other
            if depth < _DEEP and other.failing == index and step.wants_success:
                more = self._by_refusal(repair, other, index)
                waiting = [*((each, depth + 1) for each in more), *waiting]
        return None

    def _candidates(self, run: Run, index: int) -> Iterator[Repair]:
        step = run.steps[index]
        if run.failing != index:
            sure = self._repairing.surely(step)
            if sure is not None:
                yield sure
                return
        elif index < len(run.exchanges):
            exchange = run.exchanges[index]
            if step.expects(exchange.status):
                yield from self._elsewhere(step, exchange)
                return
            if exchange.ok:
                # The request is taken: that its answer is another one is no matter of names.
                return
        yield from self._repairing.by_document(step, self._taken)
        if step.wants_success and run.failing == index:
            yield from self._by_refusal(Repair((), ()), run, index)

    def _elsewhere(self, step: Step, exchange: Exchange) -> Iterator[Repair]:
        """Other places of what the answer does not have where it was."""
        names = {
            str(each.was): str(each.now)
            for each in self._operations.changes
            if each.place.startswith("/responses") and each.was and each.now
            if (pair := self._operations.pairs.get(_key(each.operation))) is not None
            if template(pair.new.operation) == template(step.operation)
        }
        missing = extracts.lost(step, exchange)
        for each in missing[:1]:
            for edit in extracts.moved(each, exchange, names):
                yield Repair((edit,), ("found in the answer by its name",))

    def _by_refusal(self, repair: Repair, run: Run, index: int) -> list[Repair]:
        if index >= len(run.exchanges):
            return []
        exchange = run.exchanges[index]
        crossings = run.history.section.crossings if run.history.sections else ()
        found = complaints(exchange, crossings, self._knowledge.catalog)
        return list(self._repairing.by_refusal(repair, run.steps[index], found))

    def _keep(self, run: Run, other: Run, index: int, repair: Repair) -> None:
        step = run.steps[index]
        edits = _that_count(step, repair.edits)
        evidence = Evidence(
            step.operation.id,
            tuple(each.words for each in edits),
            repair.document,
            behaviour.asked(run.exchanges[index]) if index < len(run.exchanges) else "not sent",
            behaviour.asked(other.exchanges[index]),
        )
        key = template(step.operation)
        self._known.append(_Known(key, edits, evidence, [run.scenario.name]))

    def _tell(self, run: Run, index: int) -> None:
        """A step that nothing repairs: what it expects is not what the service does."""
        if run.failing != index or index >= len(run.exchanges):
            return
        step, exchange = run.steps[index], run.exchanges[index]
        name = run.scenario.name
        if step.expects(exchange.status):
            sources = [each.source for each in extracts.lost(step, exchange)]
            self._unmet.append(behaviour.lost(step, sources, name))
            return
        declared = self._operations.declared(step.operation)
        self._unmet.append(behaviour.unmet(step, exchange, declared, name))


def _like_others(step: Step, edits: tuple[Edit, ...]) -> Step:
    """A step with the edits that healed another, done to every item of its own lists."""
    for edit in edits:
        for each in everywhere(edit, step):
            step = each.applied(step) or step
    return step


def _that_count(step: Step, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits that changed something."""
    kept: list[Edit] = []
    for each in edits:
        changed = each.applied(step)
        if changed is not None and (changed != step or isinstance(each, Readdress)):
            kept.append(each)
            step = changed
    return tuple(kept)


def _key(operation: str) -> str:
    return template(Operation.parse(operation))


def _grouped(unmet: Sequence[Behaviour]) -> Iterator[Behaviour]:
    """Equal changes of many scenarios as one."""
    groups: dict[tuple[str, str], Behaviour] = {}
    for each in unmet:
        key = each.operation, each.words
        known = groups.get(key)
        names = (*known.scenarios, *each.scenarios) if known else each.scenarios
        groups[key] = replace(each, scenarios=tuple(dict.fromkeys(names)))
    yield from groups.values()
