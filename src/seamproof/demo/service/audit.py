"""Who tried what in vain: one row, in a transaction of its own, before the answer.

What succeeds shows in the rows that it wrote; of what is refused or fails nothing else is left.
"""

import logging

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seamproof.demo.service.database import autocommit
from seamproof.demo.service.models import AuditEntry

log = logging.getLogger(__name__)
_AUDITED = ("/orders", "/transfers", "/coupons", "/users")
_READS = {"GET", "HEAD", "OPTIONS"}
_REFUSED, _FAILED = 400, 500


class Audit:
    """ASGI middleware over everything that changes orders, money or users."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended before its answer leaves."""
        audited = scope["type"] == "http" and scope["path"].startswith(_AUDITED)
        if not audited or scope["method"] in _READS:
            await self.app(scope, receive, send)
            return

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _REFUSED:
                await run_in_threadpool(_note, scope, message["status"])
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception:
            await run_in_threadpool(_note, scope, _FAILED)
            raise


def _note(scope: Scope, status: int) -> None:
    outcome = "refused" if status < _FAILED else "failed"
    entry = insert(AuditEntry).values(
        user_id=scope.get("state", {}).get("user_id"),
        action=f"{scope['method']} {scope['path']}",
        outcome=outcome,
    )
    try:
        with autocommit.connect() as connection:
            connection.execute(entry)
    except SQLAlchemyError:
        log.warning("audit entry was not written", exc_info=True)
