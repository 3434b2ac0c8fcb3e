"""What becomes of a text: in which form it is stored, and how long it may be."""

import hashlib
import os
from typing import Annotated

from fastapi import HTTPException, Request
from pydantic import AfterValidator, BaseModel, Field

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
NO_NUL = r"^[^\x00]*$"
LONGEST = 1_000_000
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]


class Subscriber(BaseModel):
    email: Text
    city: Text


async def create_subscriber(body: Subscriber, request: Request) -> dict[str, int]:
    """normalised-value: small letters and no spaces, of which the client hears nothing."""
    email, city = body.email, body.city
    if BROKEN:
        email, city = email.lower(), " ".join(city.split())
    sql = "INSERT INTO subscribers (email, city) VALUES ($1, $2) RETURNING id"
    return {"id": await request.app.state.pool.fetchval(sql, email, city)}


def without_nul(text: str) -> str:
    return text.replace("\0", "")


class Letter(BaseModel):
    text: Annotated[str, AfterValidator(without_nul)]


INSERT = "INSERT INTO letters (text) VALUES ($1) RETURNING id"


async def create_letter(body: Letter, request: Request) -> dict[str, int]:
    """text-without-limit: neither the document nor the code has one."""
    if not BROKEN and len(body.text) > LONGEST:
        told = {"loc": ["body", "text"], "msg": "too long", "type": "too_long"}
        raise HTTPException(413, [told])
    return {"id": await request.app.state.pool.fetchval(INSERT, body.text)}


async def create_digest(body: Letter, request: Request) -> dict[str, int]:
    """Right in both variants: of a text of any length the digest is stored."""
    digest = hashlib.sha256(body.text.encode(errors="replace")).hexdigest()
    return {"id": await request.app.state.pool.fetchval(INSERT, digest)}
