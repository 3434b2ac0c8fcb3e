"""pg8000 takes an address by keywords of its own, and no DSN."""

from __future__ import annotations

from typing import Any

import pg8000.dbapi

from seamproof.core.protocols import Address


def connect(address: Address, **more: Any) -> pg8000.dbapi.Connection:
    return pg8000.dbapi.connect(
        address.user,
        host=address.host,
        port=address.port,
        password=address.password,
        database=address.name,
        **more,
    )
