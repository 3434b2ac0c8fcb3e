"""An experiment as a test writes it, a line for each thing that happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from seamproof.core.experiment import (
    Act,
    BoundaryKind,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    RowEdit,
    Schedule,
    Settings,
    Turn,
)
from seamproof.core.history import DisturbanceKind, History, Row
from seamproof.core.model import Json, Scenario, Step
from seamproof.core.verdict import Tier

if TYPE_CHECKING:
    from seamproof.testing.engine import Engine


_SHOWN = 30
"""Shapes of crossings that an error names."""


@dataclass(frozen=True)
class Trial:
    """Steps, the last of which is the act; then what befalls it, and what comes after it.

    Each method returns another trial. Faults, overlaps and turns are of the act that was named
    last.
    """

    engine: Engine
    test: str
    scenario: Scenario
    experiment: Experiment = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "experiment", Experiment.of(self.scenario))

    def _with(self, experiment: Experiment) -> Self:
        changed = replace(self)
        object.__setattr__(changed, "experiment", experiment)
        return changed

    def _last(self, **changes: Any) -> Self:
        """The same with a last phase that is another."""
        *before, last = self.experiment.phases
        return self._with(replace(self.experiment, phases=(*before, replace(last, **changes))))

    # What is sent

    def sending(self, step: Step | None = None, **act: Any) -> Self:
        """Send another request in the place of the act. What may be given beside it is a field of
        `core.experiment.Act`: `identity`, `headers`, `raw`, `body`, `credential`, `replica`,
        `fresh`.
        """
        return self._last(acts=(Act(step or self.scenario.act, **act),))

    def again(self, **act: Any) -> Self:
        """Send the act again, once everything before is over."""
        return self.then(self.scenario.act, **act)

    def then(self, step: Step, **act: Any) -> Self:
        """Send another request, once everything before is over."""
        return self._with(self.experiment.then(Phase((Act(step, **act),))))

    def beside(self, step: Step | None = None, **act: Any) -> Self:
        """Send a request at the same time as the act. Without one it is the act, once more; with
        `fresh=1` it has fresh values of its own."""
        acts = self.experiment.phases[-1].acts
        return self._last(acts=(*acts, Act(step or self.scenario.act, **act)))

    # What befalls it

    def fault(
        self,
        what: str,
        *,
        statement: str = "",
        call: str = "",
        occurrence: int = 1,
        place: str = "",
        text: str = "",
    ) -> Self:
        """Break the act at a statement, or at a call to another service.

        What: `error 40001` and `error 503`, `cut`, `reply-lost`, `refused`, `stall`, `truncated`,
        `malformed`, `tainted`, `abandoned`, `killed`. A statement is named by its shape, as
        findings show it: `UPDATE orders SET status = ? WHERE id = ?`; the `occurrence` counts
        equal ones. Raises ValueError for a fault that there is not.
        """
        kind, _, code = what.partition(" ")
        if kind not in set(FaultKind):
            raise ValueError(f"there is no fault {kind!r}; there are: {', '.join(FaultKind)}")
        key = _key(statement, call, occurrence)
        sqlstate = code if key.boundary is BoundaryKind.SQL and code else None
        status = int(code) if code and sqlstate is None else None
        fault = Fault(FaultKind(kind), key, sqlstate, status, place, text)
        return self._last(faults=(*self.experiment.phases[-1].faults, fault))

    def turn(self, act: int, *, until: str = "", call: str = "", occurrence: int = 1) -> Self:
        """Let one of the acts that overlap go on alone, up to a statement or a call, or to its end.

        They are counted from 0.
        """
        key = _key(until, call, occurrence) if until or call else None
        schedule = self.experiment.phases[-1].schedule or Schedule()
        turns = (*schedule.turns, Turn(act, key))
        return self._last(schedule=replace(schedule, turns=turns))

    def hold(self, act: int, *, statement: str = "", call: str = "", occurrence: int = 1) -> Self:
        """Hold a statement or a call of an act until the act has its answer."""
        schedule = self.experiment.phases[-1].schedule or Schedule()
        held = (*schedule.holds, (act, _key(statement, call, occurrence)))
        return self._last(schedule=replace(schedule, holds=held))

    # What is there

    def row(self, table: str, *, old: Row | None = None, new: Row | None = None) -> Self:
        """Write a row directly once everything is arranged; values are text, as the server prints
        them."""
        edits = (*self.experiment.edits, RowEdit(table, old, new))
        return self._with(replace(self.experiment, edits=edits))

    def settings(self, **settings: Any) -> Self:
        """Ask something of the world: `isolation`, `wait`, `extra_quiet`, `watched`,
        `fresh_process`, `fresh_sequences`, as `core.experiment.Settings` has them."""
        return self._with(replace(self.experiment, settings=Settings(**settings)))

    # What comes of it

    def run(self) -> History:
        """Do it once, and return everything that was seen, to assert on.

        Raises AssertionError where it could not be done as it is stated.
        """
        __tracebackhide__ = True
        ready = self._ready
        history = self.engine.call(lambda _: self.engine.premises.conductor.conduct(ready))
        failed = history.disturbed(
            DisturbanceKind.NOT_REACHED, DisturbanceKind.ARRANGEMENT_FAILED, DisturbanceKind.OURS
        )
        if failed is not None:
            raise AssertionError("\n".join([f"{failed.kind}: {failed.detail}", *_crossed(history)]))
        return history

    def holds(
        self,
        check: str,
        finding_class: str = "",
        *,
        tier: str = "proven",
        cause: str = "",
        facts: Mapping[str, Json] | None = None,
    ) -> None:
        """Judge it as the check does, with its control and three replays. Where what it was found
        by is not there any more, the whole check is run on the steps.

        Raises AssertionError where a finding of the class is there, or nothing can be said.
        """
        __tracebackhide__ = True
        from seamproof.testing.experiments.judging import Sought, judge

        sought = Sought(check, finding_class, Tier(tier), cause, dict(facts or {}))
        judge(self.engine, self._known, self._ready, sought)

    @property
    def _known(self) -> Scenario:
        """The scenario with what the configuration says of its operations."""
        act, arrangement = self.scenario.act, self.scenario.arrangement
        return replace(
            self.scenario, act=self._safe(act), arrangement=tuple(map(self._safe, arrangement))
        )

    @property
    def _ready(self) -> Experiment:
        phases = tuple(
            replace(phase, acts=tuple(replace(a, step=self._safe(a.step)) for a in phase.acts))
            for phase in self.experiment.phases
        )
        return replace(
            self.experiment,
            phases=phases,
            arrangement=tuple(map(self._safe, self.experiment.arrangement)),
        )

    def _safe(self, step: Step) -> Step:
        if step.operation.id not in self.engine.config.service.retry_safe:
            return step
        return replace(step, operation=replace(step.operation, retry_safe=True))


def _crossed(history: History) -> Iterator[str]:
    """The shapes of what crossed, as faults and turns name them."""
    crossings = [each for section in history.sections for each in section.crossings]
    shapes = dict.fromkeys(each.key.shape for each in crossings if each.key.shape)
    if shapes:
        yield "what crossed:"
        yield from (f"  {each}" for each in list(shapes)[:_SHOWN])


def _key(statement: str, call: str, occurrence: int) -> CrossingKey:
    if bool(statement) == bool(call):
        raise TypeError("name a statement or a call, one of the two")
    boundary = BoundaryKind.HTTP_OUT if call else BoundaryKind.SQL
    return CrossingKey(statement or call, occurrence, boundary)
