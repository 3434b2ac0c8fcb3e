"""What the environment says."""

import os


def _with_driver(url: str) -> str:
    """Name psycopg 3 as the driver: a bare `postgresql://` would mean psycopg2 to SQLAlchemy."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


DATABASE_URL = _with_driver(os.environ.get("DATABASE_URL", "postgresql://localhost/shop"))
PLAIN_DATABASE_URL = DATABASE_URL.replace("postgresql+psycopg://", "postgresql://", 1)
"""The same for psycopg itself."""
TOKEN_SECRET = os.environ.get("TOKEN_SECRET", "change-me").encode()
"""Replicas must share it: each accepts what the other signed."""
PAYMENTS_URL = os.environ.get("PAYMENTS_URL", "")
"""The payment provider; empty means the bundled one, which accepts every card."""
WEBHOOK_HOSTS = frozenset(filter(None, os.environ.get("WEBHOOK_HOSTS", "").split(",")))
"""Hosts that webhooks may point to."""
FIXED = os.environ.get("SEAMPROOF_DEMO_FIXED") == "1"
