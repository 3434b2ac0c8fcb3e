"""Asks the service's own code for its routes, beside the replicas and guarded as they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seamproof.core.document import Document
from seamproof.core.errors import ServiceError
from seamproof.discovery import openapi
from seamproof.discovery.openapi import Unreadable
from seamproof.discovery.openapi.parsing import MAX_BYTES
from seamproof.discovery.routes.asking import asking

if TYPE_CHECKING:
    from seamproof.world import World


async def ask(world: World) -> Document:
    """The route table of the service. Raises Unreadable, and SafetyError."""
    replica = world.replicas[0]
    output = world.folder / "routes.json"
    start = replica.launch
    found = asking(start.command, start.cwd, start.environment, output)
    if found is None:
        raise Unreadable("its command is none of a framework that is known")
    launch = replace(
        start,
        name="the question for its routes",
        command=found.command,
        environment=found.environment,
        log=world.folder / "routes.log",
    )
    try:
        await world.commands.run(launch, replica.boundary)
    except ServiceError as error:
        said = f": {error.details[-1]}" if error.details else ""
        raise Unreadable(f"{error.problem}{said}") from None
    return await asyncio.to_thread(_read, output)


def _read(output: Path) -> Document:
    try:
        with output.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        raise Unreadable("it answers nothing") from None
    return openapi.read(data)
