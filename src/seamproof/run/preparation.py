"""From scenarios to jobs: what is normal for the service is learned, and what can be exercised."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.analysis.landing import landing
from seamproof.core.catalog import Catalog
from seamproof.core.errors import Blame, NothingExercised
from seamproof.core.events import (
    Baseline,
    BoundaryStatus,
    Event,
    Notice,
    ProfileLearned,
    Stage,
)
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario
from seamproof.core.profile import Profile
from seamproof.core.subject import Job, Knowledge
from seamproof.plan import profile_file
from seamproof.plan.makers import makers
from seamproof.plan.parity import parity
from seamproof.plan.partners import partners
from seamproof.plan.profile import Learned, LearnedScenario, joined, learn
from seamproof.plan.risk import Past, Risk, assumed, risk
from seamproof.plan.upkeep import spared
from seamproof.run import selection
from seamproof.run.costs import Costs, estimate
from seamproof.run.drive import drive
from seamproof.run.identities.peers import may_register
from seamproof.run.identities.recruiting import recruit
from seamproof.run.inquiry import Inquiry
from seamproof.run.jobs import hash_of
from seamproof.run.openapi import NOT_FOUND, OpenApi
from seamproof.run.past import RISKS, look_back, remember
from seamproof.run.premises import Premises
from seamproof.run.wanted import Wanted

if TYPE_CHECKING:
    from seamproof.config import Config

_SHOWN = 12
"""Lines of reasons that an error shows."""
_LEARNING = 0.3
"""The share of the time that is left which may be spent on learning what is normal."""
_SHARED = 2
"""How much later than alone something may come behind an answer, where worlds share cores."""
_CHECK = "check the identities, the seed and the scenarios"
_SEE = "the service gives no answer although nothing was broken yet: see what it printed"
_IN_MEMORY = (
    "the service seems to keep sessions or other state in its process; rollback and trace ask "
    "replica 0 alone and are not disturbed"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What there is to do, and what it is judged by."""

    profile: Profile
    catalog: Catalog
    jobs: tuple[Job, ...]
    """The riskiest first."""
    estimates: dict[int, float]
    """Seconds that each job may take, by its number."""
    knowledge: Knowledge = Knowledge()
    """What the subjects have in common."""


async def _nothing_else() -> None:
    pass


class Preparation:
    """Learns in a world; `count` is called for each experiment that this takes."""

    def __init__(
        self,
        config: Config,
        premises: Premises,
        wanted: Wanted,
        emit: Callable[[Event], None],
        count: Callable[[], None],
        costs: Costs,
        on_idle: Callable[[], Awaitable[None]] = _nothing_else,
    ) -> None:
        """`on_idle` is awaited when nobody asks the service for anything for a second."""
        self._on_idle = on_idle
        self._path = config.path(config.profile)
        self._root = config.root
        self._runs = config.path(".seamproof/runs")
        self._risks = config.path(RISKS)
        self._partners = config.concurrency.partners
        self._premises = premises
        self._wanted = wanted
        self._emit = emit
        self._count = count
        self._costs = costs
        self._not_found: set[Operation] = set()
        """What was answered with 404 or 405 while the scenarios were learned."""
        self._sighted = set(premises.sighted)

    async def run(self) -> Prepared:
        """Learn, and say what can be exercised. Raises NothingExercised where nothing can."""
        conductor, world = self._premises.conductor, self._premises.world
        catalog = self._premises.catalog
        conductor.on_history = self._on_history
        past = await self._look_back()
        learned = await self._learn(catalog, self._riskiest(past))
        profile = self._reviewed(learned)
        if self._wanted.worlds > 1:
            profile = replace(profile, tail=_SHARED * profile.tail)
        conductor.profile = profile
        explained = [await self._explained(each) for each in learned.scenarios]
        weighed = [(_weight(each, past, profile), each) for each in explained]
        for weight, each in weighed:
            operation = each.scenario.operation.id
            self._emit(
                Baseline(
                    operation, each.reached, each.reason, weight.figure, each.tables, weight.parts
                )
            )
        remember(self._risks, {each.scenario.operation.id: w.figure for w, each in weighed})
        identities = self._premises.identities
        public = await self._public(explained) if identities.shunned else frozenset[str]()
        if (error := identities.turned_away(public)) is not None:
            raise error
        if not any(each.reached for each in explained):
            raise _nothing(explained)
        alone = await self._recruit(explained, catalog)
        inquiry = Inquiry(self._premises, self._wanted, self._root, self._path, self._emit)
        undeclared = await inquiry.undeclared()
        if len(world.replicas) > 1:
            for text in await drive(parity(explained, profile), conductor.conduct):
                self._emit(Notice(text, hint=_IN_MEMORY, warning=True))
        weighed.sort(key=lambda pair: -pair[0].figure)
        riskiest = [each for _, each in weighed if each.reached]
        return Prepared(
            profile,
            catalog,
            tuple(
                self._job(number, each, profile, others, made, upkeep, alone, undeclared, leads)
                for number, (each, leads, others, made, upkeep) in enumerate(
                    zip(
                        riskiest,
                        _leads(riskiest, self._wanted.checks),
                        partners(riskiest, catalog, profile, self._partners),
                        makers(riskiest, catalog, profile),
                        spared(riskiest, profile),
                        strict=True,
                    )
                )
            ),
            {number: self._estimate(each) for number, each in enumerate(riskiest)},
            await inquiry.knowledge(riskiest, profile),
        )

    async def _recruit(self, learned: Sequence[LearnedScenario], catalog: Catalog) -> str:
        """Register a peer where one identity is alone. Returns why there are fewer than two then.

        A replay learns from its own scenario alone: what else may register is asked for then.
        """
        identities, conductor = self._premises.identities, self._premises.conductor
        if len(identities) != 1:
            return "" if identities else "no identity is configured"
        found = [each.clean for each in learned if each.reached and each.clean is not None]
        known = [each.scenario for each in learned]
        found += [
            history
            for each in self._wanted.everything
            if each not in known and may_register(each.act)
            if (history := await conductor.conduct(Experiment.of(each))).sections
        ]
        reason = await recruit(identities, conductor, found, catalog)
        for name in self._premises.peers:
            self._emit(Notice(f"one identity is configured; another, {name}, was registered"))
        return reason

    async def _look_back(self) -> Past:
        operations = {each.operation for each in self._wanted.scenarios}
        return await look_back(self._root, self._runs, self._risks, operations)

    async def _public(self, learned: Sequence[LearnedScenario]) -> frozenset[str]:
        """The operations that let in who signed in, and let in nobody as well."""
        conduct = self._premises.conductor.conduct
        public: set[str] = set()
        for each in learned:
            act = each.scenario.act
            if not each.reached or act.identity is None or each.scenario.arrangement:
                continue
            stranger = replace(act, identity=None)
            history = await conduct(Experiment((Phase((Act(stranger),)),), purpose="as nobody"))
            if history.sections and history.section.exchange.ok:
                public.add(act.operation.id)
        return frozenset(public)

    def _riskiest(self, past: Past) -> tuple[Scenario, ...]:
        """The scenarios that there is time to learn: the riskiest, as far as that is known yet."""
        scenarios, until = self._wanted.scenarios, self._wanted.until
        if until is None:
            return scenarios
        time_left = until - time.monotonic()
        room = max(1, int(time_left * _LEARNING / self._costs.learning))
        if room >= len(scenarios):
            return scenarios
        ordered = sorted(scenarios, key=lambda each: -assumed(each.operation, past))
        chosen = {id(each) for each in ordered[:room]}
        kept = {each.operation.id for each in ordered[:room]}
        left = sorted({each.operation.id for each in ordered[room:]} - kept)
        for each in left:
            reason = "left out: the budget is for riskier operations"
            self._emit(Baseline(each, False, reason, tried=False))
        if left:
            text = f"left out, the budget is for riskier operations: {len(left)} operations"
            self._emit(Notice(text, hint=f"they are not run: {', '.join(left[:_SHOWN])}"))
        return tuple(each for each in scenarios if id(each) in chosen)

    async def _learn(self, catalog: Catalog, scenarios: Sequence[Scenario]) -> Learned:
        async def conduct(experiment: Experiment) -> History:
            if not any(phase.acts for phase in experiment.phases):
                await self._on_idle()
            return await self._premises.conductor.conduct(experiment)

        stage = Stage("learn what is normal", f"{len(scenarios)} scenarios")
        self._emit(stage)
        began = time.monotonic()
        reads = selection.harmless(self._wanted.everything)
        known = self._wanted.reviewed.profile
        learned = await drive(learn(scenarios, catalog, reads=reads, reviewed=known), conduct)
        seconds = time.monotonic() - began
        self._emit(replace(stage, seconds=seconds))
        self._costs.note_learning(len(scenarios), seconds)
        return learned

    def _job(
        self,
        number: int,
        learned: LearnedScenario,
        profile: Profile,
        others: tuple[Scenario, ...],
        made: tuple[Scenario, ...],
        upkeep: frozenset[str],
        alone: str,
        undeclared: tuple[Operation, ...],
        leads: frozenset[str],
    ) -> Job:
        return Job(
            number,
            tuple(filter(learned.scenario.serves, self._wanted.checks)),
            learned.scenario,
            hash_of(profile),
            frozenset(self._sighted),
            learned.disturbed,
            self._wanted.deep,
            self._wanted.seed,
            others,
            upkeep,
            alone,
            undeclared if leads else (),
            leads=leads,
            landing={} if learned.clean is None else landing(learned.clean, self._premises.catalog),
            makers=made,
        )

    def _estimate(self, learned: LearnedScenario) -> float:
        if learned.clean is None:
            return 0.0
        checks = tuple(filter(learned.scenario.serves, self._wanted.checks))
        return estimate(
            learned.clean, deep=self._wanted.deep, checks=checks, partners=self._partners
        )

    def _on_history(self, history: History) -> None:
        self._count()
        crossings = (each for section in history.sections for each in section.crossings)
        if any(each.boundary is BoundaryKind.HTTP_OUT for each in crossings):
            self._on_call()
        for each in (*history.arranged, *(e for s in history.sections for e in s.exchanges)):
            if each.status in NOT_FOUND:
                self._not_found.add(each.act.step.operation)

    def _on_call(self) -> None:
        """No marker can be sent through the service to others: its first call is one."""
        if BoundaryKind.HTTP_OUT not in self._sighted:
            self._sighted.add(BoundaryKind.HTTP_OUT)
            self._emit(BoundaryStatus(BoundaryKind.HTTP_OUT, True))

    async def _explained(self, learned: LearnedScenario) -> LearnedScenario:
        """The same, with what the service's document says of an operation that was not found."""
        openapi: OpenApi = self._premises.openapi
        if learned.reached:
            return learned
        for step in (*learned.scenario.arrangement, learned.scenario.act):
            if step.operation in self._not_found:
                known = await openapi.missing(step.operation)
                if known:
                    return replace(learned, reason=f"{learned.reason}; {known}")
        return learned

    def _reviewed(self, found: Learned) -> Profile:
        """What is learned now, with what a person has reviewed before.

        Stored for the next run where all scenarios were learned from: a few say too little.
        """
        stored, learned = self._wanted.reviewed.profile, found.profile
        profile = learned if stored is None else joined(stored, learned)
        whole = tuple(each.scenario for each in found.scenarios) == self._wanted.everything
        if not whole:
            # Which tables most operations write, only all of them tell.
            profile = replace(profile, records=stored.records if stored else frozenset())
        if profile != stored and whole:
            self._store(profile, self._path)
        changed = () if stored is None else profile_file.differences(stored, profile)
        self._emit(ProfileLearned(profile, str(self._path), changed))
        return profile

    def _store(self, profile: Profile, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A run that is killed here must not leave half of one: the next would refuse it.
            self._premises.world.replace(path, profile_file.dump(profile))
        except OSError as error:
            text = f"the profile {path} cannot be written: {error.strerror}"
            self._emit(Notice(text, hint="the next run learns it again", warning=True))


def _nothing(learned: list[LearnedScenario]) -> NothingExercised:
    mistaken = any(map(_answered, learned))
    return NothingExercised(
        "no scenario answers as it must",
        hint=_CHECK if mistaken else _SEE,
        details=tuple(
            f"{each.scenario.source}: {each.scenario.operation.id}: {each.reason}"
            for each in learned[:_SHOWN]
        ),
        blame=Blame.CONFIGURATION if mistaken else Blame.SERVICE,
    )


def _leads(learned: Sequence[LearnedScenario], checks: Sequence[str]) -> list[frozenset[str]]:
    """For each scenario, the checks for which it is the first."""
    left, found = set(checks), []
    for each in learned:
        served = frozenset(filter(each.scenario.serves, left))
        found.append(served)
        left -= served
    return found


def _answered(learned: LearnedScenario) -> bool:
    """Whether the service gave an answer, so that the scenario may be at fault."""
    return learned.clean is None or learned.clean.section.exchange.response is not None


def _weight(learned: LearnedScenario, past: Past, profile: Profile) -> Risk:
    if learned.clean is None:
        return Risk(0.0)
    return risk(learned.scenario, learned.clean, past, profile.ignored)
