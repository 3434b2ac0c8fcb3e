"""The smallest valid database backend."""

from __future__ import annotations

from pathlib import Path

from seamproof.core.errors import DatabaseError
from seamproof.core.registry import backend
from seamproof.database.settings import DatabaseSettings


@backend("noop", title="No database at all")
class NoopBackend:
    """The smallest valid backend: it has no server to give, and says so."""

    async def provision(self, settings: DatabaseSettings, workspace: Path) -> None:
        """Refuse, as a backend does that finds no server."""
        raise DatabaseError("there is no server", hint="choose another engine")
