"""What checks want to know beside the act of one test: asked of the service and of its document.

A run knows every operation's request. Here only the test's own is known, and the document says
what else may be read without a word more: lists, oneself. These are sent as the test's own
identity, from the state of the test, so that what they say is the same in whichever order tests are
run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.analysis.trouble import trouble
from seamproof.core.access import Access, Attempt
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.registry import Need, Part
from seamproof.core.subject import Knowledge
from seamproof.plan.access import attempts
from seamproof.plan.reading import readable
from seamproof.plan.runs import LearnedScenario
from seamproof.run.drive import drive
from seamproof.run.reviewed import Reviewed

if TYPE_CHECKING:
    from seamproof.run.premises import Premises


@dataclass(frozen=True, slots=True)
class Reads:
    """The reads beside one act that are answered with success, and their histories."""

    learned: tuple[LearnedScenario, ...] = ()

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """They themselves."""
        return tuple(each.scenario for each in self.learned)

    @classmethod
    async def of(cls, premises: Premises, act: Step) -> Reads:
        """Send each once, from the state that is the base now."""
        wanted = readable(await premises.openapi.document(), act)
        if not wanted:
            return cls()
        phases = tuple(Phase((Act(each.act),)) for each in wanted)
        experiment = Experiment(phases, purpose="what may be read")
        history = await premises.conductor.conduct(experiment)
        if trouble(history) or len(history.sections) != len(wanted):
            return cls()
        return cls(
            tuple(
                LearnedScenario(each, True, clean=_alone(each, history, place))
                for place, each in enumerate(wanted)
                if history.sections[place].exchange.ok
            )
        )


def _alone(scenario: Scenario, history: History, place: int) -> History:
    """The history of one of the reads."""
    one = replace(history, experiment=Experiment.of(scenario))
    return replace(one, sections=(history.sections[place],))


class Knowing:
    """Answers what a check asks for, in one world."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._undeclared: tuple[Operation, ...] | None = None

    async def knowledge(
        self, part: Part, learned: LearnedScenario, reads: Reads, profile: Profile
    ) -> Knowledge:
        """What a check needs of the service. Raises ConfigurationError where a file that a person
        has reviewed is damaged."""
        config = self._premises.config
        # For every check: those that watch the one that runs may need it.
        document = await self._premises.openapi.document()
        reviewed = Reviewed.read(config, part.needs)
        former = None if document is None else reviewed.promised
        access = Access()
        if Need.ACCESS in part.needs and self._premises.identities:
            asked = await self._attempts((learned, *reads.learned), profile)
            access = Access(asked, reviewed.access.matrix, reviewed.access.reviewed)
        return Knowledge(document, reads.scenarios, access, former)

    async def _attempts(
        self, asked: Sequence[LearnedScenario], profile: Profile
    ) -> tuple[Attempt, ...]:
        premises = self._premises
        conductor, catalog = premises.conductor, premises.catalog
        everybody = premises.config.principals
        ownership = Ownership.of(catalog, conductor.stored, everybody)
        mask = Mask.of(profile, catalog)
        return await drive(attempts(asked, everybody, ownership, mask), conductor.conduct)

    async def undeclared(self, part: Part) -> tuple[Operation, ...]:
        """The routes of the service's code that its document does not declare, asked for once."""
        if Need.UNDECLARED not in part.needs:
            return ()
        if self._undeclared is None:
            openapi = self._premises.openapi
            known = await openapi.document() is not None
            self._undeclared = await openapi.undeclared() if known else ()
        return self._undeclared
