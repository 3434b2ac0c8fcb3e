"""Whether the service still lets in whom it let in: what its process remembers, no reset puts back.

An act may switch a service off, or forget a session that is in no table. Then what worked before is
refused: after some such refusals in a row a request that is known to work is sent again, and where
that is refused too the process is started anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seamproof.core.experiment import Act, Experiment, Fault, FaultKind, Phase
from seamproof.core.history import CrossingKind
from seamproof.core.model import Scenario
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.outcome import Outcome

_IN_A_ROW = 3
_SHUT = frozenset({401, 503})
_RESTARTS = 4


@dataclass(slots=True)
class Vigil:
    """Counts refusals that may be of the process, and knows what to ask then."""

    knowledge: Knowledge
    patience: int = _IN_A_ROW
    restarts: int = 0
    culprit: str = ""
    """The operation that changed something last, before the refusals began."""
    doubted: list[tuple[Scenario, Outcome]] = field(default_factory=list)
    """The tries that were refused so, since the last that was not."""

    def note(self, scenario: Scenario, outcome: Outcome) -> None:
        """Take note of a try."""
        if self._doubtful(scenario, outcome):
            self.doubted.append((scenario, outcome))
        elif outcome.reached:
            self.doubted.clear()
            if scenario.operation.mutates:
                self.culprit = scenario.operation.id

    @property
    def due(self) -> bool:
        """Whether to ask what is known to work."""
        return len(self.doubted) >= self.patience and self.restarts < _RESTARTS

    def canary(self) -> Scenario | None:
        """A scenario that worked, and is nearest to what is refused now."""
        for scenario, outcome in reversed(self.doubted):
            if not outcome.arranged:
                failed = scenario.arrangement[len(outcome.history.arranged) - 1].operation.id
                if failed != self.culprit:
                    return self.knowledge.reached[failed].scenario
        asked = {scenario.act.identity for scenario, _ in self.doubted}
        mutates = any(scenario.operation.mutates for scenario, _ in self.doubted)
        plain = (
            each.scenario
            for each in self.knowledge.reached.values()
            if each.scenario.act.identity in asked
            and not each.scenario.arrangement
            and not each.carried
            and each.scenario.operation.id != self.culprit
        )
        return min(plain, key=lambda each: each.operation.mutates != mutates, default=None)

    def well(self) -> None:
        """What worked still works: the refusals are the service's word."""
        self.doubted.clear()
        self.patience *= 2

    def restart(self, canary: Scenario, outcome: Outcome) -> Experiment | None:
        """An experiment behind which the service's process is a new one; None where none is."""
        self.restarts += 1
        key = next(
            (
                each.key
                for each in outcome.crossings
                if each.kind in {CrossingKind.READ, CrossingKind.WRITE}
                and each.replica == Act(canary.act).replica
            ),
            None,
        )
        if key is None:
            return None
        phase = Phase((Act(canary.act),), (Fault(FaultKind.KILLED, key),))
        return Experiment((phase,), canary.arrangement, purpose="start the service anew")

    def shut(self, outcome: Outcome) -> bool:
        """Whether what was reached before may be refused because of what the process remembers."""
        return self.restarts < _RESTARTS and (not outcome.arranged or outcome.status in _SHUT)

    def _doubtful(self, scenario: Scenario, outcome: Outcome) -> bool:
        """Whether a refusal is of something that was not refused before."""
        if outcome.absent or outcome.died or outcome.reached:
            return False
        if outcome.arranged:
            welcome = any(
                each.scenario.act.identity == scenario.act.identity
                for each in self.knowledge.reached.values()
            )
            return outcome.status in _SHUT and scenario.act.identity is not None and welcome
        failed = scenario.arrangement[len(outcome.history.arranged) - 1]
        known = self.knowledge.reached.get(failed.operation.id)
        return known is not None and known.scenario.act.identity == failed.identity
