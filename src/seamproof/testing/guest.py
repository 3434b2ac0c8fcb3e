"""The service in the tests' own process: its database, its fakes and who uses it, without one that
is started.

    open_guest(config) -> Premises   the world has a guest in place of replicas
    Variables                        service.env is set, before the application is imported
    Desk                             where its identities sign in, once the application is there

Every statement of this process that goes to the database of `service.env` passes the SQL boundary,
as a started service's do. What other connections the process opens nobody watches.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from seamproof.config.placeholders import render
from seamproof.core.errors import SeamproofError, ServiceError
from seamproof.core.events import Event
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Response
from seamproof.core.model import Step
from seamproof.core.protocols import Address
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.conductor import Conductor
from seamproof.run.experiment.requests import Bindings, Credentials
from seamproof.run.identities import desk
from seamproof.run.identities.admission import Admission
from seamproof.run.identities.wallet import Wallet
from seamproof.run.logs import LogKeeper
from seamproof.run.openapi import OpenApi
from seamproof.run.premises import Premises
from seamproof.testing.application import BASE_URL, Application

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.run.redaction import Redactor

_PARTS = ("host", "port", "user", "password", "name")


@asynccontextmanager
async def open_guest(
    config: Config,
    *,
    logs: str,
    seed: int,
    redactor: Redactor,
    emit: Callable[[Event], None],
) -> AsyncIterator[Premises]:
    """Open a world with a guest, and mark the state that every test starts from.

    Nobody is signed in yet: the application is not there. Raises SeamproofError, and leaves nothing
    running then.
    """
    from seamproof.world import open_world

    keeper = LogKeeper(config.path(logs), redactor)
    try:
        async with open_world(config, notify=emit, replicas=0, on_failure=keeper) as world:
            door = lane.Door("127.0.0.1", 0, "localhost")
            openapi = OpenApi(config.service.openapi, config.root, door, emit)
            wallet = Wallet.of({})
            conductor = Conductor(world, wallet, redactor, seed=seed)
            catalog = await conductor.look()
            sighted = frozenset({BoundaryKind.HTTP_IN, BoundaryKind.SQL})
            yield Premises(world, conductor, catalog, openapi, wallet, sighted)
    except SeamproofError as error:
        keeper.name_in(error)
        raise


class Variables:
    """What the environment of this process is while it is the service, and was before."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def enter(self, variables: Mapping[str, str]) -> None:
        """Set them."""
        self._before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)

    def leave(self) -> None:
        """Put back what was there."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}


@dataclass(frozen=True, slots=True)
class Desk(desk.Desk):
    """Where identities sign in: at the application."""

    application: Application | None = None

    async def send(self, what: str, step: Step, credentials: Credentials | None = None) -> Response:
        """The answer to a request of `what`."""
        assert self.application is not None
        request = requests.build(step, Bindings(), credentials or Credentials(), place="sign-in")
        answer = await self.application.asynchronous.handle_async_request(
            httpx2.Request(
                request.method,
                f"{BASE_URL}{request.target}",
                headers=list(request.headers),
                content=request.body,
            )
        )
        headers = tuple(answer.headers.multi_items())
        return Response(answer.status_code, headers, await answer.aread())

    async def refused(self, what: str, step: Step, response: Response) -> ServiceError:
        """The error for a request of `what` that was answered with a refusal."""
        return ServiceError(
            f"{what} was refused: {step.operation.id} answered {response.status}",
            hint="check its body and password in [identities], and that the seed makes the account",
            details=(self.shown(response),),
        )


def admission(premises: Premises, redactor: Redactor, application: Application) -> Admission:
    """Signs identities in at the application."""
    where = lane.Door("127.0.0.1", 0, "testserver")
    commands = premises.world.commands
    return Admission(Desk(where, redactor, premises.openapi, commands, application))


def nowhere(config: Config) -> dict[str, str]:
    """The variables of `service.env` for a process that runs no test: what it imports finds them,
    and they lead nowhere."""
    address = Address("127.0.0.1", 1, "nobody", "", "nothing")
    values = {"python": sys.executable, "port": "1", "database.url": address.url()}
    values |= {f"database.{each}": str(getattr(address, each)) for each in _PARTS}
    values |= {f"env.{name}": value for name, value in os.environ.items()}
    values |= {f"stubs.{name}.url": "http://127.0.0.1:1" for name in config.stubs}
    values |= {f"processes.{name}.port": "1" for name in config.processes}
    values |= {f"files.{name}": os.devnull for name in config.service.files}
    return {
        name: render(text, values, key=f"service.env.{name}", lenient=True)
        for name, text in config.service.env.items()
    }
