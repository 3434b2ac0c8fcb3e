"""The pool that each service on asyncpg lives from. It is linked to beside each."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI


@asynccontextmanager
async def pooled(app: FastAPI) -> AsyncIterator[None]:
    """The lifespan of a service whose `app.state.pool` is of the environment's DATABASE_URL."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=4) as pool:
        app.state.pool = pool
        yield
