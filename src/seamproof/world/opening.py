"""Makes a world in order, and undoes it in reverse on any way out.

    reap -> build -> stage the server -> template (migrations, seed) -> clone, journal
         -> companions -> replicas, each behind its own proxy -> guard -> marker

What a build writes, as a lock file or compiled migrations, the template depends on as well.

Each thing is registered for its end directly before or after it is made, so that an exception, a
cancellation or an interrupt at any point leaves nothing running. What a kill leaves, the next run
reaps (see `intents` and `reaper`).
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from seamproof.boundaries.authority import Authority, create_authority
from seamproof.boundaries.postgres import PostgresBoundary
from seamproof.config.models import Config
from seamproof.core.errors import ServiceError
from seamproof.core.events import BoundaryStatus, Event, Notice, Stage
from seamproof.core.experiment import BoundaryKind
from seamproof.core.protocols import Address
from seamproof.database.postgres.backend import Postgres
from seamproof.database.postgres.database import PostgresDatabase
from seamproof.database.postgres.server import PostgresServer
from seamproof.database.postgres.templates import Seeding
from seamproof.database.settings import DatabaseSettings, ServiceRole
from seamproof.world import probe
from seamproof.world.cautions import cautions_of
from seamproof.world.commands import Commands
from seamproof.world.diagnosis import exit_text
from seamproof.world.guard import Guard
from seamproof.world.inputs import Keys, keys_of
from seamproof.world.intents import Intents, prepare_folder
from seamproof.world.launching import Launcher, filled, setup_statements
from seamproof.world.outages import explained
from seamproof.world.outbound import Outbound, Outside
from seamproof.world.ports import LOOPBACK, Ports
from seamproof.world.processes import Process
from seamproof.world.reaper import reap
from seamproof.world.replicas import Companion, Guest, Member, Replica, Site
from seamproof.world.schema import Plan, Preparation
from seamproof.world.world import World

Notify = Callable[[Event], None]
OnFailure = Callable[[Path, Collection[str]], None]
"""Takes the folder with the logs of a world that failed, and the secrets that they may show."""

_BUILD_LIMIT = 1800.0
_GRACE = 1.0
"""Seconds that a process may take to end by itself on the way out: nobody needs what it does."""
_CLEANUP_LIMIT = 30.0
"""Seconds that the end of one thing may take."""


@asynccontextmanager
async def open_world(
    config: Config,
    *,
    notify: Notify,
    replicas: int | None = None,
    on_failure: OnFailure = lambda folder, secrets: None,
) -> AsyncIterator[World]:
    """Bring up the service on a database of its own, guarded, with a journal installed.

    `replicas` overrides `service.replicas`; with 0 no service is started, and the world has a guest
    in its place. `on_failure` is called while the logs are still there, where this or what is done
    in the world raises.

    Raises ConfigurationError, SafetyError, ServiceError, DatabaseError or MachineError, and leaves
    nothing behind then.
    """
    cache = prepare_folder(config.root)
    for done in await reap(cache / "intents"):
        notify(Notice(f"a run that was killed had left something: {done}"))
    async with AsyncExitStack() as stack:
        leave = _Leaving(stack, notify)
        intents = Intents(cache / "intents")
        stack.callback(lambda: intents.close(clean=leave.clean))
        folder = cache / f"run-{intents.token[:12]}"
        intents("directory", {"path": str(folder)})
        leave.later("the run's folder", lambda: asyncio.to_thread(shutil.rmtree, folder))
        folder.mkdir(mode=0o700)
        opening = _Opening(config, notify, leave, intents, folder)
        try:
            yield await opening.open(config.service.replicas if replicas is None else replicas)
        except Exception as error:
            on_failure(folder, opening.secrets)
            told = explained(error)
            if told is None or told is error:
                raise
            raise told from error


@dataclass(slots=True)
class _Leaving:
    """What has to end, in reverse. One that fails or hangs does not keep the others from ending."""

    stack: AsyncExitStack
    notify: Notify
    clean: bool = True

    def later(self, what: str, end: Callable[[], Awaitable[object]]) -> None:
        """End something on the way out."""

        async def run() -> None:
            try:
                async with asyncio.timeout(_CLEANUP_LIMIT):
                    await end()
            except Exception as error:
                self.clean = False
                text = f"{what} could not be cleaned up: {error or type(error).__name__}"
                self.notify(Notice(text, hint="the next run tries again", warning=True))

        self.stack.push_async_callback(run)


@dataclass(slots=True)
class _Opening:
    """The steps, with what the earlier ones made for the later ones."""

    config: Config
    notify: Notify
    leave: _Leaving
    intents: Intents
    folder: Path
    ports: Ports = field(default_factory=Ports)
    process_ports: dict[str, int] = field(default_factory=dict)
    outside: Outside = field(init=False)
    secrets: Collection[str] = ()
    authority: Authority | None = None

    def __post_init__(self) -> None:
        self.outside = Outside(self.config.stubs, self.notify, self.leave.later)

    async def open(self, count: int) -> World:
        """All steps, in order."""
        plan = Plan.of(self.config)
        if self.config.database.tls:
            self.authority = create_authority(self.folder / "tls")
        launcher = await self._launcher()
        await self._build(launcher)
        keys = await asyncio.to_thread(keys_of, self.config, plan)
        server = await self._provision(keys)
        database = await self._database(server, launcher, plan, keys)
        places = max(count, 1)
        boundaries = [await self._boundary(index, server) for index in range(places)]
        behind: dict[str, PostgresBoundary] = {}
        for name, settings in self.config.processes.items():
            if settings.uses_database:
                behind[name] = await self._boundary(places + len(behind), server)
        sinkhole = await self.outside.open_sinkhole()
        calls = [await self.outside.open(index) for index in range(places)]
        calls_of = {
            name: await self.outside.open(number)
            for number, name in enumerate(self.config.processes, places)
        }
        guard = self._guard(server, (each.port for each in (*boundaries, *behind.values())))
        site = Site(self.intents, guard, database.address.name, launcher.dropped)
        companions = await self._companions(site, launcher, database.address, behind, calls_of)
        behind_replicas = list(zip(boundaries, calls, strict=True))[:count]
        replicas = await self._replicas(site, launcher, database.address, behind_replicas, plan)
        first = _through(database.address, boundaries[0])
        world = World(
            self.config,
            self.folder,
            site,
            database,
            replicas=replicas,
            companions=companions,
            guest=None
            if count
            else Guest(boundaries[0], calls[0], launcher.variables(first, calls[0])),
            commands=Commands(launcher, site, boundaries[0], first),
            sinkhole=sinkhole,
            notify=self.notify,
        )
        self.leave.later("the processes", lambda: _end_together((*replicas, *companions)))
        await self._marker(world)
        return world

    async def _build(self, launcher: Launcher) -> None:
        build = self.config.service.build
        if build is None:
            return
        with self._stage("build", build):
            process = Process.start(
                launcher.command("build", "service.build", build, None), self.intents
            )
            try:
                code = await process.wait(_BUILD_LIMIT)
            except TimeoutError:
                raise ServiceError(
                    f"the build did not end in {_BUILD_LIMIT:g} s",
                    hint="see service.build",
                    details=process.log_tail(15),
                ) from None
            finally:
                await process.end(grace=0.0)
        if code:
            raise ServiceError(
                f"the build failed with {exit_text(code)}",
                hint="see its last lines, and service.build",
                details=process.log_tail(15),
            )

    # The database

    async def _provision(self, keys: Keys) -> PostgresServer:
        wanted = self.config.database
        settings = DatabaseSettings(
            url=filled(wanted.url or "", key="database.url"),
            version=wanted.version or "",
            extensions=wanted.extensions,
            search_path=wanted.search_path,
            setup_sql=setup_statements(self.config),
            role=ServiceRole(wanted.role),
        )
        with self._stage("database") as say:
            server = await Postgres().provision(
                settings, self.folder, key=keys.migrated, seeding=keys.seeded, intend=self.intents
            )
            self.leave.later("the database server", server.stop)
            say(f"PostgreSQL {server.version}")
        return server

    async def _database(
        self, server: PostgresServer, launcher: Launcher, plan: Plan, keys: Keys
    ) -> PostgresDatabase:
        prepare = Preparation(
            self.config,
            plan,
            launcher,
            self.intents,
            self.ports,
            lambda: _upstream(server),
            lambda port: self._guard(server, (port,)),
            self.authority.context if self.authority else None,
        )
        with self._stage("schema", plan.describe(self.config.root)) as say:
            done: list[str] = []

            async def migrate(owner: Address) -> None:
                done.append("migrated")
                await prepare.migrate(owner)

            async def seed(owner: Address) -> None:
                done.append("seeded")
                await prepare.seed(owner)

            seeding = Seeding(keys.seeded, seed) if keys.seeded else None
            template = await server.template(keys.migrated, migrate, seeding)
            if not done:
                say("nothing changed: the template of an earlier run is used")
            elif done == ["seeded"]:
                say("the migrations are those of an earlier run: seeded anew")
        with self._stage("clone"):
            database = await server.database(template)
            # It goes away with the server, or with all that is the run's there.
            self.leave.later("the database", database.close)
            await database.install_journal()
        return database

    async def _boundary(self, number: int, server: PostgresServer) -> PostgresBoundary:
        tls = self.authority.context if self.authority else None
        boundary = PostgresBoundary(number, *_upstream(server), tls=tls)
        await boundary.start()
        self.leave.later("a proxy", boundary.stop)
        boundary.begin(time.monotonic())
        return boundary

    def _guard(self, server: PostgresServer, proxies: Iterable[int]) -> Guard:
        own = {*self.process_ports.values(), *self.outside.ports, *proxies}
        return Guard((server.admin.host, server.admin.port), frozenset(own))

    # The processes

    async def _launcher(self) -> Launcher:
        self.process_ports |= {name: self.ports.free() for name in self.config.processes}
        launcher = Launcher(
            self.config,
            self.folder,
            process_ports=self.process_ports,
            outbound=await self.outside.open_for_commands(),
            authority=self.authority.certificate if self.authority else None,
        )
        self.secrets = launcher.secrets
        for caution in cautions_of(self.config):
            self.notify(caution)
        return launcher

    async def _companions(
        self,
        site: Site,
        launcher: Launcher,
        address: Address,
        behind: dict[str, PostgresBoundary],
        calls: dict[str, Outbound],
    ) -> list[Companion]:
        made: list[Companion] = []
        for name, settings in self.config.processes.items():
            port, boundary = self.process_ports[name], behind.get(name)
            own = _through(address, boundary)
            launch, flush = launcher.companion(name, settings, port, own, calls[name])
            companion = Companion(
                site,
                launch,
                port,
                boundary,
                calls[name],
                settings=settings,
                ready_port=launcher.listening_port(name, settings, port),
                flush=flush,
            )
            with self._stage("process", name):
                self.leave.later(companion.launch.name, partial(companion.end, grace=_GRACE))
                companion.start()
                await companion.ready()
            made.append(companion)
        return made

    async def _replicas(
        self,
        site: Site,
        launcher: Launcher,
        address: Address,
        behind: list[tuple[PostgresBoundary, Outbound]],
        plan: Plan,
    ) -> list[Replica]:
        made: list[Replica] = []
        for index, (boundary, calls) in enumerate(behind):
            port = self.ports.free()
            launch = launcher.replica(index, _through(address, boundary), port, calls)
            settings = self.config.service
            made.append(
                Replica(site, launch, port, boundary, calls, index=index, settings=settings)
            )
        for replica in made:
            self.leave.later(replica.launch.name, partial(replica.end, grace=_GRACE))
            # Two that migrate at the same moment would be in each other's way.
            if not plan.by_service:
                replica.start()
        for replica in made:
            with self._stage("service", f"replica {replica.index} on port {replica.port}"):
                if plan.by_service:
                    replica.start()
                await replica.ready()
        return made

    async def _marker(self, world: World) -> None:
        """Send a harmless request to each replica, and say which boundaries saw it."""
        answered, seen = True, True
        for replica in world.replicas:
            for path in replica.harmless:
                answer = await probe.get(LOOPBACK, replica.port, path, limit=10.0)
                answered = answered and isinstance(answer, probe.Answered)
            await replica.boundary.wait_quiet(0.05, 2.0)
            seen = seen and bool(replica.boundary.crossings())
        self.notify(BoundaryStatus(BoundaryKind.HTTP_IN, answered))
        detail = "" if seen else "the service is connected, and no statement was seen"
        self.notify(BoundaryStatus(BoundaryKind.SQL, seen, detail))
        self.notify(BoundaryStatus(BoundaryKind.HTTP_OUT, False, "not observed"))

    @contextmanager
    def _stage(self, name: str, detail: str = "") -> Iterator[Callable[[str], None]]:
        """Say that a step begins, and how long it took. What is given to `say` is its detail."""
        said = [detail]
        self.notify(Stage(name, detail))
        started = time.monotonic()
        yield said.append
        self.notify(Stage(name, said[-1], time.monotonic() - started))


async def _end_together(members: Iterable[Member]) -> None:
    """End all side by side: an interrupt is to take no longer for each that does not listen."""
    async with asyncio.TaskGroup() as group:
        for each in members:
            group.create_task(each.end(grace=_GRACE))


def _upstream(server: PostgresServer) -> tuple[str, int]:
    """Where a proxy finds the server: by a Unix socket where there is one, which is faster."""
    folder = server.socket_directory
    return (str(folder) if folder else server.admin.host, server.admin.port)


def _through(address: Address, boundary: PostgresBoundary | None) -> Address:
    """The address by which a process reaches the database: never past its boundary."""
    if boundary is None:
        return replace(address, host=LOOPBACK, port=0)
    return replace(address, host=LOOPBACK, port=boundary.port)
