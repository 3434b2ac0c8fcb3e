"""A recording: the service in a world of its own, and what somebody sends to it as scenarios.

    client -> InboundProxy -> replica 0
                  | Passed: request, answer, whether rows changed or others were called
                  v
    traffic_of -> compose -> a scenario file

Nobody is signed in and nothing is checked: the world is only there so that a person, a browser or
another test suite may do as they like, on a database that goes away.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from seamproof.boundaries.http_inbound import InboundProxy
from seamproof.boundaries.listening import LOOPBACK
from seamproof.core.counting import counted
from seamproof.core.errors import ConfigurationError, ExitCode, NothingExercised, SeamproofError
from seamproof.core.events import Event, Notice
from seamproof.discovery.filing import folder_of
from seamproof.discovery.importers import filing
from seamproof.discovery.importers.composing import compose
from seamproof.discovery.importers.proxied import traffic_of
from seamproof.discovery.importers.traffic import Surroundings
from seamproof.run import selection
from seamproof.run.identities.recognition import recognising
from seamproof.run.logs import LogKeeper
from seamproof.run.recorder import Recorder
from seamproof.run.redaction import Redactor
from seamproof.run.stopping import stopping

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.world import World

Say = Callable[[str], None]

_LOOK: Final = 2.0
"""Seconds between two looks at whether the service still lives."""
_NAME: Final = "recorded.yaml"


@dataclass(frozen=True, slots=True)
class Options:
    """What a recording is asked for; each default is the command line's."""

    config: Path | None = None
    port: int = 0
    output: Path | None = None
    force: bool = False


async def record(options: Options, emit: Callable[[Event], None], say: Say) -> ExitCode:
    """Record until a signal comes, and write what was sent. Returns how the command ends.

    Raises SeamproofError where the service does not come up, and NothingExercised where nothing was
    sent that becomes a scenario.
    """
    from seamproof.config import load

    config = load(options.config)
    target = options.output or folder_of(config.scenarios, config.root) / _NAME
    if target.exists() and not options.force:
        raise ConfigurationError(
            f"{target} is there already, and nothing was recorded",
            hint="give another name by --output, or overwrite it by --force",
        )
    session = _Session(config, options, emit, say)
    around = _surroundings(config, target)
    failure: Exception | None = None
    try:
        await session.run()
    except asyncio.CancelledError:
        return ExitCode.INTERRUPTED
    except Exception as error:
        if not session.recorder.passed:
            raise
        failure = error
    traffic = traffic_of(session.recorder.passed, session.recorder.service)
    imported = compose(traffic, around)
    if imported.scenarios:
        text = filing.document(imported, f"Recorded on {time.strftime('%Y-%m-%d')}")
        filing.write(target, text, force=options.force)
        say(f"wrote {target}: {counted(len(imported.scenarios), 'scenario')}")
    for line in filing.told(imported):
        say(line)
    if failure is not None:
        raise failure
    if not imported.scenarios:
        raise NothingExercised(
            "nothing was recorded that becomes a scenario",
            hint=f"send requests that succeed to {traffic.service}, not to the service's own port",
        )
    return ExitCode.NOTHING_PROVEN


def _surroundings(config: Config, target: Path) -> Surroundings:
    """What is there already, without what is overwritten. Raises ConfigurationError."""
    target = target.resolve()
    known = selection.all_scenarios(config)
    return Surroundings(
        frozenset(each.name for each in known if _file(each.source).resolve() != target),
        frozenset(config.identities),
        recognising(config.identities, os.environ),
    )


def _file(source: str) -> Path:
    """The file of `file.yaml:12`."""
    return Path(source.rpartition(":")[0])


class _Session:
    """The world, the proxy, and the wait for a signal."""

    def __init__(
        self, config: Config, options: Options, emit: Callable[[Event], None], say: Say
    ) -> None:
        self._config = config
        self._options = options
        self._emit = emit
        self._say = say
        self._over = asyncio.Event()
        self._recording = False
        self.recorder = Recorder(say)

    async def run(self) -> None:
        """Record until a signal comes. Raises SeamproofError, and leaves nothing running."""
        from seamproof.world import open_world

        task = asyncio.current_task()
        assert task is not None

        def stop() -> None:
            if self._recording:
                self._over.set()
            else:
                task.cancel()

        redactor = Redactor()
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
        keeper = LogKeeper(self._config.path(f".seamproof/runs/{name}/logs"), redactor)

        def keep(folder: Path, secrets: Collection[str]) -> None:
            self.recorder.tell_secrets(redactor)
            keeper(folder, secrets)

        with stopping(stop):
            try:
                async with open_world(
                    self._config, notify=self._emit, replicas=1, on_failure=keep
                ) as world:
                    await self._record(world)
            except SeamproofError as error:
                keeper.name_in(error)
                raise

    async def _record(self, world: World) -> None:
        self.recorder.watch(world)
        proxy = InboundProxy(world.replicas[0].port, self.recorder, self._options.port)
        await proxy.start()
        try:
            self.recorder.service = f"http://{LOOPBACK}:{proxy.port}"
            self._recording = True
            self._say(f"recording at {self.recorder.service}")
            self._say("press Ctrl-C to stop and write the scenarios")
            while not self._over.is_set():
                try:
                    async with asyncio.timeout(_LOOK):
                        await self._over.wait()
                except TimeoutError:
                    await self._look(world)
            await self.recorder.finish()
        finally:
            await proxy.stop()

    async def _look(self, world: World) -> None:
        if self.recorder.failure is not None:
            raise self.recorder.failure
        for each in await world.ensure_alive():
            self._emit(Notice(f"{each.detail}; it was started again", warning=True))
