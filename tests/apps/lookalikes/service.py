"""FastAPI on psycopg's asyncio pool: all that looks like a defect and is none.

audit rows of refused and failed requests · last-seen times · a retry loop on 40001 · sequence gaps
a 409 for the second of two equal requests · 503 without effect · UUIDs, clocks and ETags · a read
that answers 404 when the database fails · a record of every PUT
"""

import logging
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeVar

import psycopg
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic import BaseModel

T = TypeVar("T")
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    pool = AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=1,
        max_size=4,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )
    async with pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(psycopg.Error)
@app.exception_handler(PoolTimeout)
async def on_database_error(request: Request, error: Exception) -> JSONResponse:
    log.warning("the database failed: %r", error)
    return JSONResponse({"detail": "try again"}, 503, {"Retry-After": "1"})


@app.exception_handler(psycopg.errors.UniqueViolation)
async def on_conflict(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "is there already"}, 409)


async def alone(statement: str, *values: object) -> None:
    """A statement of no importance, in a transaction of its own."""
    try:
        async with app.state.pool.connection() as connection:
            await connection.execute(statement, values)
    except psycopg.Error:
        log.warning("not written: %s", statement, exc_info=True)


@app.middleware("http")
async def watch(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path == "/health":
        return await go_on(request)
    await alone(
        "INSERT INTO sightings VALUES (1, clock_timestamp())"
        " ON CONFLICT (client_id) DO UPDATE SET last_seen_at = clock_timestamp()"
    )
    response = await go_on(request)
    if response.status_code >= 400:
        action = f"{request.method} {request.url.path}"
        outcome = "refused" if response.status_code < 500 else "failed"
        await alone("INSERT INTO audit_log (action, outcome) VALUES (%s, %s)", action, outcome)
    return response


async def persistently(work: Callable[[psycopg.AsyncConnection], Awaitable[T]]) -> T:
    """Run a transaction again where the server asks for it."""
    for remaining in (2, 1, 0):
        try:
            async with app.state.pool.connection() as connection, connection.transaction():
                return await work(connection)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            if not remaining:
                raise
    raise AssertionError


@app.get("/health")
async def health() -> str:
    async with app.state.pool.connection() as connection:
        await connection.execute("SELECT 1")
    return "ok"


@app.get("/clients/{client}")
async def read_client(client: int) -> dict[str, str]:
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT name, credit FROM clients WHERE id = %s", (client,)
        )
        row = await cursor.fetchone()
    if row is None:
        raise HTTPException(404, "no such client")
    return {"name": row[0], "credit": str(row[1])}


class Client(BaseModel):
    name: str


@app.post("/clients", status_code=201)
async def add_client(body: Client) -> dict[str, int]:
    """The second of two equal requests is refused with 409, and leaves a gap in the sequence."""
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute(
            "INSERT INTO clients (name) VALUES (%s) RETURNING id", (body.name,)
        )
        row = await cursor.fetchone()
    return {"id": row[0]}


class Charge(BaseModel):
    amount: Decimal


@app.post("/clients/{client}/charges", status_code=201)
async def charge(client: int, body: Charge) -> dict[str, str]:
    """Goes on trying after 40001; a number that was drawn and rolled back stays unused."""

    async def work(connection: psycopg.AsyncConnection) -> Decimal:
        cursor = await connection.execute(
            "UPDATE clients SET credit = credit - %s WHERE id = %s AND credit >= %s"
            " RETURNING credit",
            (body.amount, client, body.amount),
        )
        row = await cursor.fetchone()
        if row is None:
            raise HTTPException(409, "not enough credit")
        await connection.execute("INSERT INTO receipts (amount) VALUES (%s)", (body.amount,))
        return row[0]

    return {"credit": str(await persistently(work))}


class Document(BaseModel):
    body: str


@app.put("/documents/{document}")
async def put_document(document: str, body: Document, response: Response) -> Document:
    """Each write has a fresh ETag, a time and a line in the history, and is the same document."""
    etag = uuid.uuid4()
    async with app.state.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO documents VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT (id)"
            " DO UPDATE SET body = excluded.body, etag = excluded.etag,"
            " updated_at = excluded.updated_at",
            (document, body.body, etag),
        )
        await connection.execute(
            "INSERT INTO revisions (document_id, body) VALUES (%s, %s)", (document, body.body)
        )
    response.headers["ETag"] = f'"{etag}"'
    return body


@app.delete("/documents/{document}", status_code=204)
async def delete_document(document: str) -> None:
    async with app.state.pool.connection() as connection:
        await connection.execute("DELETE FROM documents WHERE id = %s", (document,))


@app.post("/documents/{document}/comments", status_code=201)
async def comment(document: str, body: Document) -> dict[str, uuid.UUID]:
    """What cannot be read is not there: 404, and nothing is written."""
    async with app.state.pool.connection() as connection:
        try:
            cursor = await connection.execute(
                "SELECT id FROM documents WHERE id = %s FOR SHARE", (document,)
            )
            found = await cursor.fetchone()
        except psycopg.Error as error:
            raise HTTPException(404, "no such document") from error
        if found is None:
            raise HTTPException(404, "no such document")
        cursor = await connection.execute(
            "INSERT INTO comments (document_id, body) VALUES (%s, %s) RETURNING id",
            (document, body.body),
        )
        row = await cursor.fetchone()
    return {"id": row[0]}
