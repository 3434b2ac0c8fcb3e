"""`stubs`: the fakes of other services by their names, as `[stubs.NAME]` has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from seamproof.boundaries.http import HttpStubBoundary
from seamproof.core.model import Json
from seamproof.testing.stubs.asked import Asked
from seamproof.testing.stubs.calls import Calls
from seamproof.testing.stubs.matcher import UNSET, Matcher
from seamproof.testing.stubs.rule import Rule
from seamproof.testing.stubs.rules import Rules

if TYPE_CHECKING:
    from seamproof.world import World


class Fake:
    """One other service, as all processes of the service meet it."""

    def __init__(
        self, name: str, ports: Sequence[HttpStubBoundary], settle: Callable[[], object]
    ) -> None:
        self.name = name
        self._ports = ports
        self._settle = settle
        self.rules = Rules(name, ports[0].state)

    def on(
        self,
        operation: str,
        *,
        json: Json = UNSET,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        where: Callable[[Asked], bool] | None = None,
    ) -> Rule:
        """Answer calls of an operation, `POST /charges/{id}`, that have at least these parts.

        The latest rule that means a call answers it; the configuration's replies are below all.
        `where` is a function that is given the call. Raises ValueError for what is no operation.
        """
        parts = {"query": query or {}, "headers": headers or {}, "form": form or {}}
        rule = Rule(Matcher.of(operation, json=json, where=where, **parts))
        self.rules.rules.append(rule)
        return rule

    def calls(
        self,
        operation: str = "",
        *,
        json: Json = UNSET,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> Calls:
        """The calls that the service made in this test: all, or those of an operation that have at
        least these parts. What comes right behind an answer is waited for.
        """
        self._settle()
        crossings = [each for port in self._ports for each in port.crossings()]
        made = [
            Asked(each.request, None, each.response)
            for each in sorted(crossings, key=attrgetter("started"))
            if each.request is not None
        ]
        if not operation:
            return Calls(self.name, made)
        parts = {"query": query or {}, "headers": headers or {}, "form": form or {}}
        matcher = Matcher.of(operation, json=json, **parts)
        meant = [each for each in made if _means(matcher, each)]
        return Calls(f"{matcher} of {self.name}", meant, made)

    def __repr__(self) -> str:
        return f"<the fake of {self.name}>"


def _means(matcher: Matcher, asked: Asked) -> bool:
    found = matcher.asked(asked.request)
    if found is None or any(matcher.differences(found)):
        return False
    asked.parameters = found.parameters
    return True


@contextmanager
def answering(world: World, rules: Mapping[str, Rules]) -> Iterator[None]:
    """In the block, what a test has said of its fakes holds."""
    ports = [each for each in world.boundaries if isinstance(each, HttpStubBoundary)]
    for port in ports:
        port.state.rules = rules.get(port.name)
    try:
        yield
    finally:
        for port in ports:
            port.state.rules = None


class Stubs:
    """The fakes of one test. What it says of them is forgotten when it has ended."""

    def __init__(self, world: World, settle: Callable[[], object]) -> None:
        ports: dict[str, list[HttpStubBoundary]] = {}
        for boundary in world.boundaries:
            if isinstance(boundary, HttpStubBoundary):
                ports.setdefault(boundary.name, []).append(boundary)
        self._fakes = {name: Fake(name, found, settle) for name, found in ports.items()}

    def __getattr__(self, name: str) -> Fake:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except LookupError as error:
            raise AttributeError(str(error)) from None

    def __getitem__(self, name: str) -> Fake:
        if name in self._fakes:
            return self._fakes[name]
        close = get_close_matches(name, self._fakes, n=1)
        meant = f"did you mean {close[0]}?" if close else f"write [stubs.{name}]"
        raise LookupError(
            f"nothing is faked as {name!r}: {meant} The service is told where a fake is by "
            f"{{stubs.{name}.url}} in its environment"
        )

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fakes]

    async def begin(self, world: World) -> None:
        """Have the fakes answer by the rules of this test, and forget the calls before it."""
        epoch = time.monotonic()
        for boundary in world.boundaries:
            if isinstance(boundary, HttpStubBoundary):
                boundary.begin(epoch)
                boundary.state.rules = self._fakes[boundary.name].rules

    async def end(self, world: World) -> None:
        """Forget the rules, and end the calls that are stalled."""
        for boundary in world.boundaries:
            if isinstance(boundary, HttpStubBoundary):
                boundary.state.rules = None
                boundary.end_stalled()

    @property
    def rules(self) -> dict[str, Rules]:
        """What the test says, by the name of the fake."""
        return {name: fake.rules for name, fake in self._fakes.items() if fake.rules.rules}

    def told(self) -> list[str]:
        """What went wrong at the fakes: calls that nothing answered, functions that raised."""
        return [
            line
            for fake in self._fakes.values()
            for line in (*fake.rules.unmatched, *fake.rules.failures)
        ]
