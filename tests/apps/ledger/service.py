"""FastAPI on asyncpg, whose statements commit by themselves where nobody opens a transaction."""

import logging
import os
import uuid
from collections import Counter
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


class Posting(BaseModel):
    account: int
    amount: int


_failed = Counter[uuid.UUID]()


@app.put("/postings/{posting}")
async def post(posting: uuid.UUID, body: Posting) -> Posting:
    """doubled-by-retry: a try after one that failed is taken for something new."""
    key = uuid.uuid5(posting, str(_failed[posting])) if BROKEN else posting
    insert = (
        "INSERT INTO postings (id, account_id, amount) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    )
    try:
        await app.state.pool.execute(insert, key, body.account, body.amount)
    except Exception:
        _failed[posting] += 1
        raise
    return body


class Refund(BaseModel):
    reference: uuid.UUID
    amount: int


@app.post("/refunds", status_code=201)
async def refund(body: Refund) -> Refund:
    """duplicate-without-key: nobody looks at the reference that the client has for it."""
    if BROKEN:
        await app.state.pool.execute("INSERT INTO refunds (amount) VALUES ($1)", body.amount)
    else:
        await app.state.pool.execute(
            "INSERT INTO refunds (id, amount) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            body.reference,
            body.amount,
        )
    return body


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


class Order(BaseModel):
    product: int
    quantity: int


@app.post("/orders", status_code=201, response_model=None)
async def place_order(body: Order) -> dict[str, int] | JSONResponse:
    """refused-but-wrote: a refusal that is returned, and not raised, commits what came before."""
    async with app.state.pool.acquire() as connection, connection.transaction():
        stock = await connection.fetchval(
            "SELECT stock FROM products WHERE id = $1 FOR UPDATE", body.product
        )
        if stock is None:
            raise HTTPException(404, "no such product")
        order = await connection.fetchval("INSERT INTO orders DEFAULT VALUES RETURNING id")
        if stock < body.quantity:
            if BROKEN:
                return JSONResponse({"detail": "sold out"}, 409)
            raise HTTPException(409, "sold out")
        await connection.execute(
            "UPDATE products SET stock = stock - $2 WHERE id = $1", body.product, body.quantity
        )
        await connection.execute(
            "INSERT INTO lines VALUES ($1, $2, $3)", order, body.product, body.quantity
        )
    return {"id": order}


class Payment(BaseModel):
    account: str
    amount: int


@app.post("/payments", status_code=201)
async def pay(body: Payment) -> dict[str, int]:
    """Right in both variants: what is declined is kept, and says so."""
    async with app.state.pool.acquire() as connection, connection.transaction():
        balance = await connection.fetchval(
            "SELECT balance FROM accounts WHERE name = $1 FOR UPDATE", body.account
        )
        if balance is None:
            raise HTTPException(404, "no such account")
        paid = balance >= body.amount
        payment = await connection.fetchval(
            "INSERT INTO payments (account, amount, state) VALUES ($1, $2, $3) RETURNING id",
            body.account,
            body.amount,
            "paid" if paid else "declined",
        )
        if paid:
            await connection.execute(
                "UPDATE accounts SET balance = balance - $2 WHERE name = $1",
                body.account,
                body.amount,
            )
            await connection.execute("INSERT INTO receipts VALUES ($1)", payment)
    if not paid:
        raise HTTPException(402, "declined")
    return {"id": payment}
