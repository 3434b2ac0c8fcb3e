"""The engine and the unit of work."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from seamproof.demo.service.settings import DATABASE_URL

__all__ = ["Session", "autocommit", "engine", "in_transaction", "new_session"]

T = TypeVar("T")
log = logging.getLogger(__name__)

engine = create_engine(DATABASE_URL, pool_size=5, pool_pre_ping=True, pool_use_lifo=True)
autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
"""For single statements that stand alone."""
new_session = sessionmaker(engine, expire_on_commit=False)

_WORTH_ANOTHER_TRY = {"40001", "40P01"}
"""Serialization failure and deadlock: the server asks for the transaction to be run again
(PostgreSQL manual, section 13.5)."""
_TRIES = 3


def in_transaction(work: Callable[[Session], T]) -> T:
    """Run `work` in one transaction, again where the server asks for it. Commits before it returns.

    Raises what `work` raises, and then nothing is stored.
    """
    for remaining in reversed(range(_TRIES)):
        try:
            with new_session.begin() as session:
                return work(session)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state not in _WORTH_ANOTHER_TRY or not remaining:
                raise
            log.info("transaction runs again after %s", state)
    raise AssertionError("the last try returns or raises")
