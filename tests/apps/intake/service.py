"""FastAPI on asyncpg: what services let in, and what only looks as if they did."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Any

import asyncpg
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
Id = Annotated[int, Field(ge=1, le=2_147_483_647)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=4) as pool:
        app.state.pool = pool
        yield


app = FastAPI(title="Intake", lifespan=lifespan)


@app.get("/health", include_in_schema=False)
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


class Ticket(BaseModel):
    subject: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    priority: Annotated[int, Field(ge=1, le=5)]
    contact: Text | None = None


TICKET = {"requestBody": {"required": True, "content": {
    "application/json": {"schema": Ticket.model_json_schema()},
}}}  # fmt: skip


@app.post("/tickets", status_code=201, openapi_extra=TICKET)
async def create_ticket(request: Request) -> dict[str, int]:
    """accepted-invalid: the document has the bounds, and the code believes that they hold."""
    try:
        body = await request.json()
        if not BROKEN:
            body = Ticket.model_validate(body).model_dump()
        values = str(body["subject"])[:40].replace("\0", ""), int(body["priority"])
        if abs(values[1]) > 1_000_000:
            raise ValueError("too large")
        contact = body.get("contact")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HTTPException(422, [{"msg": "this is no ticket"}]) from error
    sql = "INSERT INTO tickets (subject, priority, contact) VALUES ($1, $2, $3) RETURNING id"
    contact = None if contact is None else str(contact).replace("\0", "")
    return {"id": await app.state.pool.fetchval(sql, *values, contact)}


class Coupon(BaseModel):
    code: Text
    percent: Annotated[int, Field(ge=-1000, le=1000)]


@app.post("/coupons", status_code=201)
async def create_coupon(body: Coupon) -> dict[str, int]:
    """written-before-validation: the percentage is looked at when the row is there."""
    if not BROKEN and not 0 < body.percent <= 100:
        raise HTTPException(422, [{"msg": "no percentage"}])
    sql = "INSERT INTO coupons (code, percent) VALUES ($1, $2) RETURNING id"
    created = await app.state.pool.fetchval(sql, body.code, body.percent)
    if not 0 < body.percent <= 100:
        raise HTTPException(422, [{"msg": "no percentage"}])
    return {"id": created}


class Note(BaseModel):
    body: Annotated[str, Field(max_length=2000)]


@app.post("/notes", status_code=201)
async def create_note(body: Note) -> dict[str, int]:
    """unhandled-input: PostgreSQL's texts cannot hold NUL."""
    if not BROKEN and "\0" in body.body:
        raise HTTPException(422, [{"msg": "NUL"}])
    sql = "INSERT INTO notes (body) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, body.body)}


class Label(BaseModel):
    name: Annotated[str, Field(min_length=1, pattern=NO_NUL)]


@app.post("/tickets/{ticket}/labels", status_code=201)
async def add_label(ticket: Id, body: Label) -> dict[str, int]:
    """unhandled-input: neither the column's length nor its foreign key is looked at."""
    if not BROKEN:
        if len(body.name) > 20:
            raise HTTPException(422, [{"msg": "too long"}])
        if not await app.state.pool.fetchval("SELECT 1 FROM tickets WHERE id = $1", ticket):
            # A refusal that is recorded in a table of its own is no part of the ticket.
            await app.state.pool.execute("INSERT INTO attempts (path) VALUES ('labels')")
            raise HTTPException(404, "there is no such ticket")
    sql = "INSERT INTO labels (ticket_id, name) VALUES ($1, $2) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, ticket, body.name)}


class TicketOut(BaseModel):
    id: int
    subject: str
    priority: int


@app.get("/tickets/{ticket}", response_model=TicketOut)
async def read_ticket(ticket: Id) -> Any:
    """schema-violation: a response of the handler's own is not looked at by the model."""
    row = await app.state.pool.fetchrow("SELECT * FROM tickets WHERE id = $1", ticket)
    if row is None:
        raise HTTPException(404, "there is no such ticket")
    if BROKEN:
        return JSONResponse({"id": str(row["id"]), "subject": row["subject"]})
    return dict(row)


if BROKEN:

    @app.get("/internal/tickets", include_in_schema=False)
    async def dump_tickets() -> list[dict[str, Any]]:
        """undeclared-route: everything, for everybody."""
        return [dict(row) for row in await app.state.pool.fetch("SELECT * FROM tickets")]


class Price(BaseModel):
    amount: (
        Annotated[float, Field(gt=0, lt=1e9)]
        if BROKEN
        else Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]
    )


@app.post("/prices", status_code=201)
async def create_price(body: Price) -> dict[str, int]:
    """altered-value: cents of a float."""
    amount = Decimal(int(body.amount * 100)) / 100 if BROKEN else body.amount
    sql = "INSERT INTO prices (amount) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, amount)}


class Device(BaseModel):
    serial: Annotated[int, Field(ge=0, lt=2**63)]


class DeviceOut(BaseModel):
    id: int
    serial: int


@app.post("/devices", status_code=201)
async def create_device(body: Device) -> DeviceOut:
    """reads-otherwise: the answer goes through a float."""
    sql = "INSERT INTO devices (serial) VALUES ($1) RETURNING id"
    created = await app.state.pool.fetchval(sql, body.serial)
    serial = int(float(body.serial)) if BROKEN else body.serial
    return DeviceOut(id=created, serial=serial)


class Contact(BaseModel):
    """Lenient as it may be: "30" is 30, names are trimmed, what is unknown is left out, null is
    legal, addresses are written in lower case."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore")
    name: Text
    age: int = Field(ge=0, le=150)
    nickname: Text | None = None
    email: Text


@app.post("/contacts", status_code=201)
async def create_contact(body: Contact) -> dict[str, Any]:
    sql = "INSERT INTO tickets (subject, priority, contact) VALUES ($1, 1, $2) RETURNING id"
    subject = body.name[:40]
    created = await app.state.pool.fetchval(sql, subject, body.email.lower())
    return {"id": created, "name": body.name, "age": body.age}
