"""FastAPI on psycopg's asyncio pool: all that looks like a defect and is none.

audit rows of refused and failed requests · last-seen times · a retry loop on 40001 · sequence gaps
a 409 for the second of two equal requests · 503 without effect · UUIDs, clocks and ETags · a read
that answers 404 when the database fails · a record of every PUT · a key that is stored first, and
where the retry goes on · a 409 that the configuration names · a sum that is overtaken ·
a question that is asked twice · a transaction that has only read, and that nobody ends ·
a change that ends the session of its sender
"""

import asyncio
import http.client
import json
import logging
import os
import urllib.request
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic import BaseModel

T = TypeVar("T")
PATIENCE = 0.3
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
        app.state.pool, app.state.reader = pool, None
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


class Member(BaseModel):
    name: str
    pin: str


@app.post("/sessions", status_code=201)
async def sign_in(body: Member) -> dict[str, str]:
    token = uuid.uuid4()
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute(
            "INSERT INTO sessions SELECT %s, id FROM members WHERE name = %s AND pin = %s",
            (token, body.name, body.pin),
        )
    if not cursor.rowcount:
        raise HTTPException(401)
    return {"token": str(token)}


@app.post("/pins")
async def change_pin(authorization: Annotated[str, Header()]) -> dict[str, str]:
    """Ends all sessions: behind it nobody is let in with one, and who was let in before may end."""
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT member_id FROM sessions WHERE token::text = %s",
            (authorization.removeprefix("Bearer "),),
        )
        if (row := await cursor.fetchone()) is None:
            raise HTTPException(401)
        await connection.execute("UPDATE members SET pin = '4321' WHERE id = %s", row)
        await connection.execute("INSERT INTO former_pins (member_id) VALUES (%s)", row)
        await connection.execute("DELETE FROM sessions WHERE member_id = %s", row)
    return {"pin": "changed"}


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


class Transfer(BaseModel):
    amount: int


@app.post("/transfers", status_code=201)
async def transfer(
    body: Transfer, key: Annotated[str, Header(alias="Idempotency-Key")]
) -> dict[str, int]:
    """The key is stored first. Who has its lock goes on where another one stopped."""
    async with app.state.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO transfer_keys (key, amount) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (key, body.amount),
        )
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", (key,))
        if not (await cursor.fetchone())[0]:
            raise HTTPException(409, "in progress")
        cursor = await connection.execute(
            "SELECT amount, transfer_id FROM transfer_keys WHERE key = %s", (key,)
        )
        amount, known = await cursor.fetchone()
        if amount != body.amount:
            raise HTTPException(409, "the key is of another request")
        if known is not None:
            return {"id": known}
        cursor = await connection.execute(
            "INSERT INTO transfers (amount) VALUES (%s) RETURNING id", (body.amount,)
        )
        made = (await cursor.fetchone())[0]
        await connection.execute(
            "UPDATE transfer_keys SET transfer_id = %s WHERE key = %s", (made, key)
        )
    return {"id": made}


@app.post("/documents/{document}/votes", status_code=201)
async def vote(document: str) -> dict[str, int]:
    """Answers a sum that others overtake. A conflict is told: 503, come again."""
    async with app.state.pool.connection() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        await connection.execute("INSERT INTO votes (document_id) VALUES (%s)", (document,))
        cursor = await connection.execute("SELECT count(*) FROM votes")
        votes = (await cursor.fetchone())[0]
    return {"votes": votes}


async def look(statement: str, *values: object) -> tuple[Any, ...] | None:
    """Read on a connection of its own, in a transaction that nobody ends: it has only read."""
    for remaining in (1, 0):
        try:
            if app.state.reader is None or app.state.reader.closed:
                app.state.reader = await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"])
            cursor = await app.state.reader.execute(statement, values)
            return await cursor.fetchone()
        except psycopg.Error:
            if app.state.reader is not None:
                await app.state.reader.close()
            if not remaining:
                raise
    raise AssertionError


def _ask(currency: str) -> str:
    url = os.environ["BANK_URL"] + "/rates/search"
    body = json.dumps({"currency": currency}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return str(json.load(response)["rate"])


@app.get("/rates/{currency}")
async def read_rate(currency: str) -> dict[str, str]:
    found = await look("SELECT rate FROM rates WHERE currency = %s", currency)
    if found is None:
        raise HTTPException(404, "no such rate")
    return {"rate": found[0]}


@app.put("/rates/{currency}")
async def fetch_rate(currency: str) -> dict[str, str]:
    """Two at once may both ask the bank, which changes nothing there."""
    async with app.state.pool.connection() as connection:
        cursor = await connection.execute("SELECT rate FROM rates WHERE currency = %s", (currency,))
        found = await cursor.fetchone()
    if found is not None:
        return {"rate": found[0]}
    try:
        rate = await asyncio.to_thread(_ask, currency)
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        raise HTTPException(503, "the bank does not answer") from error
    async with app.state.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO rates VALUES (%s, %s) ON CONFLICT DO NOTHING", (currency, rate)
        )
    return {"rate": rate}
