"""What a worker that was killed has left behind, cleaned up while its run goes on."""

from __future__ import annotations

from seamproof.config import Config
from seamproof.core.errors import SeamproofError
from seamproof.database.postgres.backend import Postgres
from seamproof.database.settings import DatabaseSettings
from seamproof.world.launching import filled
from seamproof.world.reaper import reap


async def clean_up(config: Config) -> tuple[str, ...]:
    """End and remove what dead processes of ours have left. Returns what was done, for a person."""
    done = await reap(config.path(".seamproof/cache/intents"))
    return (*done, *await _on_the_server(config))


async def _on_the_server(config: Config) -> tuple[str, ...]:
    """A server of our own ends with who started it. On a test server databases are left, which
    whoever opens the server next drops."""
    if not config.database.url:
        return ()
    settings = DatabaseSettings(url=filled(config.database.url, key="database.url"))
    try:
        server = await Postgres().provision(settings, config.root)
        await server.stop()
    except SeamproofError as error:
        return (f"its database stays on the test server: {error.problem}; the next run drops it",)
    return ()
