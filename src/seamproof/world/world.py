"""One running copy of the system, once everything has come up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from seamproof.boundaries.http_sinkhole import HttpSinkholeBoundary
from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.config.models import Config
from seamproof.core.errors import SeamproofError
from seamproof.core.events import Event, Notice
from seamproof.core.history import Crossing, Disturbance, DisturbanceKind
from seamproof.core.protocols import Boundary
from seamproof.database.postgres.database import PostgresDatabase
from seamproof.world import pulse
from seamproof.world.commands import Commands
from seamproof.world.diagnosis import exit_text, last_words
from seamproof.world.outages import explained, require_space
from seamproof.world.pulse import Pulse
from seamproof.world.replicas import Companion, Guest, Member, Replica, Site

_STILL_LIMIT = 1.0
"""Seconds that what is under way may take to end, when the service is to stand still."""
_REVIVAL_LIMIT = 20.0
"""Seconds that a database server may take to come back."""
_AWAKE = 0.1
"""Seconds for which one that failed is watched: another request may be what it works on."""
_LAST_BREATH = 3.0
"""Seconds that a process may take to end, once it listens no more."""
_LAST = 60
"""Lines of a log among which the last words of a process are: the frames of a stack come behind."""
_LOOK_AGAIN = 10.0
"""Seconds after which the processes' sockets and logs are looked at: that takes milliseconds."""


class World:
    """The service's replicas, their boundaries, their database, and what else runs beside them."""

    def __init__(
        self,
        config: Config,
        folder: Path,
        site: Site,
        database: PostgresDatabase,
        *,
        replicas: Sequence[Replica],
        companions: Sequence[Companion],
        guest: Guest | None = None,
        commands: Commands,
        sinkhole: HttpSinkholeBoundary,
        notify: Callable[[Event], None],
    ) -> None:
        self.config = config
        self.folder = folder
        """This run's own: logs and rendered files. It goes away with the world."""
        self.database = database
        self.replicas = tuple(replicas)
        self.companions = tuple(companions)
        self.commands = commands
        self.sinkhole = sinkhole
        """Takes what the service can be made to call."""
        self.guest = guest
        """What stands for the service where no replica is started."""
        self._members: tuple[Replica | Companion, ...] = (*self.replicas, *self.companions)
        guests = () if guest is None else (guest,)
        self.sql_boundaries: tuple[PostgresBoundary, ...] = (
            *(each.boundary for each in (*self.replicas, *guests)),
            *(each.boundary for each in self.companions if each.boundary),
        )
        """Every SQL boundary: of the replicas in their order, then of the companions."""
        self.boundaries: tuple[Boundary, ...] = (
            *self.sql_boundaries,
            *(each for one in (*self._members, *guests) for each in one.outbound.boundaries),
            sinkhole,
        )
        """Every boundary: those of SQL first, then those of calls to other services."""
        self._site = site
        self._notify = notify
        self._looked = time.monotonic()
        self._written = (folder, config.path(config.service.cwd))

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """Keep the service's statements and calls back meanwhile: its background writers go on
        else, and what they write between two looks at the database would be in one of them only.
        """
        for boundary in self.boundaries:
            boundary.pause()
        try:
            for boundary in self.boundaries:
                await boundary.wait_quiet(0.0, _STILL_LIMIT)
            yield
        finally:
            for boundary in self.boundaries:
                boundary.resume()

    async def ensure_alive(
        self, doubted: Collection[int] = (), *, rested: bool = False
    ) -> tuple[Disturbance, ...]:
        """Start again what has died, and say what did. `doubted` are replicas that failed: one may
        have begun to end, unless they have `rested` since.

        Raises ServiceError where it does not come up again, MachineError where a disk is full, and
        SafetyError where something uses another database by now.
        """
        found: list[Disturbance] = []
        doubtful = [each for each in self.replicas if each.index in doubted]
        awake = 0.0 if rested else _AWAKE
        gone = [each for each in doubtful if await each.gone(_LAST_BREATH, awake=awake)]
        members: tuple[Companion | Replica, ...] = (*self.companions, *self.replicas)
        for member in members:
            if member in gone or not member.process.alive:
                require_space(self._written, ())  # what it died of, and would die of again
                found.append(await _obituary(member))
                member.start()
                await member.ready()
            self._site.guard.check_startups(member.watched)
        if time.monotonic() - self._looked > _LOOK_AGAIN:
            self._looked = time.monotonic()
            for member in members:
                member.process.trim_log()
                self._site.guard.check(member.watched)
        return tuple(found)

    def pulse(self, replicas: Collection[int]) -> Pulse | None:
        """Whether these replicas and all companions do anything; None where nobody can tell."""
        members = (*self.companions, *(each for each in self.replicas if each.index in replicas))
        return pulse.take(each.process.pid for each in members)

    def require_space(self, crossings: Iterable[Crossing]) -> None:
        """Raise MachineError where a disk is full, which may be what made the acts cross these."""
        require_space(self._written, crossings)

    async def connected(self) -> bool:
        """Whether the database server is there, and was all the time since it was last asked."""
        return await self.database.connected()

    @staticmethod
    def explained(error: BaseException) -> SeamproofError | None:
        """What an error says of the machine or the database server; None where it says nothing."""
        return explained(error)

    async def revive(self) -> None:
        """Go back to base on a database server that went away and has come back.

        Raises DatabaseError where it does not come back, and ServiceError.
        """
        await self.database.revive(_REVIVAL_LIMIT)
        # Their connections are gone, which a service may notice only when it needs them.
        members: tuple[Companion | Replica, ...] = (*self.companions, *self.replicas)
        for member in members:
            await member.end()
        for member in members:
            member.start()
            await member.ready()
        text = "the database server went away and came back: the world was set up anew"
        self._notify(Notice(text, hint="what was under way is done again", warning=True))

    async def restart(self, indexes: Collection[int]) -> None:
        """Start these replicas anew: what the service remembers in their processes is gone."""
        chosen = [replica for replica in self.replicas if replica.index in indexes]
        await asyncio.gather(*(replica.end() for replica in chosen))
        for replica in chosen:
            replica.start()
        for replica in chosen:
            await replica.ready()

    async def flush(self) -> None:
        """Have every companion and every fake forget its state, where it can.

        Raises ServiceError.
        """
        guests = () if self.guest is None else (self.guest,)
        for member in (*self._members, *guests):
            for stub in member.outbound.stubs.values():
                stub.forget()
        for each in self.companions:
            await each.flush()

    def replace(self, path: Path, text: str) -> None:
        """Write a file of the project in one step, and leave no draft of it. Raises OSError."""
        self._site.intents.replace(path, text)

    def log_tail(self, replica: int, lines: int = 20) -> tuple[str, ...]:
        """The last lines of a replica's output."""
        return self.replicas[replica].process.log_tail(lines)


async def _obituary(member: Member) -> Disturbance:
    code = await member.process.end()
    words = last_words(member.process.log_tail(_LAST))
    detail = f"{member.launch.name} ended with {exit_text(code)}: {words}"
    return Disturbance(DisturbanceKind.SERVICE_DIED, detail)
