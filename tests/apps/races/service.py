"""FastAPI on asyncpg: each race that costs money, and what prevents it."""

import asyncio

import asyncpg
import notes
import payments
from base import BROKEN, User, app, transaction
from fastapi import HTTPException
from pydantic import BaseModel

RETRIES = 8
in_process = asyncio.Lock()
app.include_router(payments.router)
app.include_router(notes.router)


# Harmless reads, which write when somebody was seen.


@app.get("/me")
async def me(user: User) -> dict[str, int]:
    return {"id": user}


@app.get("/projects")
async def projects(user: User) -> dict[str, int]:
    return {"count": await app.state.pool.fetchval("SELECT count(*) FROM projects")}


# Lost update: read, compute, write back.


@app.post("/accounts/1/withdrawals", status_code=201)
async def withdraw(user: User) -> dict[str, int]:
    async with transaction() as db:
        lock = "" if BROKEN else " FOR UPDATE"
        balance = await db.fetchval(f"SELECT balance FROM accounts WHERE id = 1{lock}")
        if balance < 10:
            raise HTTPException(422, "not enough")
        await db.execute("INSERT INTO withdrawals (account_id, amount) VALUES (1, 10)")
        await db.execute("UPDATE accounts SET balance = $1 WHERE id = 1", balance - 10)
        await db.execute("INSERT INTO audit (what) VALUES ('withdrawn')")
    return {"left": int(balance - 10)}


@app.post("/accounts/1/fees", status_code=201)
async def charge_fee() -> dict[str, int]:
    """Optimistic: a version column is compared, and a conflict answered."""
    async with transaction() as db:
        balance, version = await db.fetchrow("SELECT balance, version FROM accounts WHERE id = 1")
        compared = "" if BROKEN else " AND version = $2"
        changed = await db.execute(
            f"UPDATE accounts SET balance = $1, version = $2 + 1 WHERE id = 1{compared}",
            balance - 1,
            version,
        )
        if changed != "UPDATE 1":
            raise HTTPException(409, "changed meanwhile")
    return {"version": version + 1}


@app.post("/counters/hits", status_code=200)
async def count() -> dict[str, str]:
    async with transaction() as db:
        if BROKEN:
            value = await db.fetchval("SELECT value FROM counters WHERE name = 'hits'")
            await db.execute("UPDATE counters SET value = $1 WHERE name = 'hits'", value + 1)
        else:
            await db.execute("UPDATE counters SET value = value + 1 WHERE name = 'hits'")
    return {"status": "counted"}


# Guards that are looked at first and used later.


@app.post("/sales", status_code=201)
async def sell() -> dict[str, int]:
    async with transaction() as db:
        if BROKEN:
            if await db.fetchval("SELECT stock FROM products WHERE id = 1") < 1:
                raise HTTPException(409, "sold out")
            await db.execute("UPDATE products SET stock = stock - 1 WHERE id = 1")
        elif (
            await db.execute("UPDATE products SET stock = stock - 1 WHERE id = 1 AND stock >= 1")
            != "UPDATE 1"
        ):
            raise HTTPException(409, "sold out")
        sale = await db.fetchval("INSERT INTO sales (product_id) VALUES (1) RETURNING id")
    return {"id": sale}


@app.post("/coupons/HALF/use", status_code=200)
async def use_coupon(user: User) -> dict[str, str]:
    async with transaction() as db:
        free = await db.fetchval("SELECT used_by IS NULL FROM coupons WHERE code = 'HALF'")
        if not free:
            raise HTTPException(409, "used")
        guard = "" if BROKEN else " AND used_by IS NULL"
        used = await db.execute(f"UPDATE coupons SET used_by = $1 WHERE code = 'HALF'{guard}", user)
        if used != "UPDATE 1":
            raise HTTPException(409, "used")
    return {"status": "yours"}


@app.post("/projects", status_code=201)
async def add_project(user: User) -> dict[str, int]:
    """A quota of three, which an advisory lock keeps."""
    async with transaction() as db:
        if not BROKEN:
            await db.execute("SELECT pg_advisory_xact_lock($1)", user)
        if await db.fetchval("SELECT count(*) FROM projects WHERE user_id = $1", user) >= 3:
            raise HTTPException(403, "quota")
        project = await db.fetchval(
            "INSERT INTO projects (user_id, title) VALUES ($1, 'new') RETURNING id", user
        )
    return {"id": project}


@app.post("/seats/1/bookings", status_code=201)
async def book_seat() -> dict[str, int]:
    """A lock in the process holds for one replica only."""
    async with in_process, transaction() as db:
        lock = "" if BROKEN else " FOR UPDATE"
        if await db.fetchval(f"SELECT taken FROM seats WHERE id = 1{lock}"):
            raise HTTPException(409, "taken")
        await db.execute("UPDATE seats SET taken = true WHERE id = 1")
        booking = await db.fetchval("INSERT INTO bookings (seat_id) VALUES (1) RETURNING id")
    return {"id": booking}


# Write skew: each looks at what the other is about to change.


async def _leave(doctor: int, isolation: str | None = None) -> None:
    async with transaction(isolation) as db:
        others = await db.fetchval(
            "SELECT count(*) FROM doctors WHERE on_call AND id <> $1", doctor
        )
        if others < 1:
            raise HTTPException(409, "somebody must stay")
        await db.execute("UPDATE doctors SET on_call = false WHERE id = $1", doctor)


@app.put("/doctors/{doctor}/leave", status_code=200)
async def leave(doctor: int) -> dict[str, str]:
    if BROKEN:
        await _leave(doctor)
        return {"status": "home"}
    for _ in range(RETRIES):
        try:
            await _leave(doctor, "serializable")
            return {"status": "home"}
        except asyncpg.SerializationError:
            continue
    raise HTTPException(503, "busy")


# An end of no order: the sum is of the lines before the one that has just been added.


@app.post("/orders/1/lines", status_code=201)
async def add_line() -> dict[str, int]:
    async with transaction() as db:
        lock = "" if BROKEN else " FOR UPDATE"
        if await db.fetchval(f"SELECT state FROM orders WHERE id = 1{lock}") != "open":
            raise HTTPException(409, "closed")
        line = await db.fetchval("INSERT INTO lines (order_id, price) VALUES (1, 5) RETURNING id")
    return {"id": line}


@app.post("/orders/1/close", status_code=200)
async def close_order() -> dict[str, str]:
    async with transaction() as db:
        if not BROKEN:
            await db.execute("SELECT 1 FROM orders WHERE id = 1 FOR UPDATE")
        total = await db.fetchval("SELECT sum(price) FROM lines WHERE order_id = 1")
        closed = await db.execute(
            "UPDATE orders SET state = 'closed', total = $1 WHERE id = 1 AND state = 'open'", total
        )
        if closed != "UPDATE 1":
            raise HTTPException(409, "closed")
    return {"status": "closed"}


# A conflict that the database finds, and nobody handles: 500 where trying again would do.


async def _take_shift(isolation: str) -> None:
    async with transaction(isolation) as db:
        await db.execute("UPDATE shifts SET takers = takers + 1 WHERE id = 1")


@app.post("/shifts/1/takers", status_code=201)
async def take_shift() -> dict[str, str]:
    for remaining in range(0 if BROKEN else RETRIES, -1, -1):
        try:
            await _take_shift("repeatable_read")
            break
        except asyncpg.SerializationError:
            if not remaining:
                raise
    return {"status": "taken"}


# Unique by looking first; an upsert by looking first.


class Member(BaseModel):
    email: str


@app.post("/members", status_code=201)
async def join(member: Member) -> dict[str, int]:
    async with transaction() as db:
        if BROKEN:
            if await db.fetchval("SELECT 1 FROM members WHERE email = $1", member.email):
                raise HTTPException(409, "there already")
            number = await db.fetchval(
                "INSERT INTO members (email) VALUES ($1) RETURNING id", member.email
            )
        else:
            number = await db.fetchval(
                "INSERT INTO unique_members (email) VALUES ($1) RETURNING id", member.email
            )
    return {"id": number}


@app.put("/tags/blue", status_code=200)
async def tag() -> dict[str, str]:
    async with transaction() as db:
        if not BROKEN:
            await db.execute(
                "INSERT INTO unique_tags (name, uses) VALUES ('blue', 1)"
                " ON CONFLICT (name) DO UPDATE SET uses = 1"
            )
        elif await db.fetchval("SELECT 1 FROM tags WHERE name = 'blue'"):
            await db.execute("UPDATE tags SET uses = 1 WHERE name = 'blue'")
        else:
            await db.execute("INSERT INTO tags (name, uses) VALUES ('blue', 1)")
    return {"name": "blue"}


# A queue: two workers claim one job.


@app.post("/jobs/claim", status_code=200)
async def claim() -> dict[str, int]:
    async with transaction() as db:
        skip = "" if BROKEN else " FOR UPDATE SKIP LOCKED"
        job = await db.fetchval(
            f"SELECT id FROM jobs WHERE state = 'ready' ORDER BY id LIMIT 1{skip}"
        )
        if job is None:
            raise HTTPException(404, "nothing to do")
        await db.execute(
            "UPDATE jobs SET state = 'claimed', worker = coalesce(worker, 0) + 1 WHERE id = $1",
            job,
        )
    return {"job": job}


# Whole rows that are saved: each overwrites what the other has changed.


class Change(BaseModel):
    name: str | None = None
    city: str | None = None


@app.patch("/profiles/1", status_code=200)
async def change_profile(change: Change) -> dict[str, str]:
    async with transaction() as db:
        if BROKEN:
            name, city = await db.fetchrow("SELECT name, city FROM profiles WHERE id = 1")
            await db.execute(
                "UPDATE profiles SET name = $1, city = $2 WHERE id = 1",
                change.name or name,
                change.city or city,
            )
        else:
            await db.execute(
                "UPDATE profiles SET name = coalesce($1, name), city = coalesce($2, city)"
                " WHERE id = 1",
                change.name,
                change.city,
            )
    return {"status": "saved"}


# Sound in both variants: rows in no order, and numbers that are drawn and never used.


@app.post("/watchers", status_code=201)
async def watch(user: User) -> dict[str, list[int]]:
    async with transaction() as db:
        await db.execute("INSERT INTO watchers (user_id) VALUES ($1)", user)
        rows = await db.fetch("SELECT user_id FROM watchers ORDER BY random()")
    return {"watchers": [row["user_id"] for row in rows]}


# A form that is sent twice; the configuration promises one effect.


class Contact(BaseModel):
    reference: str


@app.post("/contacts", status_code=201)
async def submit(contact: Contact) -> Contact:
    insert = "INSERT INTO contacts (reference) VALUES ($1)"
    if not BROKEN:
        insert = "INSERT INTO unique_contacts (reference) VALUES ($1) ON CONFLICT DO NOTHING"
    await app.state.pool.execute(insert, contact.reference)
    return contact


@app.put("/carts/1/lines", status_code=200)
async def put_line() -> dict[str, str]:
    """Broken: what promises one effect adds a row each time."""
    async with transaction() as db:
        if not BROKEN:
            await db.execute("SELECT 1 FROM products WHERE id = 1 FOR UPDATE")
            await db.execute("DELETE FROM sales WHERE product_id = 1")
        await db.execute("INSERT INTO sales (product_id) VALUES (1)")
    return {"status": "put"}
