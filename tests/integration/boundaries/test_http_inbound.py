"""The inbound proxy between real sockets: a service that says what a test has it say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from seamproof.boundaries import http_inbound
from seamproof.boundaries.http_inbound import InboundProxy
from seamproof.core.history import Request, Response

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok"


@dataclass
class Observed:
    """What the proxy told."""

    requests: list[Request] = field(default_factory=list)
    answers: list[Response | None] = field(default_factory=list)
    wait: float = 0.0

    async def on_request(self, request: Request) -> Request:
        self.requests.append(request)
        return request

    async def on_answer(self, asked: Request, response: Response | None) -> None:
        await asyncio.sleep(self.wait)
        self.answers.append(response)


def says(data: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        writer.close()

    return serve


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    body = await reader.readexactly(length)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    writer.close()


@asynccontextmanager
async def proxied(serve: Serve, observed: Observed) -> AsyncIterator[InboundProxy]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = InboundProxy(server.sockets[0].getsockname()[1], observed)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        server.close()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 20))


async def ask(proxy: InboundProxy, data: bytes) -> bytes:
    """Send, close our side's writing when done, and read all that comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def test_requests_on_one_connection_are_answered_in_order() -> None:
    async def main() -> None:
        observed = Observed()
        async with proxied(echo, observed) as proxy:
            first = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
            chunked = b"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            answer = await ask(proxy, first + chunked + b"3\r\ntwo\r\n0\r\n\r\n")
        assert answer.count(b"HTTP/1.1 200") == 2
        assert answer.index(b"one") < answer.index(b"two")
        assert [each.target for each in observed.requests] == ["/1", "/2"]
        assert [each.body for each in observed.answers if each] == [b"one", b"two"]

    run(main())


def test_the_answer_ends_when_the_observer_has_looked() -> None:
    async def main() -> None:
        observed = Observed(wait=0.2)
        async with proxied(says(OK), observed) as proxy:
            answer = await ask(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert observed.answers, "the client was answered before"
        assert answer.endswith(b"ok")
        assert answer.count(b"Set-Cookie") == 2

    run(main())


def test_a_client_that_waits_for_100_continue() -> None:
    async def main() -> None:
        async with proxied(echo, Observed()) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(
                b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            )
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
            writer.write(b"one")
            await reader.readuntil(b"one")
            writer.close()

    run(main())


def test_an_endless_answer_is_passed_on_as_it_comes() -> None:
    async def events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await reader.read()
        writer.close()

    async def main() -> None:
        observed = Observed()
        async with proxied(events, observed) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"chunked" in await reader.readuntil(b"data: 1\n\n")
            writer.close()
        assert [each and (each.status, each.truncated) for each in observed.answers] == [
            (200, True)
        ]

    run(main())


def test_an_answer_that_is_long_in_coming_does_not_wait_for_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_inbound, "_LONGEST_HELD", 0.05)
    go_on = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\non")
        await go_on.wait()
        writer.write(b"ce")
        writer.close()

    async def main() -> None:
        observed = Observed()
        async with proxied(slow, observed) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"on")
            go_on.set()
            await reader.readuntil(b"ce")
            writer.close()
        assert [each.body for each in observed.answers if each] == [b"once"]

    run(main())


def test_a_long_answer_is_passed_on_whole_and_kept_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_inbound, "_MOST_HELD", 10)
    monkeypatch.setattr(http_inbound, "MOST_KEPT", 15)
    body = b"x" * 100_000

    async def main() -> None:
        observed = Observed()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        async with proxied(says(answer), observed) as proxy:
            assert (await ask(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")).endswith(body)
        (kept,) = observed.answers
        assert kept is not None
        assert kept.truncated
        assert kept.body == b"x" * 15

    run(main())


@pytest.mark.parametrize(
    ("said", "status"),
    [(b"\x00\x01 no HTTP\r\n\r\n", b"502"), (b"", b"502"), (OK[:-1], b"502")],
    ids=["garbage", "nothing", "cut short"],
)
def test_a_service_that_gives_no_answer(said: bytes, status: bytes) -> None:
    async def main() -> None:
        observed = Observed()
        async with proxied(says(said), observed) as proxy:
            answer = await ask(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"the service gives no answer" in answer
        assert observed.answers == [None]

    run(main())


def test_a_service_that_is_not_there_or_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_inbound, "_SILENCE", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def main() -> None:
        observed = Observed()
        async with proxied(silent, observed) as proxy:
            answer = await ask(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 504")
            proxy.service = 1
            answer = await ask(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 502")

    run(main())


def test_a_websocket() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Upgrade: websocket" in head
        writer.write(
            b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi"
        )
        writer.write((await reader.readexactly(3)).upper())
        writer.close()

    async def main() -> None:
        observed = Observed()
        async with proxied(shout, observed) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            )
            await reader.readuntil(b"hi")
            writer.write(b"ahoy"[:3])
            assert await reader.read() == b"AHO"
            writer.close()
        assert [each.status for each in observed.answers if each] == [101]

    run(main())


def test_connections_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_inbound, "MOST_CONNECTIONS", 1)

    async def main() -> None:
        async with proxied(says(OK), Observed()) as proxy:
            _, first = await asyncio.open_connection("127.0.0.1", proxy.port)
            first.write(b"GET / HTTP/1.1\r\n")
            answer = await ask(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 503")
            first.close()

    run(main())


def test_a_client_that_takes_it_for_its_proxy() -> None:
    async def main() -> None:
        observed = Observed()
        async with proxied(says(OK), observed) as proxy:
            answer = await ask(proxy, b"GET http://a:1/b?c HTTP/1.1\r\nHost: a:1\r\n\r\n")
            assert answer.endswith(b"ok")
        assert [each.target for each in observed.requests] == ["/b?c"]

    run(main())


def test_a_forward_proxy_it_is_not() -> None:
    async def main() -> None:
        async with proxied(says(OK), Observed()) as proxy:
            answer = await ask(proxy, b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 501")

    run(main())
