"""FastAPI on asyncpg: work in several transactions and at a carrier, undone where a part fails."""

import asyncio
import http.client
import json
import logging
import os
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from asyncpg_service import pooled
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
CARRIER = os.environ["CARRIER_URL"]
PATIENCE = 0.3
PERIOD = 0.2
log = logging.getLogger(__name__)
DATABASE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class Refused(Exception):
    """The carrier says no, and has done nothing."""


class Unknown(Exception):
    """The carrier may have done it, or not."""


FAILURES = (*DATABASE, Refused, Unknown)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with pooled(app):
        job = asyncio.create_task(_deliver_for_ever())
        yield
        job.cancel()


app = FastAPI(lifespan=lifespan)


@app.exception_handler(asyncpg.PostgresError)
@app.exception_handler(asyncpg.InterfaceError)
@app.exception_handler(OSError)
@app.exception_handler(Unknown)
async def on_failure(request: Request, error: Exception) -> JSONResponse:
    log.warning("it failed: %r", error)
    return JSONResponse({"detail": "try again"}, 503)


@app.exception_handler(Refused)
async def on_refusal(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "the carrier does not take it"}, 409)


@app.get("/health")
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


def _post(url: str, body: dict[str, Any], timeout: float | None, key: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise (Refused if error.code < 500 else Unknown)(str(error)) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unknown(repr(error)) from error


async def call(
    path: str, body: dict[str, Any], timeout: float | None = PATIENCE, *, key: str = ""
) -> dict[str, Any]:
    """Ask the carrier. Raises Refused or Unknown."""
    return await asyncio.to_thread(_post, CARRIER + path, body, timeout, key)


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


async def _undo(key: uuid.UUID) -> bool:
    """Put back what a shipment took that was never booked, and say whether there was any.

    A compensation must not fail for a reason that passes: it is tried again.
    """
    for remaining in (2, 1, 0):
        try:
            async with app.state.pool.acquire() as connection, connection.transaction():
                gone = await connection.fetchrow(
                    "DELETE FROM shipments WHERE key = $1 AND state = 'pending'"
                    " RETURNING product, units",
                    key,
                )
                if gone is not None:
                    await connection.execute(
                        "UPDATE shelves SET units = units + $2 WHERE product = $1", *gone
                    )
            return gone is not None
        except DATABASE:
            if not remaining:
                raise
    return False


@app.post("/shipments", status_code=201)
async def ship(body: Shipment) -> dict[str, uuid.UUID]:
    """A compensated saga: what was taken off the shelf is put back where no shipment comes."""
    key, called = uuid.uuid4(), False
    try:
        await _reserve(key, body)
        called = True
        label = await call("/labels", {"key": str(key), "units": body.units})
        await app.state.pool.execute(
            "UPDATE shipments SET state = 'booked', label = $2 WHERE key = $1", key, label["id"]
        )
    except FAILURES as error:
        if BROKEN and not isinstance(error, Refused):
            raise  # only what the carrier refuses was thought of
        if await _undo(key) and called and not isinstance(error, Refused):
            await call(f"/labels/{key}/void", {})
        raise
    return {"key": key}


class Delivery(Shipment):
    reference: str


async def _book(connection: asyncpg.Connection, key: uuid.UUID, body: Delivery) -> None:
    await connection.execute(
        "INSERT INTO shipments (key, product, units, state) VALUES ($1, $2, $3, 'booked')",
        key,
        body.product,
        body.units,
    )


@app.post("/deliveries", status_code=201)
async def deliver(body: Delivery) -> dict[str, uuid.UUID]:
    """An attempt that is kept: pending, then succeeded with the shipment, failed or unknown.

    The carrier knows the client's reference: a try that is repeated is the same delivery to it.
    """
    key = uuid.uuid4()
    if BROKEN:
        async with app.state.pool.acquire() as connection, connection.transaction():
            await _book(connection, key, body)
            await call("/deliveries", {"units": body.units}, timeout=None)
        return {"key": key}
    try:
        await app.state.pool.execute(
            "INSERT INTO attempts (key, product, state) VALUES ($1, $2, 'pending')",
            key,
            body.product,
        )
        await call("/deliveries", {"key": body.reference, "units": body.units})
        async with app.state.pool.acquire() as connection, connection.transaction():
            await _book(connection, key, body)
            await connection.execute("UPDATE attempts SET state = 'succeeded' WHERE key = $1", key)
    except FAILURES as error:
        await app.state.pool.execute(
            "UPDATE attempts SET state = $2 WHERE key = $1 AND state = 'pending'",
            key,
            "unknown" if isinstance(error, Unknown) else "failed",
        )
        raise
    return {"key": key}


@app.post("/invoices/1/payment")
async def pay() -> dict[str, str]:
    """Two that pay at once both look before either has paid.

    The carrier knows a key that both send, and takes the money once.
    """
    if await app.state.pool.fetchval("SELECT state FROM invoices WHERE id = 1") == "open":
        key = str(uuid.uuid4()) if BROKEN else "invoice-1"
        await call("/charges", {"amount": 40}, key=key)
        await app.state.pool.execute("UPDATE invoices SET state = 'paid' WHERE id = 1")
    return {"state": "paid"}


class Order(BaseModel):
    reference: str


@app.post("/orders", status_code=201)
async def order(body: Order) -> Order:
    """An order that the carrier picks up, now or later, and a mail that is no matter."""
    async with app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO orders (reference) VALUES ($1) ON CONFLICT DO NOTHING", body.reference
        )
        if not BROKEN:
            await connection.execute(
                "INSERT INTO outbox (reference) VALUES ($1) ON CONFLICT DO NOTHING", body.reference
            )
    if BROKEN:
        await _pick_up_perhaps(body.reference)
    else:
        await _deliver(body.reference)
    try:
        await call("/messages", {"text": f"order {body.reference}"})
    except (Refused, Unknown):
        log.warning("no mail for %s", body.reference, exc_info=True)
    return body


async def _pick_up_perhaps(reference: str) -> None:
    try:
        await call("/pickups", {"key": reference})
    except Refused:
        await app.state.pool.execute("DELETE FROM orders WHERE reference = $1", reference)
        raise
    except Unknown:
        log.exception("no pick-up of %s", reference)  # and nobody will ever read that


async def _deliver(reference: str) -> None:
    """Send what the outbox has of an order. Where that fails the job tries again."""
    try:
        await call("/pickups", {"key": reference})
        await app.state.pool.execute("DELETE FROM outbox WHERE reference = $1", reference)
    except FAILURES:
        log.warning("later: %s", reference, exc_info=True)


async def _deliver_for_ever() -> None:
    while True:
        await asyncio.sleep(PERIOD)
        try:
            due = await app.state.pool.fetch(
                "SELECT reference FROM outbox WHERE made < now() - interval '0.5 s'"
            )
        except DATABASE:
            continue
        for row in due:
            await _deliver(row["reference"])
