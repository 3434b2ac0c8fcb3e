"""FastAPI on asyncpg: races that need a state of their own, a partner, or a key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from asyncpg_service import pooled
from fastapi import FastAPI, Header, HTTPException

app = FastAPI(lifespan=pooled)


@asynccontextmanager
async def transaction() -> AsyncIterator[asyncpg.Connection]:
    async with app.state.pool.acquire() as connection, connection.transaction():
        yield connection


@app.get("/health")
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


@app.post("/sales", status_code=201)
async def sell() -> dict[str, str]:
    """Three can be sold: requests before it bring the stock to its limit."""
    async with transaction() as db:
        if await db.fetchval("SELECT stock FROM products WHERE id = 1") < 1:
            raise HTTPException(409, "sold out")
        await db.execute("UPDATE products SET stock = stock - 1 WHERE id = 1")
        await db.execute("INSERT INTO sales (product_id) VALUES (1)")
    return {"status": "sold"}


@app.post("/redemptions", status_code=200)
async def redeem() -> dict[str, str]:
    """A hundred would fit: the row is edited to bring the points to their limit."""
    async with transaction() as db:
        if await db.fetchval("SELECT points FROM wallets WHERE id = 1") < 10:
            raise HTTPException(409, "not enough")
        await db.execute("UPDATE wallets SET points = points - 10 WHERE id = 1")
    return {"status": "redeemed"}


@app.patch("/profile", status_code=200)
async def change(changes: dict[str, str]) -> dict[str, str]:
    """Saves the whole row: two that change different columns overwrite each other."""
    async with transaction() as db:
        row = dict(await db.fetchrow("SELECT name, city FROM profiles WHERE id = 1")) | changes
        await db.execute(
            "UPDATE profiles SET name = $1, city = $2 WHERE id = 1", row["name"], row["city"]
        )
    return {"status": "saved"}


@app.post("/payments", status_code=201)
async def pay(
    payment: dict[str, int], key: Annotated[str, Header(alias="Idempotency-Key")]
) -> dict[str, str]:
    """Two with one key may both look before either stores it."""
    async with transaction() as db:
        if await db.fetchval("SELECT 1 FROM payments WHERE key = $1", key) is None:
            await db.execute(
                "INSERT INTO payments (key, amount) VALUES ($1, $2)", key, payment["amount"]
            )
    return {"status": "paid"}
