"""A scenario as it was run, and whether a repaired one leads on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seamproof.core.history import Exchange, History
from seamproof.core.model import Scenario, Step
from seamproof.plan.healing import extracts
from seamproof.plan.synthesis.outcome import judge


@dataclass(frozen=True, slots=True)
class Run:
    """A scenario as it was run."""

    scenario: Scenario
    history: History

    @property
    def steps(self) -> tuple[Step, ...]:
        """The arrangement and the act."""
        return (*self.scenario.arrangement, self.scenario.act)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was sent, in the order of the steps; it ends where the arrangement failed."""
        acts = self.history.section.exchanges if self.history.sections else ()
        return (*self.history.arranged, *acts)

    @property
    def failing(self) -> int | None:
        """The index of the first step that is not answered as it expects, or gives less."""
        for index, (step, exchange) in enumerate(zip(self.steps, self.exchanges, strict=False)):
            if not step.expects(exchange.status) or extracts.lost(step, exchange):
                return index
        sent = len(self.exchanges)
        return None if sent == len(self.steps) else max(0, sent - 1)

    def with_step(self, index: int, step: Step) -> Scenario:
        """The scenario with another step at an index."""
        steps = [*self.steps]
        steps[index] = step
        return replace(self.scenario, arrangement=tuple(steps[:-1]), act=steps[-1])


def better(run: Run, other: Run, index: int) -> bool:
    """Whether a step that was repaired leads on: it answers as expected, whatever comes behind."""
    if index >= len(other.exchanges):
        return False
    step, exchange = other.steps[index], other.exchanges[index]
    if not step.expects(exchange.status):
        return False
    if other.failing is not None and other.failing < index:
        return False
    if len(other.exchanges) == len(other.steps) == index + 1 and not step.expect:
        # A success that says that it is none.
        contradicted = not judge(other.history).reached
        if contradicted and judge(run.history).refusal != judge(other.history).refusal:
            return False
    before, now = run.failing, other.failing
    if before == index and index < len(run.exchanges):
        old, answer = run.steps[index], run.exchanges[index]
        if old.expects(answer.status):
            return len(extracts.lost(step, exchange)) < len(extracts.lost(old, answer))
    return now is None or now >= index


def further(run: Run, other: Run) -> bool:
    """Whether more of a scenario is answered as it must be."""
    if other.failing is None:
        return True
    return run.failing is not None and other.failing > run.failing
