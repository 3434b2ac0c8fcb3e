from __future__ import annotations

import pytest
from refused import crossing, refused

from seamproof.analysis.refusals import complaints
from seamproof.analysis.refusals.complaint import ComplaintKind as K
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.model import Json

CATALOG = Catalog(
    {
        "users": Table(
            "users",
            (Column("id", "integer"), Column("email", "character varying(50)", nullable=False)),
            ("id",),
            (("email",),),
            constraints={"users_email_key": ("email",), "users_pkey": ("id",)},
        ),
        "orders": Table(
            "orders",
            (
                Column("id", "integer"),
                Column("user_id", "integer"),
                Column("quantity", "integer"),
                Column("state", "order_state", values=("open", "paid")),
                Column("code", "character varying(5)"),
                Column("kind", "text"),
                Column("note", "text"),
            ),
            ("id",),
            foreign_keys=(ForeignKey(("user_id",), "users", ("id",)),),
            constraints={
                "orders_user_id_fkey": ("user_id",),
                "orders_quantity_check": ("quantity",),
                "orders_kind_check": ("kind",),
                "orders_note_check": ("note",),
                "orders_owner_code": ("user_id", "code"),
            },
            conditions=(
                "(quantity > 0)",
                "((kind)::text = ANY ((ARRAY['a'::character varying, 'b''c'::text])::text[]))",
                "(char_length(note) >= 3)",
            ),
        ),
    }
)
SENT = {
    "email": "x@example.com",
    "userId": 77,
    "quantity": 0,
    "state": "odd",
    "code": "too long",
    "kind": "z",
    "note": "",
    "when": "yesterday",
    "big": 99999999999,
}
INSERT = 'INSERT INTO "orders" (user_id) VALUES ($1)'


def said(sqlstate: str, message: str, sql: str = INSERT) -> list[tuple[Json, ...]]:
    failed = crossing(sql, sqlstate=sqlstate, message=message)
    found = complaints(refused(500, b"Internal Server Error", SENT), (failed,), CATALOG)
    return [
        (each.kind, each.place, each.path, each.wanted, each.table, each.column)
        for each in found
        if each.kind is not K.OTHER
    ]


@pytest.mark.parametrize(
    ("sqlstate", "message", "expected"),
    [
        (
            "23505",
            'duplicate key value violates unique constraint "users_email_key"',
            (K.NOT_UNIQUE, "body", ("email",), None, "users", "email"),
        ),
        (
            "23503",
            'insert or update on table "orders" violates foreign key constraint'
            ' "orders_user_id_fkey"',
            (K.NO_SUCH, "body", ("userId",), None, "users", "id"),
        ),
        (
            "23503",
            'update or delete on table "users" violates foreign key constraint'
            ' "orders_user_id_fkey" on table "orders"',
            (K.CONFLICT, None, (), None, "orders", ""),
        ),
        (
            "23502",
            'null value in column "title" of relation "orders" violates not-null constraint',
            (K.MISSING, None, ("title",), None, "orders", "title"),
        ),
        (
            "23514",
            'new row for relation "orders" violates check constraint "orders_quantity_check"',
            (K.TOO_SMALL, "body", ("quantity",), 1, "orders", "quantity"),
        ),
        (
            "23514",
            'new row for relation "orders" violates check constraint "orders_kind_check"',
            (K.CHOICE, "body", ("kind",), ["a", "b'c"], "orders", "kind"),
        ),
        (
            "23514",
            'new row for relation "orders" violates check constraint "orders_note_check"',
            (K.TOO_SHORT, "body", ("note",), 3, "orders", "note"),
        ),
        (
            "22001",
            "value too long for type character varying(5)",
            (K.TOO_LONG, "body", ("code",), 5, "orders", "code"),
        ),
        (
            "22003",
            "integer out of range",
            (K.TOO_LARGE, "body", ("big",), 2147483647, "", ""),
        ),
        (
            "22003",
            'value "99999999999" is out of range for type integer',
            (K.TOO_LARGE, "body", ("big",), 2147483647, "", ""),
        ),
        (
            "22007",
            'invalid input syntax for type timestamp with time zone: "yesterday"',
            (K.FORMAT, "body", ("when",), "date-time", "", ""),
        ),
        (
            "22P02",
            'invalid input syntax for type uuid: "yesterday"',
            (K.FORMAT, "body", ("when",), "uuid", "", ""),
        ),
        (
            "22P02",
            'invalid input syntax for type integer: "z"',
            (K.TYPE, "body", ("kind",), "integer", "", ""),
        ),
        (
            "22P02",
            'invalid input value for enum order_state: "odd"',
            (K.CHOICE, "body", ("state",), ["open", "paid"], "orders", "state"),
        ),
        (
            "42703",
            'column "yesterday" does not exist',
            (K.UNEXPECTED, "body", ("when",), None, "", "yesterday"),
        ),
        (
            "P0001",
            "quantity must be at least 5",
            (K.TOO_SMALL, "body", ("quantity",), 5, "orders", ""),
        ),
    ],
)
def test_what_an_error_says(sqlstate: str, message: str, expected: tuple[Json, ...]) -> None:
    assert said(sqlstate, message) == [expected]


def test_a_unique_key_of_several_columns_is_about_those_that_were_sent() -> None:
    message = 'duplicate key value violates unique constraint "orders_owner_code"'
    assert [each[2] for each in said("23505", message)] == [("userId",), ("code",)]


def test_a_column_that_nobody_wrote_of_is_not_complained_about() -> None:
    assert said("42703", 'column "internal" does not exist') == []


def test_the_body_and_the_database_say_it_once() -> None:
    failed = crossing(
        INSERT,
        sqlstate="23505",
        message='duplicate key value violates unique constraint "users_email_key"',
    )
    exchange = refused(409, {"email": ["This email is already taken."]}, SENT)
    first, status = complaints(exchange, (failed,), CATALOG)
    assert (first.kind, first.path, first.table) == (K.NOT_UNIQUE, ("email",), "users")
    assert status.kind is K.CONFLICT
