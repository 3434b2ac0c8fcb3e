"""FastAPI on asyncpg, whose statements commit by themselves where nobody opens a transaction."""

import logging
import os
from contextlib import nullcontext

import asyncpg
from asyncpg_service import pooled
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
log = logging.getLogger(__name__)


app = FastAPI(lifespan=pooled)


@app.exception_handler(asyncpg.PostgresError)
@app.exception_handler(asyncpg.InterfaceError)
@app.exception_handler(OSError)
async def on_database_error(request: Request, error: Exception) -> JSONResponse:
    log.warning("the database failed: %r", error)
    return JSONResponse({"detail": "try again"}, 503)


@app.get("/health")
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


class Deposit(BaseModel):
    account: str
    amount: int


@app.post("/deposits", status_code=201)
async def deposit(body: Deposit) -> dict[str, int]:
    """partial-state: the balance is committed before the posting is written."""
    async with (
        app.state.pool.acquire() as connection,
        nullcontext() if BROKEN else connection.transaction(),
    ):
        row = await connection.fetchrow(
            "UPDATE accounts SET balance = balance + $2 WHERE name = $1 RETURNING id, balance",
            body.account,
            body.amount,
        )
        if row is None:
            raise HTTPException(404, "no such account")
        await connection.execute(
            "INSERT INTO postings (account_id, amount) VALUES ($1, $2)", row["id"], body.amount
        )
    return {"balance": row["balance"]}


class Message(BaseModel):
    body: str


@app.post("/messages", status_code=201)
async def write_message(message: Message) -> Message:
    """lost-write: the error is logged, and the client is told that all is well."""
    insert = "INSERT INTO messages (body) VALUES ($1)"
    if not BROKEN:
        await app.state.pool.execute(insert, message.body)
        return message
    try:
        await app.state.pool.execute(insert, message.body)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        log.exception("the message was not stored")
    return message


class Counter(BaseModel):
    value: int


@app.put("/counters/{name}")
async def set_counter(name: str, counter: Counter) -> Counter:
    """duplicate-effect: a PUT that adds."""
    value = "counters.value + $2" if BROKEN else "$2"
    stored = await app.state.pool.fetchval(
        "INSERT INTO counters (name, value) VALUES ($1, $2) "
        f"ON CONFLICT (name) DO UPDATE SET value = {value} RETURNING value",
        name,
        counter.value,
    )
    return Counter(value=stored)


class Signup(BaseModel):
    email: str


async def _store_signup(email: str) -> None:
    await app.state.pool.execute(
        "INSERT INTO signups (email) VALUES ($1) ON CONFLICT DO NOTHING", email
    )


@app.post("/signups", status_code=202)
async def sign_up(body: Signup, background: BackgroundTasks) -> Signup:
    """early-answer: stored by a background task, after the client was told."""
    if BROKEN:
        background.add_task(_store_signup, body.email)
    else:
        await _store_signup(body.email)
    return body
