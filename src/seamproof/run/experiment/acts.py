"""Sends the acts of a phase: as somebody, to a replica, side by side or by turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from seamproof.core.experiment import (
    INTERRUPTIONS,
    Act,
    Credential,
    Experiment,
    FaultKind,
    Phase,
    Schedule,
)
from seamproof.core.history import Disturbance, Exchange, Request
from seamproof.core.protocols import Stalls
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.clock import Clock
from seamproof.run.experiment.exchanges import place_of
from seamproof.run.experiment.interruptions import Interruption
from seamproof.run.experiment.quiet import release_after
from seamproof.run.experiment.requests import Bindings, Credentials, UnknownReference
from seamproof.run.experiment.turns import Participant, Turns

if TYPE_CHECKING:
    from seamproof.run.redaction import Redactor
    from seamproof.world import Replica, World

REQUEST_TIMEOUT = 20.0
"""Seconds that the service may take to answer."""
DEADLINE = 10.0
"""Seconds that it may take while something that it depends on does not answer."""


class Acts:
    """Sends acts in one world. `replica` says which copy of the service an act goes to."""

    def __init__(
        self,
        world: World,
        credentials: Mapping[str, Credentials],
        redactor: Redactor,
        replica: Callable[[Act], Replica],
        deadline: float = DEADLINE,
        alter: Callable[[str, Credential], Credentials] | None = None,
    ) -> None:
        self._world = world
        self._credentials = credentials
        self._redactor = redactor
        self._replica = replica
        self._deadline = deadline
        self._alter = alter

    async def perform(
        self,
        experiment: Experiment,
        phase: Phase,
        bindings: Bindings,
        epoch: float,
        *,
        disturbances: list[Disturbance],
        interruptions: Sequence[Interruption],
        silence: float,
        clock: Clock,
    ) -> tuple[Exchange, ...]:
        """Send the acts, side by side or by turns, each under its own holds.

        What happens beside them is added to `disturbances`. By turns, an act is over `silence`
        seconds after its answer; `clock` counts those as quiet.
        """
        stalls = any(fault.kind is FaultKind.STALL for fault in phase.faults)
        limit = self._deadline if stalls else REQUEST_TIMEOUT
        leave = next((each.leave for each in interruptions), None)

        def send(act: Act) -> Coroutine[Any, Any, Exchange]:
            return self.send(act, bindings, place_of(experiment, act), epoch, limit, leave)

        schedule = phase.schedule or Schedule()
        try:
            if schedule.turns:
                turns = Turns(
                    [
                        Participant(self._replica(act).boundaries, partial(send, act))
                        for act in phase.acts
                    ],
                    self._world.database.blockers,
                    silence,
                    clock,
                )
                exchanges = await turns.run(schedule)
                disturbances += turns.disturbances
                return exchanges
            if len(phase.acts) == 1 and not schedule.holds and not interruptions:
                return (await send(phase.acts[0]),)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(send(act)) for act in phase.acts]
                for index, key in schedule.holds:
                    held = self._replica(phase.acts[index]).boundary.hold(key)
                    group.create_task(release_after(held, tasks[index], disturbances))
                for each in interruptions:
                    group.create_task(each.strike(tasks[0]))
            return tuple(task.result() for task in tasks)
        finally:
            if stalls:
                self._release_stalled()

    def _release_stalled(self) -> None:
        for boundary in self._world.boundaries:
            if isinstance(boundary, Stalls):
                boundary.release_stalled()

    def interruptions(self, phase: Phase) -> tuple[Interruption, ...]:
        """What befalls the first act's client or process, armed at its crossing."""
        found = [fault for fault in phase.faults if fault.kind in INTERRUPTIONS]
        if not found:
            return ()
        replica = self._replica(phase.acts[0])
        return tuple(
            Interruption(fault, boundary.hold(fault.at), partial(replica.process.end, grace=0.0))
            for fault in found
            for boundary in replica.boundaries
            if boundary.kind is fault.at.boundary
        )

    async def send(
        self,
        act: Act,
        bindings: Bindings,
        place: str,
        epoch: float,
        limit: float = REQUEST_TIMEOUT,
        leave: asyncio.Event | None = None,
    ) -> Exchange:
        """Send one act and return its exchange; the client goes away when `leave` is set.

        `place` is what fresh values are made of: equal places give equal bytes.
        """
        replica = self._replica(act)
        credentials = self._of(act)
        try:
            request = requests.build(
                act.step, bindings, credentials, place=place, extra_headers=act.headers
            )
            if act.body is not None:
                body = requests.filled_body(act.body, bindings, f"{place}/body")
                request = replace(request, body=body)
        except UnknownReference as error:
            # Checked when the scenario was read; only a source of ours can come here.
            raise AssertionError(f"nothing gives {{{error}}} a value in {place}") from None
        self._redactor.learn_from(act.step.json)
        self._redactor.learn_from(act.step.form)
        data = act.raw if act.raw is not None else requests.encode(request, self._host)
        answer = await lane.send(replica.host, replica.port, data, timeout=limit, leave=leave)
        return Exchange(
            act,
            request if act.raw is None else Request(request.method, request.target, body=act.raw),
            answer.sent - epoch,
            answer.received - epoch,
            answer.response,
            answer.silence,
        )

    def _of(self, act: Act) -> Credentials:
        """The sender's credentials, altered where the act says so."""
        name = act.sender
        if not name:
            return Credentials()
        if act.credential is None or self._alter is None:
            return self._credentials.get(name, Credentials())
        return self._alter(name, act.credential)

    @property
    def _host(self) -> str:
        """One Host for all replicas: links and cookies are made of it."""
        first = self._world.replicas[0]
        return f"{first.host}:{first.port}"
