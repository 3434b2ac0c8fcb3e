"""Express' route table."""

from __future__ import annotations

from seamproof.core.registry import framework
from seamproof.discovery.routes.framework import PROBES
from seamproof.discovery.routes.start import Language, Start


@framework("express", title="Express 4 and 5, and what is built on it: the routes of its routers")
class Express:
    """Starts the service with a preloaded script, which ends it when it is about to listen."""

    language = Language.NODE
    script = PROBES / "express_table.cjs"

    def starts(self, start: Start) -> bool:
        """Whether it may: any program of Node's."""
        return start.language is Language.NODE
