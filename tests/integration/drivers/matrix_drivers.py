"""Every driver of Python that the matrix is of."""

from __future__ import annotations

from collections.abc import Callable

from alchemy_drivers import AlchemyAsyncpg, AlchemyPsycopg
from async_drivers import Asyncpg, PsycopgAsync
from django_driver import Django
from driver_requests import Driver, Target
from libpq_drivers import Psycopg, Psycopg2, PsycopgClientBound, PsycopgPipeline, PsycopgPool
from pg8000_driver import Pg8000

PYTHON: dict[str, Callable[[Target], Driver]] = {
    "psycopg": Psycopg,
    "psycopg-client-bound": PsycopgClientBound,
    "psycopg-pipeline": PsycopgPipeline,
    "psycopg-pool": PsycopgPool,
    "psycopg-async": PsycopgAsync,
    "psycopg2": Psycopg2,
    "pg8000": Pg8000,
    "asyncpg": Asyncpg,
    "sqlalchemy-psycopg": AlchemyPsycopg,
    "sqlalchemy-asyncpg": AlchemyAsyncpg,
    "django": Django,
}
