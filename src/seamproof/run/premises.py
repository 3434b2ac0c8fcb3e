"""A world in which experiments can be run: everybody signed in, and the state marked from which
each of them starts."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from seamproof.core.catalog import Catalog
from seamproof.core.errors import SeamproofError, ServiceError
from seamproof.core.events import BoundaryStatus, Event, Stage
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Json
from seamproof.run import routes
from seamproof.run.experiment.conductor import Conductor
from seamproof.run.experiment.lane import Door
from seamproof.run.identities import logins
from seamproof.run.identities.admission import Admission
from seamproof.run.identities.desk import Desk
from seamproof.run.identities.signing_keys import signing_keys
from seamproof.run.identities.wallet import Wallet
from seamproof.run.logs import LogKeeper
from seamproof.run.openapi import OpenApi
from seamproof.run.redaction import Redactor

if TYPE_CHECKING:
    from seamproof.config import Config
    from seamproof.world import World

_SIGN_IN_SILENCE = 0.01
_SIGN_IN_LIMIT = 2.0
_SHOWN = 12
"""Lines of a log that an error shows."""


@dataclass(frozen=True, slots=True)
class Premises:
    """A world, and who runs experiments in it."""

    world: World
    conductor: Conductor
    catalog: Catalog
    """What the database looks like."""
    openapi: OpenApi
    identities: Wallet
    sighted: frozenset[BoundaryKind]
    """The boundaries that saw the marker."""

    @property
    def config(self) -> Config:
        """The configuration, with everybody who is signed in."""
        everybody = {"identities": dict(self.identities.identities)}
        return self.world.config.model_copy(update=everybody)

    @property
    def peers(self) -> dict[str, Json]:
        """Who is signed in beside the configured identities, as the configuration writes it."""
        return {
            name: each.model_dump(mode="json", by_alias=True, exclude_unset=True)
            for name, each in self.identities.identities.items()
            if name not in self.world.config.identities
        }


@asynccontextmanager
async def open_premises(
    config: Config,
    *,
    logs: str,
    seed: int,
    redactor: Redactor,
    emit: Callable[[Event], None],
) -> AsyncIterator[Premises]:
    """Open a world, sign everybody in, and mark the state that every experiment starts from.

    Where this or what is done there fails, the logs are kept in the folder `logs` of the project.
    Raises SeamproofError, and leaves nothing running then.
    """
    from seamproof.world import open_world

    keeper = LogKeeper(config.path(logs), redactor)
    sighted: set[BoundaryKind] = set()

    def notify(event: Event) -> None:
        if isinstance(event, BoundaryStatus) and event.sighted:
            sighted.add(BoundaryKind(event.name))
        emit(event)

    try:
        async with open_world(config, notify=notify, on_failure=keeper) as world:
            first = world.replicas[0]
            door = Door(first.host, first.port, f"{first.host}:{first.port}")
            openapi = OpenApi(
                config.service.openapi, config.root, door, emit, partial(routes.ask, world)
            )
            names = ", ".join(config.identities)
            emit(Stage("sign in", names))
            began = time.monotonic()
            identities = Wallet(
                config.identities,
                Admission(Desk(door, redactor, openapi, world.commands)),
                signing_keys=signing_keys(config.service.env, config.path(config.service.cwd)),
            )
            await _sign_in(identities, world, redactor)
            emit(Stage("sign in", names, time.monotonic() - began))
            await _mark(world)
            conductor = Conductor(
                world, identities, redactor, seed=seed, deadline=config.service.deadline
            )
            catalog = await conductor.look()
            conductor.logins = logins.values(config.identities, os.environ)
            yield Premises(world, conductor, catalog, openapi, identities, frozenset(sighted))
    except SeamproofError as error:
        keeper.name_in(error)
        raise


async def _sign_in(identities: Wallet, world: World, redactor: Redactor) -> None:
    try:
        await identities.sign_in()
    except ServiceError as error:
        error.details = (*error.details, *map(redactor.text, world.log_tail(0, _SHOWN)))
        raise


async def _mark(world: World) -> None:
    for boundary in world.boundaries:
        await boundary.wait_quiet(_SIGN_IN_SILENCE, _SIGN_IN_LIMIT)
    async with world.still():
        await world.database.mark("base")
