"""A library that lends books: Flask and psycopg."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from flask import Flask, abort, g, jsonify, request
from mailing import tell
from psycopg.rows import dict_row
from werkzeug.exceptions import HTTPException

app = Flask(__name__)


@app.before_request
def connect() -> None:
    g.database = psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row, autocommit=True)


@app.teardown_request
def disconnect(_: object) -> None:
    g.database.close()


class Invalid(Exception):
    """A field and what is wrong with it."""


@app.errorhandler(Invalid)
def invalid(error: Invalid) -> Any:
    return jsonify(errors=dict([error.args])), 422


@app.errorhandler(HTTPException)
def problem(error: HTTPException) -> Any:
    return jsonify(detail=error.description), error.code


def member() -> dict[str, Any]:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = g.database.execute("SELECT id, name FROM members WHERE token = %s", [token]).fetchone()
    return found or abort(401, "who are you?")


def whole_number(name: str, least: int, most: int) -> int:
    value = (request.get_json() or {}).get(name)
    if type(value) is not int or not least <= value <= most:
        raise Invalid(name, f"must be a whole number from {least} to {most}")
    return value


@app.get("/health")
def health() -> Any:
    return jsonify(status="ok")


@app.post("/loans")
def lend() -> Any:
    borrower = member()
    wanted, days = whole_number("book", 1, 2**31 - 1), whole_number("days", 1, 60)
    with g.database.transaction():
        book = g.database.execute(
            "UPDATE books SET copies = copies - 1 WHERE id = %s AND copies > 0 RETURNING title",
            [wanted],
        ).fetchone()
        if book is None:
            abort(409, "no copy is left")
        loan = g.database.execute(
            "INSERT INTO loans (member, book, days) VALUES (%s, %s, %s) RETURNING id, book, days",
            [borrower["id"], wanted, days],
        ).fetchone()
    tell(borrower["name"], f"{book['title']} is yours for {days} days")
    return jsonify(loan), 201


@app.get("/loans")
def loans() -> Any:
    return jsonify(
        g.database.execute(
            "SELECT l.id, b.title, l.returned FROM loans l JOIN books b ON b.id = l.book"
            " WHERE l.member = %s ORDER BY l.id",
            [member()["id"]],
        ).fetchall()
    )


@app.post("/loans/<int:loan>/return")
def give_back(loan: int) -> Any:
    borrower = member()
    with g.database.transaction():
        found = g.database.execute(
            "UPDATE loans SET returned = true WHERE id = %s AND member = %s AND NOT returned"
            " RETURNING book",
            [loan, borrower["id"]],
        ).fetchone()
        if found is None:
            abort(404, "no such loan")
        g.database.execute("UPDATE books SET copies = copies + 1 WHERE id = %s", [found["book"]])
    return "", 204
