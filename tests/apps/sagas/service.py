"""FastAPI on asyncpg: work in several transactions, each undone where a later one fails."""

import logging
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

log = logging.getLogger(__name__)
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=4) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(asyncpg.PostgresError)
@app.exception_handler(asyncpg.InterfaceError)
@app.exception_handler(OSError)
async def on_database_error(request: Request, error: Exception) -> JSONResponse:
    log.warning("the database failed: %r", error)
    return JSONResponse({"detail": "try again"}, 503)


@app.get("/health")
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


class Shipment(BaseModel):
    product: str
    units: int


async def _reserve(key: uuid.UUID, body: Shipment) -> None:
    async with app.state.pool.acquire() as connection, connection.transaction():
        taken = await connection.execute(
            "UPDATE shelves SET units = units - $2 WHERE product = $1 AND units >= $2",
            body.product,
            body.units,
        )
        if taken != "UPDATE 1":
            raise HTTPException(409, "not that many")
        await connection.execute(
            "INSERT INTO shipments (key, product, units, state) VALUES ($1, $2, $3, 'pending')",
            key,
            body.product,
            body.units,
        )


async def _undo(key: uuid.UUID) -> None:
    """Put back what a shipment took that was never booked. Does nothing the second time."""
    async with app.state.pool.acquire() as connection, connection.transaction():
        gone = await connection.fetchrow(
            "DELETE FROM shipments WHERE key = $1 AND state = 'pending' RETURNING product, units",
            key,
        )
        if gone is not None:
            await connection.execute(
                "UPDATE shelves SET units = units + $2 WHERE product = $1", *gone
            )


@app.post("/shipments", status_code=201)
async def ship(body: Shipment) -> dict[str, uuid.UUID]:
    """A compensated saga: what was taken off the shelf is put back where no shipment comes."""
    key = uuid.uuid4()
    try:
        await _reserve(key, body)
        await app.state.pool.execute("UPDATE shipments SET state = 'booked' WHERE key = $1", key)
    except FAILURES:
        await _undo(key)
        raise
    return {"key": key}


@app.post("/deliveries", status_code=201)
async def deliver(body: Shipment) -> dict[str, uuid.UUID]:
    """An attempt that is kept: pending, then succeeded with the shipment, or failed."""
    key = uuid.uuid4()
    try:
        await app.state.pool.execute(
            "INSERT INTO attempts (key, product, state) VALUES ($1, $2, 'pending')",
            key,
            body.product,
        )
        async with app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO shipments (key, product, units, state) VALUES ($1, $2, $3, 'booked')",
                key,
                body.product,
                body.units,
            )
            await connection.execute("UPDATE attempts SET state = 'succeeded' WHERE key = $1", key)
    except FAILURES:
        await app.state.pool.execute(
            "UPDATE attempts SET state = 'failed' WHERE key = $1 AND state = 'pending'", key
        )
        raise
    return {"key": key}
