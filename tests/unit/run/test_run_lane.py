"""The lane against a server that answers whatever a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from seamproof.core.history import Silence
from seamproof.run.experiment import lane

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(*chunks: bytes, then_close: bool = True) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0)
        if then_close:
            writer.close()
        else:
            await reader.read()

    return handler


def exchange(handler: Handler, *, timeout: float = 5.0) -> lane.Answer:
    async def run() -> lane.Answer:
        async with answering(handler) as port:
            return await lane.send("127.0.0.1", port, b"GET / HTTP/1.1\r\n\r\n", timeout=timeout)

    return asyncio.run(run())


WHOLE = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok"


def test_a_response_is_read_whole() -> None:
    answer = exchange(saying(WHOLE, then_close=False))
    assert answer.response is not None
    assert (answer.response.status, answer.response.body) == (201, b"ok")
    assert ("X-A", "b") in answer.response.headers
    assert answer.sent <= answer.received


@pytest.mark.parametrize("at", range(1, len(WHOLE)))
def test_every_split_gives_the_same(at: int) -> None:
    answer = exchange(saying(WHOLE[:at], WHOLE[at:]))
    assert answer.response is not None
    assert (answer.response.status, answer.response.body) == (201, b"ok")


def test_chunks_are_joined() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = exchange(saying(head, b"3\r\nabc\r\n", b"1\r\nd\r\n0\r\n\r\n", then_close=False))
    assert answer.response is not None
    assert answer.response.body == b"abcd"


def test_a_response_without_length_ends_with_the_connection() -> None:
    answer = exchange(saying(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", b"all of it"))
    assert answer.response is not None
    assert answer.response.body == b"all of it"


def test_an_interim_response_is_not_the_answer() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    answer = exchange(saying(interim, WHOLE, then_close=False))
    assert answer.response is not None
    assert answer.response.status == 201
    assert not [name for name, _ in answer.response.headers if name == "Link"]


def test_a_response_cut_short_is_none() -> None:
    answer = exchange(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
    assert answer.response is None
    assert answer.silence is Silence.CLOSED


def test_closing_without_a_word() -> None:
    assert exchange(saying()).silence is Silence.CLOSED


def test_garbage_is_named() -> None:
    assert exchange(saying(b"\x15\x03\x01\x00\x02\x02\x16")).silence is Silence.GARBAGE


def test_endless_headers_are_garbage() -> None:
    header = b"X: " + b"y" * 1000 + b"\r\n"
    answer = exchange(saying(b"HTTP/1.1 200 OK\r\n", *[header] * 100, then_close=False))
    assert answer.silence is Silence.GARBAGE


def test_a_large_body_is_kept_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "MAX_BODY_BYTES", 10)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n"
    answer = exchange(saying(head, b"x" * 30, then_close=False))
    assert answer.response is not None
    assert answer.response.body == b"x" * 10
    assert answer.response.truncated


def test_an_endless_body_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "MAX_STREAM_BYTES", 5000)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 1000)
                await writer.drain()
        except ConnectionError:
            pass

    answer = exchange(endless)
    assert answer.response is not None
    assert 5000 < len(answer.response.body) < 200_000


def test_silence_is_a_timeout() -> None:
    answer = exchange(saying(then_close=False), timeout=0.05)
    assert answer.silence is Silence.TIMEOUT


def test_a_closed_port_is_refused() -> None:
    async def run() -> lane.Answer:
        async with answering(saying()) as port:
            pass
        return await lane.send("127.0.0.1", port, b"", timeout=1)

    assert asyncio.run(run()).silence is Silence.REFUSED


LARGE = b"POST / HTTP/1.1\r\n\r\n" + b"x" * (32 << 20)
"""More than the buffers between client and server hold."""


async def to(handler: Handler, request: bytes, **options: Any) -> lane.Answer:
    async with answering(handler) as port:
        return await lane.send("127.0.0.1", port, request, timeout=5.0, **options)


def test_a_large_request_is_sent_whole() -> None:
    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(LARGE))
        writer.write(WHOLE)

    assert asyncio.run(to(counting, LARGE)).response is not None


def test_an_answer_may_come_before_a_large_request_was_taken() -> None:
    answer = asyncio.run(to(saying(WHOLE, then_close=False), LARGE))
    assert answer.response is not None
    assert answer.response.status == 201


def test_who_goes_away_amid_a_large_request_has_not_answered() -> None:
    async def leaving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    assert asyncio.run(to(leaving, LARGE)).silence is Silence.CLOSED


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\n\r\n", LARGE])
def test_the_client_goes_away(request_: bytes) -> None:
    async def run() -> lane.Answer:
        leave = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, leave.set)
        return await to(saying(then_close=False), request_, leave=leave)

    assert asyncio.run(run()).silence is Silence.ABANDONED


def test_a_request_that_nobody_takes_is_a_timeout() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def run() -> lane.Answer:
        async with answering(deaf) as port:
            return await lane.send("127.0.0.1", port, LARGE, timeout=0.1)

    assert asyncio.run(run()).silence is Silence.TIMEOUT
