"""What all tests of one process share: the engine, opened when the first test needs it, and the way
in which each of them is isolated.

    session.begin() -> Seam -> the test -> session.end(seam)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from seamproof.core.errors import ConfigurationError
from seamproof.testing.attempt import Attempt
from seamproof.testing.client import Means, Somebody, open_async
from seamproof.testing.engine import Engine
from seamproof.testing.exchanges import Record
from seamproof.testing.isolation.costs import Costs
from seamproof.testing.isolation.ways import Way, way
from seamproof.testing.rows import Sessions
from seamproof.testing.seam import Seam
from seamproof.testing.signing import admitted, sign_in

if TYPE_CHECKING:
    import httpx2

    from seamproof.config import Config
    from seamproof.testing.application import Application
    from seamproof.testing.guest import Variables
    from seamproof.world import World


_AUDITED = frozenset({"undo", "transaction"})
"""The ways of which it is to be proven that they restore everything."""


class Session:
    """The tests of one process. Nothing is started before the first of them begins."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.amplified = False
        """Whether checks are to run on the tests: they need the replicas that a run needs."""
        self._closed = False
        self._test = ""
        self._engine = Attempt("the world could not be opened", self._open)
        self._applied = Attempt("the application could not be called", self._load)
        self.costs = Costs(config.testing.isolation)
        self.opened = False
        """Whether a test has needed the world."""

    @property
    def engine(self) -> Engine:
        """The world, opened when it is first asked for. Raises SeamproofError."""
        return self._engine.get(self._test)

    def _open(self) -> Engine:
        config = self.config
        if not self.amplified:
            service = config.service.model_copy(update={"replicas": config.testing.replicas})
            config = config.model_copy(update={"service": service})
        engine = Engine.open(config)
        self.opened = True
        if engine.world.guest is not None:
            self._variables.enter(engine.world.guest.variables)
        return engine

    def stand_in(self) -> None:
        """Have what is imported here find its variables, though no test runs in this process."""
        from seamproof.testing.guest import nowhere

        self._variables.enter(nowhere(self.config))

    @cached_property
    def _variables(self) -> Variables:
        from seamproof.testing.guest import Variables

        return Variables()

    def _load(self) -> Application:
        """The application in this process. Raises ConfigurationError where it is not there."""
        from seamproof.testing import application, guest

        place = self.config.testing.app
        if place is None:
            raise ConfigurationError(
                "the tests' own process is the service, and nothing says what is called in it",
                hint='write testing.app = "app.main:app", or use seam.db alone',
            )
        engine = self.engine
        found = application.load(place, self.config.root)
        admission = guest.admission(engine.premises, engine.redactor, found)
        engine.premises.identities.admission = admission
        return found

    @cached_property
    def _way(self) -> Way:
        return way(self.config.testing.isolation, self.engine.premises, self.engine.transaction)

    @cached_property
    def _transport(self) -> httpx2.BaseTransport:
        import httpx2

        return httpx2.HTTPTransport(trust_env=False, verify=False)

    @cached_property
    def _sessions(self) -> Sessions:
        return Sessions(self.engine)

    # One test

    def begin(self, test: str = "") -> Seam:
        """What a test begins with: the base, and nobody who has asked for anything."""
        self._test = test
        record = Record(self.engine)
        seam = Seam(self.engine, partial(self._means, record), record, self._sessions, test)
        if self.config.stubs:
            self.engine.call(seam.stubs.begin)
        return seam

    def _means(self, record: Record) -> Means:
        world = self.engine.world
        if world.guest is not None:
            from seamproof.testing.application import BASE_URL

            found = self._applied.get(self._test)
            return Means(
                BASE_URL, found.transport, lambda: found.asynchronous, record, self._sign_in
            )
        url = f"http://{world.replicas[0].host}:{world.replicas[0].port}"
        return Means(url, self._transport, open_async, record, self._sign_in)

    def end(self, seam: Seam) -> None:
        """Bring the base back. Raises SeamproofError where the world cannot go on."""
        with self.costs.measured():
            seam.close()

            async def back(world: World) -> bool:
                if self.config.stubs:
                    await seam.stubs.end(world)
                ended = await self._way(partial(seam.record.quiet, world))
                seam.deaths = tuple(each.detail for each in await world.ensure_alive())
                for boundary in world.boundaries:
                    # What is kept of a test ends with it.
                    boundary.begin(time.monotonic())
                return ended

            if self.engine.call(back):
                self._sessions.close()

    def hold(self, seam: Seam) -> None:
        """Take the state that is there now as what `back` restores, until the test ends."""

        async def held(world: World) -> bool:
            await seam.record.quiet(world)
            if (transaction := self.engine.transaction) is not None:
                return await transaction.mark()
            async with world.still():
                return bool(await world.database.mark("arranged"))

        if self.engine.call(held):
            self._sessions.close()

    def back(self, seam: Seam) -> None:
        """Restore what `hold` took."""

        async def restored(world: World) -> bool:
            await seam.record.quiet(world)
            if (transaction := self.engine.transaction) is not None:
                return await transaction.back()
            async with world.still():
                return bool((await world.database.undo("arranged")).cloned)

        if self.engine.call(restored):
            self._sessions.close()

    @contextmanager
    def isolated(self) -> Iterator[Seam]:
        """What a test is given, for a test that pytest does not run."""
        seam = self.begin()
        try:
            yield seam
        finally:
            self.end(seam)

    def _sign_in(self, who: Any) -> Somebody:
        identities = self.engine.premises.identities
        if isinstance(who, str):
            configured = self.config.identities.get(who)
            if self.engine.world.guest is not None and configured is not None:
                return Somebody(who, admitted(self.engine, who, configured))
            if who not in identities:
                known = ", ".join(identities) or "nobody"
                raise ConfigurationError(
                    f"nobody is called {who!r}; there is: {known}", hint="see [identities]"
                )
            return Somebody(who, identities[who])
        return sign_in(self.engine, who)

    def audit(self) -> None:
        """Compare everything that is stored with the base. Raises Bug where it differs."""
        if self.opened and not self._closed and self.config.testing.isolation in _AUDITED:

            async def audited(world: World) -> None:
                await self.engine.premises.conductor.prove_reset()

            self.engine.call(audited)

    def close(self) -> None:
        """End everything that was opened. A second call does nothing."""
        if self.opened and not self._closed:
            self._closed = True
            self._sessions.close()
            self._transport.close()
            if self._applied.made is not None:
                self._applied.made.close()
            self.engine.close()
        if "_variables" in self.__dict__:
            self._variables.leave()

    def summary(self) -> list[str]:
        """What isolation has cost, and what a person should know of the service."""
        if not self.opened:
            return []
        told = [f"{each.text} ({each.hint})" for each in self.engine.notices]
        return [str(self.costs), *told]
