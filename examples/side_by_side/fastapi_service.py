"""A library that lends books: FastAPI and psycopg."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, Header, HTTPException
from mailing import tell
from psycopg.rows import dict_row
from pydantic import BaseModel, Field

app = FastAPI()
Connection = psycopg.Connection[dict[str, Any]]


def database() -> Iterator[Connection]:
    with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection:
        yield connection


Database = Annotated[Connection, Depends(database, scope="function")]


def member(database: Database, authorization: Annotated[str, Header()] = "") -> dict[str, Any]:
    token = authorization.removeprefix("Bearer ")
    found = database.execute("SELECT id, name FROM members WHERE token = %s", [token]).fetchone()
    if found is None:
        raise HTTPException(401, "who are you?")
    return found


Member = Annotated[dict[str, Any], Depends(member)]


class Wanted(BaseModel):
    book: int
    days: int = Field(ge=1, le=60)


@app.get("/health")
def health(database: Database) -> dict[str, str]:
    database.execute("SELECT 1")
    return {"status": "ok"}


@app.post("/loans", status_code=201)
def lend(wanted: Wanted, member: Member, database: Database) -> dict[str, Any]:
    with database.transaction():
        book = database.execute(
            "UPDATE books SET copies = copies - 1 WHERE id = %s AND copies > 0 RETURNING title",
            [wanted.book],
        ).fetchone()
        if book is None:
            raise HTTPException(409, "no copy is left")
        loan = database.execute(
            "INSERT INTO loans (member, book, days) VALUES (%s, %s, %s) RETURNING id, book, days",
            [member["id"], wanted.book, wanted.days],
        ).fetchone()
    tell(member["name"], f"{book['title']} is yours for {wanted.days} days")
    return loan


@app.get("/loans")
def loans(member: Member, database: Database) -> list[dict[str, Any]]:
    return database.execute(
        "SELECT l.id, b.title, l.returned FROM loans l JOIN books b ON b.id = l.book"
        " WHERE l.member = %s ORDER BY l.id",
        [member["id"]],
    ).fetchall()


@app.post("/loans/{loan}/return", status_code=204)
def give_back(loan: int, member: Member, database: Database) -> None:
    with database.transaction():
        found = database.execute(
            "UPDATE loans SET returned = true WHERE id = %s AND member = %s AND NOT returned"
            " RETURNING book",
            [loan, member["id"]],
        ).fetchone()
        if found is None:
            raise HTTPException(404, "no such loan")
        database.execute("UPDATE books SET copies = copies + 1 WHERE id = %s", [found["book"]])
