"""What was made, read back: for an operation that makes something and does not say its id."""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.alternatives import behind
from seamproof.plan.synthesis.drafts import Draft
from seamproof.plan.synthesis.knowledge import Knowledge, Reached
from seamproof.plan.synthesis.outcome import Outcome

_READERS = 3


class Readings:
    """Reads behind what makes, and learns the ids that are shown there."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._done: set[str] = set()

    def due(self) -> Iterator[tuple[Reached, Draft]]:
        """Reads that may show what an operation made, each with that operation."""
        for name, maker in list(self._knowledge.reached.items()):
            if name in self._done or not self._silent(name, maker):
                continue
            self._done.add(name)
            for reader in self._readers(maker)[:_READERS]:
                draft = behind(Draft.of(reader.scenario), maker)
                yield maker, draft.because(f"what {name} made")

    def learn(self, maker: Reached, draft: Draft, outcome: Outcome) -> None:
        """Take what a read showed of what was made."""
        if outcome.reached:
            made = {naming.concept(row.table) for row in maker.outcome.effect if row.old is None}
            made.add(naming.subject(maker.scenario.operation.path))
            self._knowledge.learn_more(draft.scenario(), outcome, made)

    def _silent(self, name: str, maker: Reached) -> bool:
        """Whether it made a row, and its answer has nothing to find that by."""
        made = any(row.old is None for row in maker.outcome.effect)
        told = any(
            each.created and each.source and each.attribute in naming.IDENTIFYING
            for each in self._knowledge.given_by(name)
        )
        return made and not told and maker.scenario.operation.method != "DELETE"

    def _readers(self, maker: Reached) -> list[Reached]:
        written = {row.table for row in maker.outcome.effect if row.old is None}
        path = naming.segments(maker.scenario.operation.path)
        fitting = [
            each
            for each in self._knowledge.reached.values()
            if not each.scenario.operation.mutates
            and written & self._knowledge.looked_into(each.outcome)
        ]
        return sorted(
            fitting,
            key=lambda each: (
                -naming.shared(path, naming.segments(each.scenario.operation.path)),
                len(naming.segments(each.scenario.operation.path)),
                len(each.scenario.arrangement),
            ),
        )
