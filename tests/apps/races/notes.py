"""What is deleted while somebody else changes it."""

import asyncpg
from base import BROKEN, transaction
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

router = APIRouter()


class Text(BaseModel):
    text: str


async def write(db: asyncpg.Connection, statement: str, *values: str) -> None:
    if await db.execute(statement, *values) != "UPDATE 1":
        raise HTTPException(404, "no such note")


@router.patch("/notes/1")
async def change_note(body: Text) -> Text:
    """A row that is marked as deleted, and written back whole."""
    async with transaction() as db:
        if BROKEN:
            if await db.fetchval("SELECT deleted FROM notes WHERE id = 1"):
                raise HTTPException(404, "no such note")
            statement = "UPDATE notes SET text = $1, deleted = false WHERE id = 1"
        else:
            statement = "UPDATE notes SET text = $1 WHERE id = 1 AND NOT deleted"
        await write(db, statement, body.text)
    return body


@router.delete("/notes/1", status_code=204)
async def delete_note() -> None:
    async with transaction() as db:
        await write(db, "UPDATE notes SET deleted = true WHERE id = 1 AND NOT deleted")


@router.put("/drafts/1")
async def store_draft(body: Text) -> Text:
    """A request that may make the row is right to make it anew."""
    async with transaction() as db:
        await db.execute(
            "INSERT INTO drafts VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET text = $1", body.text
        )
    return body


@router.delete("/drafts/1", status_code=204)
async def delete_draft() -> None:
    async with transaction() as db:
        await db.execute("DELETE FROM drafts WHERE id = 1")
