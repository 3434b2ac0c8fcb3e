"""The port that takes whatever a service can be made to call."""

from __future__ import annotations

import asyncio

from seamproof.boundaries.http_sinkhole import HttpSinkholeBoundary
from seamproof.core.history import CrossingKind


async def _ask(url: str, path: str) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


def test_a_call_is_answered_and_recorded_with_its_path() -> None:
    async def scenario() -> None:
        sinkhole = HttpSinkholeBoundary()
        await sinkhole.start()
        try:
            sinkhole.begin(0.0)
            assert (await _ask(sinkhole.url, "/qzsmp1")).startswith(b"HTTP/1.1 200")
            (call,) = sinkhole.crossings()
            assert call.kind is CrossingKind.CALL
            assert call.key.shape.startswith("GET sinkhole /")
            assert call.statement == "GET http://sinkhole/qzsmp1"
            sinkhole.begin(1.0)
            assert sinkhole.crossings() == ()
        finally:
            await sinkhole.stop()

    asyncio.run(scenario())
