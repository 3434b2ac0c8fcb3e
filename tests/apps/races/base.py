"""What every endpoint stands on: the variant, the pool, a transaction, and who asks."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from asyncpg_service import pooled
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"


app = FastAPI(lifespan=pooled)


@app.exception_handler(asyncpg.UniqueViolationError)
async def on_duplicate(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "there already"}, 409)


@app.get("/health")
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


@asynccontextmanager
async def transaction(isolation: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    async with (
        app.state.pool.acquire() as connection,
        connection.transaction(isolation=isolation),
    ):
        yield connection


async def signed_in(authorization: Annotated[str, Header()]) -> int:
    """Who asks. Notes when, as many services do."""
    token = authorization.removeprefix("Bearer ")
    user = await app.state.pool.fetchval(
        "UPDATE users SET last_seen = clock_timestamp() WHERE token = $1 RETURNING id", token
    )
    if user is None:
        raise HTTPException(401)
    return user


User = Annotated[int, Depends(signed_in)]
