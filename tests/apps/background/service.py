"""FastAPI on asyncpg, with a heartbeat that goes on whatever else happens."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
from asyncpg_service import pooled
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

PERIOD = 0.1
log = logging.getLogger(__name__)


async def beat() -> None:
    """Write the heartbeat on a connection of its own, and open another where that is lost."""
    while True:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            connection = await asyncpg.connect(os.environ["DATABASE_URL"])
            while not connection.is_closed():
                await connection.execute(
                    "INSERT INTO heartbeats VALUES ('shared', 1, clock_timestamp())"
                    " ON CONFLICT (worker) DO UPDATE SET beats = heartbeats.beats + 1,"
                    " at = excluded.at"
                )
                await asyncio.sleep(PERIOD)
        await asyncio.sleep(PERIOD)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with pooled(app):
        heart = asyncio.create_task(beat())
        yield
        heart.cancel()


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


class Task(BaseModel):
    title: str


@app.post("/tasks", status_code=201)
async def add_task(task: Task) -> dict[str, int]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        task_id = await connection.fetchval(
            "INSERT INTO tasks (title) VALUES ($1) RETURNING id", task.title
        )
        await connection.execute("INSERT INTO task_events VALUES ($1, 'added')", task_id)
    return {"id": task_id}


@app.put("/tasks/{task}/done")
async def finish_task(task: int) -> dict[str, int]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        changed = await connection.execute(
            "UPDATE tasks SET done = true WHERE id = $1 AND NOT done", task
        )
        if changed == "UPDATE 1":
            await connection.execute("INSERT INTO task_events VALUES ($1, 'done')", task)
    return {"id": task}
