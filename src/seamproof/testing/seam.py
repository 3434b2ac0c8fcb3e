"""What one test uses: `seam.api`, `seam.db`, `seam.make`, `seam.stubs`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from seamproof.testing.client import Api, Means, Somebody
from seamproof.testing.rows import Db, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from seamproof.core.model import Step
    from seamproof.testing.engine import Engine
    from seamproof.testing.exchanges import Record
    from seamproof.testing.experiments.trial import Trial
    from seamproof.testing.factories.make import Make
    from seamproof.testing.stubs.fakes import Stubs


class Seam:
    """The service as one test has it. What it changes is gone when the test has ended."""

    def __init__(
        self,
        engine: Engine,
        means: Callable[[], Means],
        record: Record,
        sessions: Sessions,
        test: str = "",
    ) -> None:
        self.test = test
        """The test's name: what is made for it is made of that."""
        self.engine = engine
        """The world below, for what is not here."""
        self.record = record
        """What was sent, and what it did."""
        self.deaths: tuple[str, ...] = ()
        """Processes of the service that ended while the test ran."""
        self._means = means
        self._sessions = sessions

    @cached_property
    def api(self) -> Api:
        """Sends requests, as nobody until it is told who: `seam.api.as_("alice")`."""
        return Api(self._means(), Somebody())

    @cached_property
    def db(self) -> Db:
        """The rows of the service's database."""
        ignored = self.engine.config.testing.ignore
        return Db(self.engine, self._sessions, ignored, self.record.quiet)

    @cached_property
    def make(self) -> Make:
        """Makes rows: `seam.make.user()`."""
        from seamproof.testing.factories.accounts import source
        from seamproof.testing.factories.make import Make

        return Make(source(self.engine, self._sessions), self.test)

    @cached_property
    def stubs(self) -> Stubs:
        """The fakes of other services: `seam.stubs.payments`."""
        from seamproof.testing.stubs.fakes import Stubs

        return Stubs(self.engine.world, lambda: self.engine.call(self.record.settle))

    def experiment(self, *steps: Step) -> Trial:
        """What is done to the service under control: earlier steps arrange, the last is the act.

        It starts from the base, and not from the rows that the test has made.
        """
        from seamproof.core.model import Scenario
        from seamproof.testing.experiments.trial import Trial

        if not steps:
            raise TypeError("an experiment needs a step: its act")
        name = self.test.rpartition("::")[2] or "a test"
        scenario = Scenario(name, steps[-1], steps[:-1], self.test)
        return Trial(self.engine, self.test, scenario)

    def close(self) -> None:
        """Close what belongs to this test alone."""
        api = self.__dict__.get("api")
        if api is not None and "http" in api.__dict__:
            api.http.close()
