"""What errors tell of the inside, and what looks like it and is not."""

from __future__ import annotations

import json

import pytest

from seamproof.analysis.disclosure import Inside, disclosures
from seamproof.core.experiment import Act, CrossingKey
from seamproof.core.history import Crossing, CrossingKind, Exchange, Request, Response, Section
from seamproof.core.model import Operation, Step

SQL = "SELECT orders.id, orders.total FROM orders WHERE orders.id = $1"
DUPLICATE = 'duplicate key value violates unique constraint "users_email_key"'


def told(body: object, status: int = 500, **crossing: str) -> list[Inside]:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    act = Act(Step(Operation.parse("GET /orders/{order}")))
    exchange = Exchange(act, Request("GET", "/orders/7"), 0.0, 1.0, Response(status, body=said))
    crossed = Crossing(CrossingKey(SQL), CrossingKind.READ, SQL, 0, 1, 0.0, **crossing)  # type: ignore[arg-type]
    return [one.inside for _, one in disclosures(Section((exchange,), (crossed,)))]


def test_a_statement_of_the_wire_is_known_again_however_it_is_bound() -> None:
    text = "[SQL: SELECT orders.id, orders.total\nFROM orders \nWHERE orders.id = %(id_1)s]"
    assert told({"error": text}) == [Inside.DATABASE]


def test_the_database_s_own_words_are_known_again() -> None:
    assert told({"detail": f"oops: {DUPLICATE}"}, 409, message=DUPLICATE, sqlstate="23505") == [
        Inside.DATABASE
    ]


@pytest.mark.parametrize(
    "text",
    [
        "(psycopg.errors.UniqueViolation) no",
        "asyncpg.exceptions.DataError: no",
        "SequelizeDatabaseError: no",
        "PG::UndefinedColumn",
        "SQLSTATE[42703]",
    ],
)
def test_a_driver_s_errors_are_known_by_their_names(text: str) -> None:
    assert told({"error": text}) == [Inside.DATABASE]


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):\n  ...",
        '  File "/srv/app/main.py", line 7, in read',
        "TypeError: x\n    at read (/app/src/orders.js:41:23)\n    at next",
        "at file:///app/src/orders.js:41:23",
        "at com.shop.Orders.read(Orders.java:41)",
        "/app/orders.rb:12:in `read'",
        "goroutine 7 [running]:",
    ],
)
def test_traces_are_known_in_every_language(text: str) -> None:
    assert told({"stack": text}) == [Inside.TRACE]
    assert told(f"<pre>{text}</pre>".encode()) == [Inside.TRACE]


def test_a_path_of_a_file_is_told_by_itself() -> None:
    assert told({"error": "no module at /usr/lib/python3/orders.py"}) == [Inside.FILE]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such order"},
        {"detail": "SELECT one of: name, price", "instance": "/orders/7"},
        {"detail": [{"loc": ["body", "items", 0], "msg": "Field required"}]},
        {"error": "update your address", "see": "https://docs.example.com/app/errors.js"},
        {"detail": "the file /app/upload was refused"},
        {"message": "from 1 to 9"},
    ],
    ids=["problem", "words", "pydantic", "link", "no source", "range"],
)
def test_ordinary_errors_tell_nothing(body: object) -> None:
    assert told(body, 422) == []


@pytest.mark.parametrize("sqlstate", ["P0001", "23514"])
def test_what_a_function_raises_is_meant_for_clients(sqlstate: str) -> None:
    said = "the stock is not large enough"
    assert told({"detail": said}, 409, message=said, sqlstate=sqlstate) == []


def test_success_is_not_looked_at() -> None:
    assert told({"query": SQL}, 200) == []
