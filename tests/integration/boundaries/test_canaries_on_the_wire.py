"""Canaries of every form, as the server sends them: as text, in binary, in another time zone."""

from __future__ import annotations

import asyncio

import asyncpg
import psycopg
import pytest
from boundary_harness import Proxy

from seamproof.core import canaries
from seamproof.core.canaries import Form

TYPES = {
    "text": Form.WORD,
    "jsonb": Form.WORD,
    "uuid": Form.UUID,
    "bigint": Form.NUMBER,
    "numeric": Form.NUMBER,
    "numeric(17,2)": Form.NUMBER,
    "timestamptz": Form.MOMENT,
    "timestamp": Form.MOMENT,
    "timestamp(3)": Form.MOMENT,
}
ZONES = ["UTC", "Asia/Kolkata", "America/Los_Angeles"]


def planted(kind: str) -> tuple[str, str]:
    """A canary, and an expression that is it."""
    form = TYPES[kind]
    one = canaries.made(form, kind)
    text = canaries.stored(form, one)
    return one, f"""'{f'{{"a": "{text}"}}' if kind == "jsonb" else text}'::{kind}"""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("binary", [False, True])
def test_psycopg_reads_them(proxy: Proxy, binary: bool, zone: str) -> None:
    with psycopg.connect(proxy.url, autocommit=True) as connection:
        connection.execute(f"SET timezone TO '{zone}'")
        for kind in TYPES:
            one, expression = planted(kind)
            connection.execute(f"SELECT 1, {expression}, 2", binary=binary).fetchall()
            assert one in proxy.crossings()[-1].canaries, kind
            connection.execute(f"SELECT 1, {expression} IS NULL", binary=binary).fetchall()
            assert proxy.crossings()[-1].canaries == (), "it was asked for, and not answered"


def test_asyncpg_reads_them(proxy: Proxy) -> None:
    async def read() -> None:
        connection = await asyncpg.connect(proxy.url)
        try:
            for kind in TYPES:
                one, expression = planted(kind)
                await connection.fetch(f"SELECT 1, {expression}, 2")
                assert any(one in each.canaries for each in proxy.crossings()), kind
        finally:
            await connection.close()

    asyncio.run(read())
