"""The registered backend: chooses a server by the settings, and gets it ready."""

from __future__ import annotations

from pathlib import Path

from seamproof.core.registry import backend
from seamproof.database.postgres import cache
from seamproof.database.postgres.given import GivenServer
from seamproof.database.postgres.intent import UNWRITTEN, Intend
from seamproof.database.postgres.locate import choose
from seamproof.database.postgres.own import OwnServer
from seamproof.database.postgres.pristine import Store
from seamproof.database.postgres.server import PostgresServer
from seamproof.database.settings import DatabaseSettings


@backend("postgres", title="PostgreSQL, embedded or on a test server of yours")
class Postgres:
    """Uses the configured test server, else runs one of its own: the embedded one, or where the
    wanted version or extensions require it, one that is installed on this machine.
    """

    async def provision(
        self,
        settings: DatabaseSettings,
        workspace: Path,
        *,
        key: str = "",
        seeding: str = "",
        intend: Intend = UNWRITTEN,
    ) -> PostgresServer:
        """Return a server that is up. The caller stops it.

        `workspace` gets the server's log. `key` and `seeding` are the keys of the template which
        will be asked for: a server of our own starts with it where an earlier run built it.
        `intend` is called before anything is created. Raises SafetyError, DatabaseError or
        MachineError.
        """
        account = cache.account()
        home = cache.home(account)
        machine = cache.machine(home)
        if settings.url:
            given = GivenServer(settings, machine)
            await given.inspect()
            return await PostgresServer(given, settings, intend).start(key, seeding)
        store = Store(home, choose(settings), account, intend.marks())
        own = OwnServer(store, machine, workspace / "postgres.log", intend, settings.extensions)
        return await PostgresServer(own, settings, intend).start(key, seeding)
