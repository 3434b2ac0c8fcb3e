"""Real HTTP clients, each a function that posts JSON: it returns (status, body) or raises."""

from __future__ import annotations

import asyncio
import http.client
import importlib
import importlib.util
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Post = Callable[..., tuple[int, bytes]]
SCRIPT = Path(__file__).with_name("client.mjs")
HEADERS = {"Content-Type": "application/json"}


@contextmanager
def http_client(url: str) -> Iterator[Post]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))

    def post(body: bytes, timeout: float) -> tuple[int, bytes]:
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        try:
            connection.request("POST", "/charges", body, HEADERS)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except Exception:
            connection.close()
            raise

    yield post
    connection.close()


@contextmanager
def urllib_request(url: str) -> Iterator[Post]:
    def post(body: bytes, timeout: float) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{url}/charges", body, HEADERS)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    yield post


@contextmanager
def asyncio_streams(url: str) -> Iterator[Post]:
    """A client on asyncio alone, as the async ones work: one connection a call, read to its end."""

    async def exchange(data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        try:
            writer.write(data)
            return await reader.read()
        finally:
            writer.close()

    def post(body: bytes, timeout: float) -> tuple[int, bytes]:
        head = f"POST /charges HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        sent = f"{head}Connection: close\r\n\r\n".encode() + body
        received = asyncio.run(asyncio.wait_for(exchange(sent), timeout))
        head_, _, content = received.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head_.split(b"\r\n")[1:])
        if len(content) < int(fields[b"content-length"]):
            raise http.client.IncompleteRead(content)
        return int(head_.split()[1]), content

    yield post


@contextmanager
def requests_session(url: str) -> Iterator[Post]:
    requests = importlib.import_module("requests")
    with requests.Session() as session:
        session.trust_env = False

        def post(body: bytes, timeout: float) -> tuple[int, bytes]:
            answer = session.post(f"{url}/charges", data=body, headers=HEADERS, timeout=timeout)
            return answer.status_code, answer.content

        yield post


@contextmanager
def httpx_client(url: str) -> Iterator[Post]:
    httpx = importlib.import_module("httpx")
    with httpx.Client(trust_env=False) as client:

        def post(body: bytes, timeout: float) -> tuple[int, bytes]:
            answer = client.post(f"{url}/charges", content=body, headers=HEADERS, timeout=timeout)
            return answer.status_code, answer.content

        yield post


@contextmanager
def node_fetch(url: str) -> Iterator[Post]:
    node = subprocess.Popen(
        [shutil.which("node") or "node", str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert node.stdin is not None
    assert node.stdout is not None

    def post(body: bytes, timeout: float) -> tuple[int, bytes]:
        asked = {"url": f"{url}/charges", "body": body.decode(), "timeout": int(timeout * 1000)}
        print(json.dumps(asked), file=node.stdin)
        answer: list[Any] = json.loads(node.stdout.readline())
        if len(answer) == 1:
            raise OSError(answer[0])
        return answer[0], answer[1].encode()

    try:
        yield post
    finally:
        node.stdin.close()
        node.wait(10)
        node.stdout.close()


def _needs(module: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        importlib.util.find_spec(module) is None, reason=f"{module} is not installed"
    )


CLIENTS = (
    pytest.param(http_client, id="http.client"),
    pytest.param(urllib_request, id="urllib"),
    pytest.param(asyncio_streams, id="asyncio"),
    pytest.param(requests_session, id="requests", marks=_needs("requests")),
    pytest.param(httpx_client, id="httpx", marks=_needs("httpx")),
    pytest.param(
        node_fetch,
        id="node-fetch",
        marks=pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed"),
    ),
)
