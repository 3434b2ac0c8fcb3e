"""The least that an HTTP service can be: asyncio, psycopg, and no framework.

    python benchmarks/services/bare.py DATABASE_URL     prints its port, ends with its input

`POST /orders/7` is one transaction of five statements. Next to nothing is done beside them, so that
what stands between the service and its database weighs the most.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

import psycopg_pool
import uvloop

LOOPBACK = "127.0.0.1"


async def serve(url: str) -> None:
    async def order(product: int) -> int:
        async with pool.connection() as connection, connection.transaction():
            found = await connection.execute("SELECT stock FROM products WHERE id = %s", (product,))
            assert (await found.fetchone())[0] > 0
            made = await connection.execute(
                "INSERT INTO orders (product, quantity) VALUES (%s, 1) RETURNING id", (product,)
            )
            (number,) = await made.fetchone()
            await connection.execute(
                "UPDATE products SET stock = stock - 1 WHERE id = %s", (product,)
            )
        return int(number)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError
        ):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                product = int(head.split(b" ", 2)[1].rsplit(b"/", 1)[1])
                body = json.dumps({"order": await order(product)}).encode()
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(body))
                writer.write(body)
        writer.close()

    kept = {"autocommit": True}
    async with psycopg_pool.AsyncConnectionPool(url, min_size=1, max_size=4, kwargs=kept) as pool:
        server = await asyncio.start_server(answer, LOOPBACK, 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
