"""FastAPI on asyncpg: what services let in, and what only looks as if they did."""

import json
import os
from decimal import Decimal
from secrets import compare_digest
from typing import Annotated, Any

import texts
from asyncpg_service import pooled
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_methods import tell_all_methods
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
NO_NUL = r"^[^\x00]*$"


def number(value: Any) -> Any:
    """A number of JSON: pydantic takes true and "1" as well."""
    if type(value) in (bool, str):
        raise ValueError("no number")
    return value


Number = BeforeValidator(number)
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
Id = Annotated[int, Field(ge=1, le=2_147_483_647)]


REFUSALS = {"4XX": {"description": "refused"}}
app = FastAPI(title="Intake", lifespan=pooled, responses=REFUSALS)
app.post("/subscribers", status_code=201)(texts.create_subscriber)
app.post("/letters", status_code=201)(texts.create_letter)
app.post("/digests", status_code=201)(texts.create_digest)
tell_all_methods(app)


def invalid(why: str) -> HTTPException:
    """A refusal in the words of FastAPI's own, which the document has."""
    return HTTPException(422, [{"loc": ["body"], "msg": why, "type": "value_error"}])


@app.get("/health", include_in_schema=False)
async def health() -> int:
    return await app.state.pool.fetchval("SELECT 1")


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
    """Without what was sent: JSON cannot hold all that its readers take, as 1e400."""
    told = [{name: each[name] for name in ("type", "loc", "msg")} for each in error.errors()]
    return JSONResponse({"detail": told}, 422)


class Ticket(BaseModel):
    subject: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    priority: Annotated[int, Field(ge=1, le=5), Number]
    contact: Text | None = None


TICKET = {"requestBody": {"required": True, "content": {
    "application/json": {"schema": Ticket.model_json_schema()},
}}}  # fmt: skip


def readable(value: Any) -> str:
    """A text that a database can hold."""
    return str(value).replace("\0", "").encode(errors="replace").decode()


@app.post("/tickets", status_code=201, openapi_extra=TICKET)
async def create_ticket(request: Request) -> dict[str, int]:
    """accepted-invalid: the document has the bounds, and the code believes that they hold."""
    try:
        body = await request.json()
        if not BROKEN:
            body = Ticket.model_validate(body).model_dump()
        values = readable(body["subject"])[:40], int(body["priority"])
        if abs(values[1]) > 1_000_000:
            raise ValueError("too large")
        contact = body.get("contact")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise invalid("this is no ticket") from error
    sql = "INSERT INTO tickets (subject, priority, contact) VALUES ($1, $2, $3) RETURNING id"
    contact = None if contact is None else readable(contact)
    return {"id": await app.state.pool.fetchval(sql, *values, contact)}


class Coupon(BaseModel):
    code: Text
    percent: Annotated[
        int,
        Field(ge=-1000, le=1000),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 100}),
    ]


@app.post("/coupons", status_code=201)
async def create_coupon(body: Coupon) -> Any:
    """written-before-validation: the percentage is looked at when the row is there.

    uneven-errors: and is refused in words of its own."""
    if not BROKEN and not 0 < body.percent <= 100:
        raise invalid("no percentage")
    sql = "INSERT INTO coupons (code, percent) VALUES ($1, $2) RETURNING id"
    created = await app.state.pool.fetchval(sql, body.code, body.percent)
    if not 0 < body.percent <= 100:
        return JSONResponse({"error": "no percentage"}, 422)
    return {"id": created}


class Badge(BaseModel):
    name: Text


BADGE = {"requestBody": {"required": True, "content": {
    "application/json": {"schema": Badge.model_json_schema()},
}}}  # fmt: skip


class Twice(Exception):
    """A name stands twice in an object."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Twice
    return found


@app.post("/badges", status_code=201, openapi_extra=BADGE)
async def create_badge(request: Request) -> dict[str, int]:
    """unhandled-input: a reader that is stricter than the rest, and nobody catches what it says.

    All other bodies are read by one that takes the last of two: that is right as well."""
    try:
        badge = Badge.model_validate(json.loads(await request.body(), object_pairs_hook=once))
    except Twice as error:
        if BROKEN:
            raise
        raise invalid("a name stands twice") from error
    except (ValueError, RecursionError) as error:
        raise invalid("this is no badge") from error
    sql = "INSERT INTO notes (body) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, badge.name)}


def signed_in(shown: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    """unhandled-input: of texts beyond ASCII `compare_digest` compares none, and raises."""
    known, token = "a-token", shown.credentials
    same = (
        compare_digest(known, token) if BROKEN else compare_digest(*map(str.encode, (known, token)))
    )
    if not same:
        raise HTTPException(401, [{"loc": ["header"], "msg": "who?", "type": "value_error"}])


@app.post("/drafts", status_code=201, dependencies=[Depends(signed_in)])
async def create_draft(body: Badge) -> dict[str, int]:
    sql = "INSERT INTO notes (body) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, body.name)}


class Note(BaseModel):
    body: Annotated[
        str,
        Field(max_length=2000),
        WithJsonSchema({"type": "string", "maxLength": 2000, "pattern": NO_NUL}),
    ]


@app.post("/notes", status_code=201)
async def create_note(body: Note) -> dict[str, int]:
    """unhandled-input: PostgreSQL's texts cannot hold NUL.

    misrouted: clients of long ago sent PUT, and the broken twin still stores what they send."""
    if not BROKEN and "\0" in body.body:
        raise invalid("NUL")
    sql = "INSERT INTO notes (body) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, body.body)}


if BROKEN:
    app.put("/notes", status_code=201, include_in_schema=False)(create_note)


class Label(BaseModel):
    name: Annotated[
        str,
        Field(min_length=1, pattern=NO_NUL),
        WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 20, "pattern": NO_NUL}),
    ]


@app.post("/tickets/{ticket}/labels", status_code=201)
async def add_label(ticket: Id, body: Label) -> dict[str, int]:
    """unhandled-input: neither the column's length nor its foreign key is looked at."""
    if not BROKEN:
        if len(body.name) > 20:
            raise invalid("too long")
        if not await app.state.pool.fetchval("SELECT 1 FROM tickets WHERE id = $1", ticket):
            # A refusal that is recorded in a table of its own is no part of the ticket.
            await app.state.pool.execute("INSERT INTO attempts (path) VALUES ('labels')")
            raise HTTPException(404, "there is no such ticket")
    sql = "INSERT INTO labels (ticket_id, name) VALUES ($1, $2) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, ticket, body.name)}


HEADERS = [
    {"name": "X-Channel", "in": "header", "schema": {"enum": ["web", "shop"]}},
    {"name": "X-Campaign", "in": "header", "schema": {"type": "string"}},
    {"name": "X-Trace", "in": "header", "schema": {"type": "string", "maxLength": 8}},
]


@app.post("/visits", status_code=201, openapi_extra={"parameters": HEADERS})
async def create_visit(request: Request) -> Any:
    """accepted-invalid: any channel is stored; unhandled-input: a campaign that is not ASCII.

    What nobody reads, as the trace, may be anything. A refusal that says more than others do is
    as even as they are.
    """
    channel = request.headers.get("X-Channel", "web")
    campaign = request.headers.get("X-Campaign", "")
    known = channel in ("web", "shop") and campaign.isascii()
    if len(campaign) > 30 or (not BROKEN and not known):
        told = {"detail": [{"msg": "no such channel, or campaign"}], "known": ["web", "shop"]}
        return JSONResponse(told, 422)
    campaign = campaign.encode("ascii").decode()
    sql = "INSERT INTO visits (channel, campaign) VALUES ($1, $2) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, channel, campaign)}


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


@app.get("/metrics", include_in_schema=False)
async def show_metrics(request: Request) -> PlainTextResponse:
    """open-internals: the fixed twin asks for the key of whoever watches it."""
    if not BROKEN and request.headers.get("X-Watcher") != os.environ.get("WATCHER", "a-watcher"):
        raise HTTPException(403, [{"loc": ["header"], "msg": "who?", "type": "value_error"}])
    waiting = await app.state.pool.fetchval("SELECT count(*) FROM tickets")
    return PlainTextResponse(f"tickets_waiting {waiting}\n")


class Summary(BaseModel):
    """breaking-change: clients know it as `tickets`. What is new beside it breaks none."""

    tickets: int = Field(serialization_alias="total" if BROKEN else None)
    urgent: int


@app.get("/summary")
async def summarise() -> Summary:
    sql = "SELECT count(*) AS tickets, count(*) FILTER (WHERE priority > 3) AS urgent FROM tickets"
    return Summary(**await app.state.pool.fetchrow(sql))


CENTS = {"type": "number", "minimum": 0.01, "maximum": 99_999_999, "multipleOf": 0.01}


Amount = Annotated[
    Decimal,
    Number,
    Field(gt=0, le=99_999_999, max_digits=12, decimal_places=2),
    WithJsonSchema(CENTS),
]


class Price(BaseModel):
    amount: Amount


@app.post("/prices", status_code=201)
async def create_price(body: Price) -> dict[str, int]:
    """altered-value: cents of a float."""
    amount = Decimal(int(float(body.amount) * 100)) / 100 if BROKEN else body.amount
    sql = "INSERT INTO prices (amount) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, amount)}


class Device(BaseModel):
    serial: Annotated[int, Field(ge=0, le=10**18), Number]


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


class Tariff(BaseModel):
    rates: dict[Text, Annotated[float, Field(ge=0, lt=1e9), Number]]
    steps: list[Amount]


@app.post("/tariffs", status_code=201)
async def create_tariff(body: Tariff) -> dict[str, int]:
    """altered-value, inside of JSON: cents of a float. What the service adds there is its own."""
    rates = {k: int(v * 100) / 100 if BROKEN else v for k, v in body.rates.items()}
    sql = "INSERT INTO tariffs (rates, steps) VALUES ($1, $2) RETURNING id"
    kept = json.dumps({**rates, "currency": "EUR"})
    return {"id": await app.state.pool.fetchval(sql, kept, body.steps)}


class Sensor(BaseModel):
    serial: Annotated[int, Field(ge=0, le=10**18), Number]


@app.post("/sensors", status_code=201)
async def create_sensor(body: Sensor) -> dict[str, int]:
    sql = "INSERT INTO sensors (serial) VALUES ($1) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, body.serial)}


@app.get("/sensors")
async def list_sensors() -> list[DeviceOut]:
    """reads-otherwise, where a list is all that there is: it goes through a float."""
    rows = await app.state.pool.fetch("SELECT * FROM sensors ORDER BY id LIMIT 100")
    return [
        DeviceOut(id=row["id"], serial=int(float(row["serial"])) if BROKEN else row["serial"])
        for row in rows
    ]


class Profile(BaseModel):
    """What a change leaves out stays; who replaces the whole leaves nothing as it was."""

    name: Text | None = None
    about: Text | None = None


@app.patch("/profiles/{profile}")
async def change_profile(profile: Id, body: Profile) -> dict[str, int]:
    """wiped-by-omission: what is not there has become null."""
    fields = body.model_dump(exclude_unset=not BROKEN)
    known = await app.state.pool.fetchrow("SELECT * FROM profiles WHERE id = $1", profile)
    if known is None:
        raise HTTPException(404, "there is no such profile")
    new = {**known, **fields}
    sql = "UPDATE profiles SET name = $2, about = $3 WHERE id = $1"
    await app.state.pool.execute(sql, profile, new["name"], new["about"])
    return {"id": profile}


# Look-alikes


@app.put("/profiles/{profile}")
async def replace_profile(profile: Id, body: Profile) -> dict[str, int]:
    """Its path has a route for PATCH as well, which the document has."""
    sql = "UPDATE profiles SET name = $2, about = $3 WHERE id = $1 RETURNING id"
    replaced = await app.state.pool.fetchval(sql, profile, body.name, body.about)
    if replaced is None:
        raise HTTPException(404, "there is no such profile")
    return {"id": replaced}


class Parcel(BaseModel):
    weight: Amount
    label: Text


@app.post("/parcels", status_code=201)
async def create_parcel(body: Parcel) -> dict[str, int]:
    sql = "INSERT INTO parcels (weight, label) VALUES ($1, $2) RETURNING id"
    return {"id": await app.state.pool.fetchval(sql, body.weight, body.label)}


@app.get("/parcels/{parcel}")
async def read_parcel(parcel: Id) -> dict[str, Any]:
    """Each by its own id."""
    row = await app.state.pool.fetchrow("SELECT * FROM parcels WHERE id = $1", parcel)
    if row is None:
        raise HTTPException(404, "there is no such parcel")
    return {"id": row["id"], "weight": str(row["weight"]), "label": row["label"]}


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
