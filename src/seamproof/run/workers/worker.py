"""A worker: a process that opens a world of its own, does jobs in it, and knows nothing else.

    python -m seamproof.run.workers.worker seamproof.toml    orders on stdin, answers on stdout

Standard output carries messages and nothing but messages: whatever else is printed here goes to
standard error. The end of its input is the run's word to stop, also where the run was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from seamproof.core import registry
from seamproof.core.errors import Bug, MachineError, SeamproofError
from seamproof.core.events import Event, ExperimentRun, JobStarted, Notice
from seamproof.core.experiment import Act, BoundaryKind, Experiment, Phase, Settings
from seamproof.core.model import Json, Scenario, Step
from seamproof.core.subject import Job
from seamproof.run.experiment.conductor import WARM_ROUNDS
from seamproof.run.jobs import Jobs
from seamproof.run.premises import Premises, open_premises
from seamproof.run.redaction import Redactor
from seamproof.run.reporting import run_loop
from seamproof.run.workers.messages import (
    LONGEST,
    Answer,
    Begin,
    Brief,
    Enough,
    Order,
    Ready,
    Refused,
    decode,
    encode,
    refusal,
)

if TYPE_CHECKING:
    from seamproof.config import Config

_TOLD = (Notice, JobStarted, ExperimentRun)
"""Events that the run cannot know of itself."""


class Worker:
    """One world, and the jobs that are done in it."""

    def __init__(self, config: Path, orders: BinaryIO, answers: BinaryIO) -> None:
        self._file = config
        self._orders = orders
        self._answers = answers
        self._redactor = Redactor()

    async def run(self) -> None:
        """Do what is ordered until there is enough, or nobody is left who orders."""
        try:
            async with _Inbox(self._orders) as inbox:
                await self._serve(inbox)
        except asyncio.CancelledError:
            return
        except SeamproofError as error:
            self._say(refusal(error))
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            whole = "".join(traceback.format_exception(error))
            redact = self._redactor.text
            self._say(Refused("", redact(text), traceback=redact(whole)))

    async def _serve(self, inbox: _Inbox) -> None:
        from seamproof.config import load

        begin = await inbox.get()
        if not isinstance(begin, Begin):
            raise Bug(f"the first message is {type(begin).__name__}")
        began = time.monotonic()
        async with open_premises(
            _built(load(self._file)),
            logs=begin.logs,
            seed=begin.seed,
            redactor=self._redactor,
            emit=self._tell,
        ) as premises:
            _require(begin.boundaries, premises)
            seconds = time.monotonic() - began
            brief = await inbox.get()
            if not isinstance(brief, Brief):
                raise Bug(f"the second message is {type(brief).__name__}")
            await _admit(brief.peers, premises)
            premises.conductor.profile = brief.profile
            jobs = Jobs(
                premises.conductor,
                registry.discover(registry.CHECK),
                premises.catalog,
                premises.config,
                emit=self._tell,
                redact=self._redactor.text,
                knowledge=brief.knowledge,
                until=brief.until,
            )
            self._say(Ready(seconds))
            warm = _Warm(premises)
            while isinstance(order := await inbox.get(), Job):
                await warm.up(order.scenario)
                self._say(await jobs.do(order))
            await premises.conductor.prove_reset()

    def _tell(self, event: Event) -> None:
        if isinstance(event, _TOLD):
            self._say(event)

    def _say(self, message: Answer) -> None:
        # Where nobody listens any more, the end of the input says so as well.
        with contextlib.suppress(BrokenPipeError):
            self._answers.write(encode(message))
            self._answers.flush()


def _built(config: Config) -> Config:
    """The configuration of a service that the run has built before."""
    service = config.service.model_copy(update={"build": None})
    return config.model_copy(update={"service": service})


async def _admit(peers: dict[str, Json], premises: Premises) -> None:
    """Sign in the identities that the run has registered beside the configured ones."""
    from seamproof.config import IdentityConfig

    for name, each in peers.items():
        identity = IdentityConfig.model_validate(each)
        await premises.conductor.at_base(partial(premises.identities.add, name, identity))


def _require(boundaries: frozenset[BoundaryKind], premises: Premises) -> None:
    # No marker tells whether calls to others are seen: the act itself makes them.
    blind = boundaries - premises.sighted - {BoundaryKind.HTTP_OUT}
    if blind:
        raise MachineError(
            f"its world does not observe {', '.join(sorted(blind))}, which the first world does"
        )


class _Warm:
    """Lets acts do what they do only once, in each replica: in the first world learning does."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._done: list[tuple[Step, tuple[Step, ...]]] = []

    async def up(self, scenario: Scenario) -> None:
        """Warm up for a scenario. Another job of its requests finds them warm."""
        asked = (scenario.act, scenario.arrangement)
        if asked in self._done:
            return
        self._done.append(asked)
        conductor = self._premises.conductor
        conductor.on_history = lambda history: None
        settings = Settings(fresh_sequences=conductor.profile.fresh_sequences)
        for replica in range(conductor.replicas):
            phase = Phase((Act(scenario.act, replica=replica),))
            plain = Experiment((phase,), scenario.arrangement, settings=settings, purpose="warm up")
            for _ in range(max(WARM_ROUNDS, conductor.profile.warm_rounds)):
                await conductor.conduct(plain)


class _Inbox:
    """The orders as they come in. Whoever opened it is cancelled where they end before there is
    Enough, or by SIGTERM: once, for whoever was told to stop is cleaning up."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._orders: asyncio.Queue[Order | ValueError] = asyncio.Queue()
        self._inside = asyncio.current_task()
        self._stopped = False

    async def get(self) -> Order:
        """The next order. Raises ValueError for what is none."""
        order = await self._orders.get()
        if isinstance(order, ValueError):
            raise order
        return order

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LONGEST)
        protocol = asyncio.StreamReaderProtocol(reader)
        self._transport, _ = await loop.connect_read_pipe(lambda: protocol, self._file)
        self._reading = asyncio.ensure_future(self._read(reader))
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopped = True
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._transport.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        enough = False
        try:
            while line := await reader.readline():
                order: Order = decode(line)
                enough = enough or isinstance(order, Enough)
                self._orders.put_nowait(order)
        except ValueError as error:
            self._orders.put_nowait(error)
        else:
            if not enough:
                self._stop()

    def _stop(self) -> None:
        if not self._stopped and self._inside is not None:
            self._stopped = True
            self._inside.cancel()


def main() -> None:
    """Take standard input and output for the messages, and give others to whoever uses these."""
    orders = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    run_loop(Worker(Path(sys.argv[1]), orders, answers).run())


if __name__ == "__main__":
    main()
