"""Reports for administrators."""

import threading
from decimal import Decimal

import psycopg
from fastapi import APIRouter

from seamproof.demo.service.broken.scanners import Connection
from seamproof.demo.service.principal import Admin
from seamproof.demo.service.schemas import SalesOut
from seamproof.demo.service.settings import PLAIN_DATABASE_URL

router = APIRouter(prefix="/reports", tags=["reports"])
_lock = threading.Lock()
_connection: Connection | None = None
"""Reports are slow: they have a connection of their own, opened once."""

_SALES = "SELECT count(*), coalesce(sum(total), 0) FROM orders WHERE tenant_id = %s"


@router.get("/sales")
def sales(user: Admin) -> SalesOut:
    """How many orders there are, and of what worth."""
    with _lock:
        try:
            count, total = _sales(user.tenant_id)
        except psycopg.OperationalError:
            # The server was restarted since the last report.
            count, total = _sales(user.tenant_id)
    return SalesOut(orders=count, total=total)


def _sales(tenant: int) -> tuple[int, Decimal]:
    global _connection  # noqa: PLW0603
    if _connection is None or _connection.closed:
        _connection = psycopg.connect(PLAIN_DATABASE_URL)
    row = _connection.execute(_SALES, (tenant,)).fetchone()
    return (0, Decimal()) if row is None else (row[0], row[1])
