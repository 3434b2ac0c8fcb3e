"""What the processes of a world meet when they call other services: fakes, and else a refusal.

Each process has a port of its own for each fake, and one for what nobody fakes, so that each call
belongs to a process with certainty. The fake behind the ports of one name is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from seamproof.boundaries.http import HttpBoundary, HttpStubBoundary, Unfaked
from seamproof.boundaries.http_proxy import HttpProxyBoundary, proxy_variables
from seamproof.boundaries.http_sinkhole import HttpSinkholeBoundary
from seamproof.boundaries.http_stub import Reply, Route, Stage, StubState
from seamproof.config.stubs import AnswerConfig, StubConfig
from seamproof.core.events import Event, Notice
from seamproof.core.model import Operation
from seamproof.world.ports import LOOPBACK

B = TypeVar("B", bound=HttpBoundary)
_MOST_TOLD = 20
"""Unfaked calls that are told of: a service may call any number of places."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """The ports of one process."""

    stubs: Mapping[str, HttpStubBoundary]
    proxy: HttpProxyBoundary

    @property
    def boundaries(self) -> tuple[HttpBoundary, ...]:
        """Every port of it."""
        return (*self.stubs.values(), self.proxy)

    @property
    def placeholders(self) -> dict[str, str]:
        """What `{stubs.NAME.url}` means to this process."""
        return {
            f"stubs.{name}.url": f"http://{LOOPBACK}:{stub.port}"
            for name, stub in self.stubs.items()
        }

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead what nobody fakes to a refusal."""
        return proxy_variables(self.proxy.port)


class Outside:
    """Everything outside of one world, as far as it is faked."""

    def __init__(
        self,
        stubs: Mapping[str, StubConfig],
        notify: Callable[[Event], None],
        later: Callable[[str, Callable[[], Awaitable[object]]], None],
    ) -> None:
        self._routes = {name: _routes(stub) for name, stub in stubs.items()}
        self._states = {name: StubState() for name in stubs}
        self._notify = notify
        self._later = later
        self._told: set[Unfaked] = set()
        self._sinkhole = ""
        self.ports: list[int] = []
        """Every port that was opened."""

    async def open(self, number: int) -> Outbound:
        """The ports of one process of the world. Raises MachineError."""
        return await self._open(number, self._states)

    async def open_for_commands(self) -> Outbound:
        """The ports of what prepares the database: it meets fakes that share nothing with the
        world's, since what it stores is there in every world."""
        return await self._open(0, {name: StubState(Stage.PREPARING) for name in self._states})

    async def open_sinkhole(self) -> HttpSinkholeBoundary:
        """The port that takes what the service can be made to call, and to which what is opened
        later may redirect a call. Raises MachineError."""
        sinkhole = await self._start(HttpSinkholeBoundary())
        self._sinkhole = sinkhole.url
        return sinkhole

    async def _open(self, number: int, states: Mapping[str, StubState]) -> Outbound:
        outbound = Outbound(
            {
                name: HttpStubBoundary(
                    number, name, routes, states[name], on_unfaked=self._on_unfaked
                )
                for name, routes in self._routes.items()
            },
            HttpProxyBoundary(number, on_unfaked=self._on_unfaked),
        )
        for boundary in outbound.boundaries:
            boundary.sinkhole = self._sinkhole
            await self._start(boundary)
        return outbound

    async def _start(self, boundary: B) -> B:
        await boundary.start()
        self._later("a fake", boundary.stop)
        self.ports.append(boundary.port)
        return boundary

    def _on_unfaked(self, unfaked: Unfaked) -> None:
        if unfaked in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(unfaked)
        self._notify(_notice(unfaked))


def _notice(unfaked: Unfaked) -> Notice:
    if not unfaked.stub:
        return Notice(
            f"the service called {unfaked.shape}, which no [stubs] fakes: refused",
            hint="fake it with [stubs.NAME], and give the service {stubs.NAME.url} for its address",
            warning=True,
        )
    nearest = f"the nearest is {unfaked.nearest}; " if unfaked.nearest else ""
    return Notice(
        f"the service called {unfaked.shape}, which no reply of [stubs.{unfaked.stub}] answers: "
        "501",
        hint=f"{nearest}add one to stubs.{unfaked.stub}.replies",
        warning=True,
    )


def _routes(stub: StubConfig) -> tuple[Route, ...]:
    return tuple(
        Route(
            Operation.parse(operation),
            tuple(_reply(each, each.status, each.delay) for each in replies),
            {
                status: _reply(each, status)
                for status, each in stub.errors.get(operation, {}).items()
            },
        )
        for operation, replies in stub.replies.items()
    )


def _reply(answer: AnswerConfig, status: int, delay: float = 0.0) -> Reply:
    return Reply(status, answer.headers, answer.json_, answer.text, delay)
