"""One experiment in one world: reset, arrange, act, wait for quiet, record.

    undo -> arrange -> mark -> [ arm -> send -> quiet -> read ] per phase -> end open transactions

Only one experiment runs at a time in a world: everything that crosses a boundary belongs to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from seamproof.core.catalog import Catalog, Stored
from seamproof.core.experiment import INTERRUPTIONS, Credential, Experiment, Phase
from seamproof.core.history import Disturbance, DisturbanceKind, Exchange, History, Section
from seamproof.core.model import Json
from seamproof.core.profile import Profile
from seamproof.run.experiment.acts import DEADLINE, Acts
from seamproof.run.experiment.arrangement import Arrangement
from seamproof.run.experiment.clock import Clock
from seamproof.run.experiment.deaths import deaths_told
from seamproof.run.experiment.exchanges import given_up
from seamproof.run.experiment.interruptions import Interruption
from seamproof.run.experiment.quiet import Slumber
from seamproof.run.experiment.requests import Bindings, Credentials, ungiven
from seamproof.run.experiment.rest import Rest
from seamproof.run.experiment.standing import Standing
from seamproof.run.experiment.survival import Survival
from seamproof.run.identities import tampering

if TYPE_CHECKING:
    from seamproof.database.postgres.levels import Seen
    from seamproof.run.identities.wallet import Wallet
    from seamproof.run.redaction import Redactor
    from seamproof.world import World

WARM_ROUNDS = 2
"""Runs after which a fresh process is warm."""


class Conductor:
    """Runs experiments in one world, one after the other."""

    def __init__(
        self,
        world: World,
        identities: Wallet,
        redactor: Redactor,
        *,
        seed: int = 0,
        deadline: float = DEADLINE,
    ) -> None:
        self._world = world
        self._identities = identities
        self._redactor = redactor
        self._seed = seed
        self._cold = False
        self._standing = Standing(world)
        self._acts = Acts(
            world, identities, redactor, self._standing.replica, deadline, self._altered
        )
        self._rest = Rest(world)
        self._arrangement = Arrangement(world, self._acts, self._rest, redactor)
        self._survival = Survival(world, self._forget)
        self.stored: Stored = {}
        """Some rows of the state that every experiment starts from."""
        self.logins: Mapping[str, Json] = {}
        """What is typed to sign in, by the name of the reference to it."""
        self.on_history: Callable[[History], None] = lambda history: None
        """Called with each history, before it is returned."""

    @property
    def profile(self) -> Profile:
        """What is normal for the service."""
        return self._rest.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._rest.profile = profile

    @property
    def replicas(self) -> int:
        """How many copies of the service there are."""
        return len(self._standing)

    @property
    def credentials(self) -> dict[str, tuple[Credential, ...]]:
        """By identity, what may be wrong with its credential."""
        return {name: self._identities.applicable(name) for name in self._identities}

    def _altered(self, name: str, kind: Credential) -> Credentials:
        altered = self._identities.altered(name, kind)
        self._redactor.learn(*tampering.values(altered))
        return altered

    async def conduct(self, experiment: Experiment) -> History:
        """Run one experiment from the marked state and return what was seen.

        Where the database server went away meanwhile it is run anew, once that has come back: what
        the service did without its database says nothing of it.
        """
        return await self._survival.do(lambda: self._conduct(experiment))

    async def look(self) -> Catalog:
        """What the database looks like; the rows of the state that is marked are `stored` then."""
        return await self._survival.do(self._look)

    async def _look(self) -> Catalog:
        self.stored = await self._world.database.stored()
        return await self._world.database.catalog()

    def _forget(self) -> None:
        self._arrangement.forget()
        self._cold = True
        self._standing.forget()

    async def _conduct(self, experiment: Experiment) -> History:
        started = time.monotonic()
        for boundary in self._world.sql_boundaries:
            boundary.isolate(experiment.settings.isolation)
        if experiment.settings.fresh_process:
            await self._standing.refresh(experiment)
            self._cold = True
        if self._cold:
            await self._warm(experiment)
        history = await self._run(experiment)
        if history.disturbed(DisturbanceKind.ARRANGEMENT_FAILED):
            # Nobody has asked the database since; it may be what failed.
            await self._world.database.changes()
        if history.disturbed(DisturbanceKind.RESET_BY_CLONE):
            # It ended the service's connections, which the service notices only when it uses them.
            await self._warm(experiment)
            history = await self._run(experiment)
        if doubtful := self._identities.doubtful(history):
            lapsed = [name for name in doubtful if not await self._is_let_in(history, name)]
            if lapsed:
                await self._renew(lapsed)
                history = await self._run(experiment)
            self._identities.settle(history)
        self._identities.note(history)
        self._standing.doubt(history)
        history = replace(history, timing=replace(history.timing, total=time.monotonic() - started))
        self.on_history(history)
        return history

    async def _is_let_in(self, history: History, name: str) -> bool:
        """Whether somebody's act that was answered 401 is let in where it comes alone. Then what
        the experiment did before is why, as the end of a session: who signs in again for that would
        leave one session more in the state that every experiment starts from.
        """
        experiment, act = history.experiment, self._identities.refused(history, name)
        if act is None or experiment.phases == (alone := (Phase((act,)),)):
            return False
        settings = replace(experiment.settings, wait=0.0)
        again = await self._run(replace(experiment, phases=alone, settings=settings))
        return bool(again.sections) and again.section.exchange.status not in (
            None,
            HTTPStatus.UNAUTHORIZED,
        )

    async def _warm(self, experiment: Experiment) -> None:
        """Let fresh processes and connections do what they do only once."""
        self._cold = False
        phases = tuple(Phase(phase.acts) for phase in experiment.phases[:1])
        plain = replace(experiment, phases=phases, settings=replace(experiment.settings, wait=0.0))
        for _ in range(WARM_ROUNDS):
            await self._run(plain)

    async def _run(self, experiment: Experiment) -> History:
        if due := self._identities.due(experiment):
            await self._renew(due)
        clock = Clock()
        before = await self._reset(experiment, clock)
        absent = self._ungiven(experiment)
        if absent is not None:
            return History(experiment, (), (), (*before, absent), clock.timing())
        arranged, failed = await self._arrangement.make(experiment, self._bindings, clock)
        if failed is not None:
            await self._end_hung(arranged.exchanges)
            # A service that has died would fail every arrangement after this one as well.
            dead = await self._world.ensure_alive()
            self._cold = self._cold or bool(dead)
            return History(
                experiment,
                (),
                self._cleaned(arranged.exchanges),
                (*before, failed, *dead),
                clock.timing(),
            )
        if experiment.settings.wait:
            await asyncio.sleep(experiment.settings.wait)
        epoch = time.monotonic()
        sections = [
            await self._phase(experiment, phase, arranged.bindings, epoch, clock)
            for phase in experiment.phases
        ]
        if sections:
            sections = deaths_told(sections)
            self._world.require_space(each for section in sections for each in section.crossings)
            ended = await self._settle()
            sections[-1] = replace(sections[-1], disturbances=sections[-1].disturbances + ended)
            await self._end_hung(given_up(experiment, sections))
        return History(
            experiment,
            tuple(sections),
            self._cleaned(arranged.exchanges),
            before,
            clock.timing(),
            arranged.prepared,
        )

    async def _renew(self, names: Collection[str]) -> None:
        await self.at_base(partial(self._identities.renew, names))

    async def at_base(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something in the state that every experiment starts from, and let what it stores
        belong to that: accounts and sessions."""
        await self._undo_all()
        await work()
        await self._rest.come()
        if not await self._world.database.changes():
            return
        async with self._world.still():
            await self._world.database.mark("base")
        self.stored = await self._world.database.stored()

    async def to_base(self, seen: Seen | None = None) -> str:
        """Go back to the state that every experiment starts from; `seen` is a look at what is there
        to undo, if nobody has written since.

        Returns why that needed a copy of the database; empty where it did not.
        """
        cloned = await self._undo_all(seen)
        await self._world.flush()
        self._cold = self._cold or bool(cloned)
        return cloned

    async def _undo_all(self, seen: Seen | None = None) -> str:
        self._arrangement.forget()
        await self._settle()
        async with self._world.still():
            return (await self._world.database.undo("base", seen=seen)).cloned

    async def prove_reset(self) -> None:
        """Go back to where every experiment starts, and compare everything that is stored with it.

        Raises Bug where it differs.
        """
        await self._survival.do(self._prove_reset)

    async def _prove_reset(self) -> None:
        await self._settle()
        async with self._world.still():
            await self._world.database.undo("base")
            await self._world.database.audit()

    # Reset

    @property
    def _bindings(self) -> Bindings:
        """What references mean before anything is arranged."""
        url = self._world.sinkhole.url
        return Bindings({}, str(self._seed), self.stored, self.logins, url)

    def _ungiven(self, experiment: Experiment) -> Disturbance | None:
        """That a step refers to a row or a sign-in which is not there."""
        acts = (act.step for phase in experiment.phases for act in phase.acts)
        bindings = self._bindings
        for step in (*experiment.arrangement, *acts):
            if name := ungiven(step, bindings):
                detail = f"{step.operation.id}: {{{name}}} is not there before the arrangement"
                return Disturbance(DisturbanceKind.ARRANGEMENT_FAILED, detail)
        return None

    async def _reset(self, experiment: Experiment, clock: Clock) -> tuple[Disturbance, ...]:
        self._rest.forget()
        with clock.part("reset"):
            await self._settle()
            reuse = self._arrangement.serves(experiment)
            async with self._world.still():
                undone = await self._world.database.undo("arranged" if reuse else "base")
                await self._world.flush()
        if not undone.cloned:
            return ()
        # The service's connections were ended with the old copy.
        self._arrangement.forget()
        self._cold = True
        return (Disturbance(DisturbanceKind.RESET_BY_CLONE, undone.cloned),)

    # Phases

    async def _phase(
        self,
        experiment: Experiment,
        phase: Phase,
        bindings: Bindings,
        epoch: float,
        clock: Clock,
    ) -> Section:
        open_before = self._rest.open_backends()
        wired = [fault for fault in phase.faults if fault.kind not in INTERRUPTIONS]
        for boundary in self._world.boundaries:
            boundary.begin(epoch, wired)
        interruptions = self._acts.interruptions(phase)
        slumber = self._slumber(experiment, phase)
        disturbances: list[Disturbance] = []
        with clock.part("service"):
            exchanges = await self._acts.perform(
                experiment,
                phase,
                bindings,
                epoch,
                disturbances=disturbances,
                interruptions=interruptions,
                silence=self._rest.silence,
                clock=clock,
            )
        with clock.part("quiet"):
            quiet, unrest = await self._rest.come(
                slumber, at_least=experiment.settings.extra_quiet, open_before=open_before
            )
        disturbances += unrest
        open_backends = self._rest.open_backends()
        with clock.part("changes"):
            changes = await self._rest.changes()
        disturbances += self._not_reached(phase, interruptions)
        # Before what died is started anew: what that does is no part of the act.
        crossings = self._standing.crossings()
        dead = await self._world.ensure_alive(
            self._standing.failed(exchanges), rested=slumber is not None
        )
        if dead:
            self._cold = True
            if not any(each.struck and each.kills for each in interruptions):
                disturbances += dead
        disturbances = [
            replace(each, detail=self._redactor.text(each.detail)) for each in disturbances
        ]
        return Section(
            self._cleaned(exchanges),
            tuple(self._redactor.crossing(each) for each in crossings),
            self._redactor.changes(changes),
            tuple(disturbances),
            quiet,
            open_backends,
        )

    def _slumber(self, experiment: Experiment, phase: Phase) -> Slumber | None:
        """The sleep of those who act, where what they do behind their answers counts."""
        if not phase.faults and not experiment.settings.watched:
            return None
        acting = self._standing.acting(phase)
        if phase.faults:
            self._standing.harm(acting)
        return self._rest.slumber(acting)

    def _not_reached(
        self, phase: Phase, interruptions: Sequence[Interruption]
    ) -> list[Disturbance]:
        if not phase.faults:
            return []
        reached = {fault for each in self._world.boundaries for fault in each.reached()}
        reached |= {each.fault for each in interruptions if each.struck}
        return [
            Disturbance(DisturbanceKind.NOT_REACHED, f"{fault.label} at {fault.at.shape}")
            for fault in phase.faults
            if fault not in reached
        ]

    async def _settle(self) -> tuple[Disturbance, ...]:
        ended = await self._rest.end_open()
        self._cold = self._cold or bool(ended)
        return ended

    async def _end_hung(self, exchanges: Sequence[Exchange]) -> None:
        self._cold = await self._standing.end_hung(exchanges) or self._cold

    def _cleaned(self, exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
        return tuple(self._redactor.exchange(each) for each in exchanges)
