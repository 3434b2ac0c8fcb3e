"""FastAPI on asyncpg: one stock, taken from in several ways."""

import asyncpg
from asyncpg_service import pooled
from fastapi import BackgroundTasks, FastAPI, HTTPException

READ = "SELECT units FROM stock WHERE id = 1"
LOCK = "SELECT units FROM stock WHERE id = 1 FOR UPDATE"
WRITE = "UPDATE stock SET units = $1 WHERE id = 1"
ADVISORY = "SELECT pg_advisory_xact_lock(1)"


app = FastAPI(lifespan=pooled)


@app.get("/health")
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


async def _take(connection: asyncpg.Connection, read: str) -> dict[str, int]:
    units = await connection.fetchval(read)
    if units < 1:
        raise HTTPException(409, "none left")
    await connection.execute(WRITE, units - 1)
    return {"left": units - 1}


@app.post("/careless", status_code=201)
async def careless() -> dict[str, int]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        return await _take(connection, READ)


@app.post("/locked", status_code=201)
async def locked() -> dict[str, int]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        return await _take(connection, LOCK)


@app.post("/advisory", status_code=201)
async def advisory() -> dict[str, int]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(ADVISORY)
        return await _take(connection, READ)


@app.post("/hasty", status_code=201)
async def hasty(later: BackgroundTasks) -> dict[str, int]:
    connection = await app.state.pool.acquire()
    transaction = connection.transaction()
    await transaction.start()
    left = await _take(connection, LOCK)

    async def finish() -> None:
        await transaction.commit()
        await app.state.pool.release(connection)

    later.add_task(finish)
    return left
