"""FastAPI's document where it is not served, and Starlette's route table."""

from __future__ import annotations

from seamproof.core.registry import framework
from seamproof.discovery.routes.framework import PROBES
from seamproof.discovery.routes.start import Kind, Language, Start


@framework("fastapi", title="FastAPI and Starlette: the document that is not served, or the routes")
class FastApi:
    """Loads the application and asks it for its document; Starlette has routes alone."""

    language = Language.PYTHON
    script = PROBES / "starlette_table.py"

    def starts(self, start: Start) -> bool:
        """Whether it may: by its own command, an ASGI server, or a file."""
        unlike = start.target is None or start.target.kind is Kind.MANAGE
        return not unlike and start.program != "flask"
