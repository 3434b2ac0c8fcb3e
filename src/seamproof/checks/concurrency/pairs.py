"""Two acts on one state, as experiments: alone, one after the other, by turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seamproof.core.experiment import Act, Experiment, Phase, RowEdit, Schedule, Settings, Turn
from seamproof.core.model import Scenario, Step
from seamproof.core.subject import Subject


@dataclass(frozen=True, slots=True)
class Pair:
    """Two acts that start from the same state, each on a replica of its own."""

    acts: tuple[Step, Step]
    arrangement: tuple[Step, ...]
    settings: Settings
    edits: tuple[RowEdit, ...] = ()
    seeded: str = ""
    """How the state was brought to its limit; empty where it is the scenario's own."""

    @property
    def alike(self) -> bool:
        """Whether both are one operation: what holds in one direction holds in the other."""
        return self.acts[0] == self.acts[1]

    @property
    def name(self) -> str:
        """The two operations, for people."""
        first, second = (each.operation.id for each in self.acts)
        return f"{first} twice" if self.alike else f"{first} and {second}"

    def alone(self, act: int) -> Experiment:
        """One of the acts, and the other not at all."""
        return self._experiment((self._act(act),), None, f"alone: {self.acts[act].operation.id}")

    def serial(self, order: Sequence[int]) -> Experiment:
        """Both acts, one after the other."""
        return self.by_turns(tuple(Turn(act) for act in order), purpose="one after the other")

    def by_turns(
        self, turns: tuple[Turn, ...], *, purpose: str = "overlap", isolation: str | None = None
    ) -> Experiment:
        """Both acts, overlapping as the turns say."""
        acts = (self._act(0), self._act(1))
        experiment = self._experiment(acts, Schedule(turns=turns), purpose)
        if isolation is None:
            return experiment
        return replace(experiment, settings=replace(self.settings, isolation=isolation))

    def _act(self, index: int) -> Act:
        return Act(self.acts[index], replica=index, fresh=index)

    def _experiment(
        self, acts: tuple[Act, ...], schedule: Schedule | None, purpose: str
    ) -> Experiment:
        phase = Phase(acts, schedule=schedule)
        return Experiment((phase,), self.arrangement, self.edits, self.settings, purpose)


def _settings(subject: Subject) -> Settings:
    return Settings(watched=True, fresh_sequences=subject.profile.fresh_sequences)


def twice(subject: Subject) -> Pair:
    """The subject's act and the same again, as another client sends it."""
    act = subject.scenario.act
    settings = _settings(subject)
    return Pair((act, act), subject.scenario.arrangement, settings)


def with_partners(subject: Subject) -> Iterator[Pair]:
    """The subject's act beside each partner's, where both arrangements fit together."""
    for partner in subject.partners:
        arrangement = _together(subject.scenario, partner)
        if arrangement is not None:
            settings = _settings(subject)
            yield Pair((subject.scenario.act, partner.act), arrangement, settings)


def _together(one: Scenario, other: Scenario) -> tuple[Step, ...] | None:
    """One arrangement for both: equal steps are done once, so that both acts meet the same rows.

    None where the two would give one name to different values.
    """
    added = tuple(step for step in other.arrangement if step not in one.arrangement)
    taken = {each.name for step in one.arrangement for each in step.extracts}
    given = {each.name for step in added for each in step.extracts}
    return None if taken & given else one.arrangement + added
