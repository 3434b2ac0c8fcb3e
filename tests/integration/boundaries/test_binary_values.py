"""Values in binary format are read as what the server shows of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import psycopg
import pytest
from boundary_harness import Proxy
from psycopg import sql

from seamproof.wire.postgres.values import as_text

VALUES = {
    "bool": ["t", "f"],
    "bytea": ["\\x00ff"],
    "int2": ["-3"],
    "int4": ["2147483647"],
    "int8": ["-9223372036854775808"],
    "oid": ["4294967295"],
    "float4": [
        "0.1",
        "16777216",
        "123456",
        "1e6",
        "0.0001",
        "0.00001",
        "-0",
        "1e-30",
        "-2.5",
        "NaN",
        "-Infinity",
    ],
    "float8": [
        "0.1",
        "100",
        "1e100",
        "1e14",
        "1e15",
        "123456789012345678",
        "0",
        "-1.7976931348623157e308",
        "Infinity",
    ],
    "numeric": [
        *("0", "0.00", "-1", "10000", "12345678901234567890.1234567890", "0.00001", "-0.050"),
        *("1e30", "99999999", "NaN", "Infinity", "-Infinity"),
    ],
    "text": ["", "caf\u00e9\n"],
    "varchar": ["a b"],
    "bpchar": ["x"],
    '"char"': ["x"],
    "name": ["pg"],
    "json": ['{"a":  1}'],
    "jsonb": ['{"a": [1, null]}'],
    "uuid": ["0B0B0B0B-0000-4000-8000-00000000000A"],
    "date": ["2026-02-28", "0001-01-01", "infinity"],
    "time": ["00:00:00", "23:59:59.999999", "12:30:00.5"],
    "timestamp": ["2026-02-28 01:02:03", "1999-12-31 23:59:59.120000", "-infinity"],
    "timestamptz": ["2026-02-28 01:02:03.000001+02", "infinity"],
    "inet": ["10.0.0.1", "10.0.0.0/8", "fe80::1"],
    "cidr": ["10.0.0.0/32", "fe80::/64"],
    "int4[]": ["{}", "{1,NULL,-3}"],
    "text[]": ['{a,"b c",NULL,"NULL","",",","q\\"u\\\\o",{}}'.replace(",{}", ',"{}"')],
    "uuid[]": ["{0b0b0b0b-0000-4000-8000-00000000000a}"],
    "numeric[]": ["{1.50,2}"],
    "timestamptz[]": ['{"2026-02-28 01:02:03+00"}'],
}


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, each in VALUES.items() for v in each])
def test_a_value_is_shown_as_the_server_shows_it(
    direct: psycopg.Connection[Any], kind: str, value: str
) -> None:
    direct.execute("SET timezone TO 'UTC'")
    query = sql.SQL("SELECT {}::{}").format(sql.Literal(value), sql.SQL(kind))
    seen = []
    for binary in (True, False):
        with direct.cursor(binary=binary) as cursor:
            cursor.execute(query)
            assert cursor.pgresult is not None
            seen.append((cursor.pgresult.get_value(0, 0), cursor.pgresult.ftype(0)))
    (raw, oid), (shown, _) = seen
    assert raw is not None
    assert shown is not None
    assert as_text(raw, oid) == shown.decode()


def test_values_that_a_driver_sends_in_binary_format_are_read(proxy: Proxy) -> None:
    async def request() -> None:
        connection = await asyncpg.connect(proxy.url)
        await connection.execute("CREATE TYPE pg_temp.state AS ENUM ('open', 'paid')")
        proxy.boundary.begin(time.monotonic())
        moment = datetime(2026, 2, 28, 12, tzinfo=UTC)
        values = ("card-4711", Decimal("12.50"), moment, ["a", None], "open")
        sql = "SELECT $1::text, $2::numeric, $3::timestamptz, $4::text[], $5::pg_temp.state"
        assert tuple(await connection.fetchrow(sql, *values)) == values
        await connection.close()

    proxy.loop.run(request())
    (asked,) = (each for each in proxy.boundary.crossings() if "$5" in each.statement)
    moment = "2026-02-28 12:00:00+00"
    assert asked.parameters == ("card-4711", "12.50", moment, "{a,NULL}", "open")
