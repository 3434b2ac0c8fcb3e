"""Where the service's document is found: in its project, on itself, at a URL, or in its code."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seamproof.core.document import Declaration, Document
from seamproof.core.events import Event, Notice
from seamproof.core.model import Operation
from seamproof.discovery.openapi import Unreadable
from seamproof.discovery.routes import HIDDEN
from seamproof.run import fetching
from seamproof.run.experiment.lane import Door
from seamproof.run.openapi import OpenApi

NOWHERE = Door("127.0.0.1", 1, "127.0.0.1:1")
SALE = Operation("POST", "/sale")
DOCUMENT = json.dumps({"openapi": "3.1.0", "paths": {"/sales": {"post": {}}}}).encode()

Pages = dict[str, tuple[int, dict[str, str], bytes]]


class Service(ThreadingHTTPServer):
    """Answers with pages by path, and keeps what was asked."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def door(self) -> Door:
        return Door("127.0.0.1", self.server_port, "shop.test")


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))
        missing: tuple[int, dict[str, str], bytes] = (404, {}, b"")
        status, headers, body = self.server.pages.get(self.path, missing)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving(pages: Pages) -> Iterator[Service]:
    service = Service(pages)
    thread = threading.Thread(target=service.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        thread.join()
        service.server_close()


def page(body: bytes = DOCUMENT, status: int = 200, **headers: str) -> Any:
    return status, headers, body


def missing(place: str | None, root: Path) -> tuple[list[str], list[Event]]:
    events: list[Event] = []
    openapi = OpenApi(place, root, NOWHERE, events.append)

    async def twice() -> list[str]:
        return [await openapi.missing(SALE), await openapi.missing(Operation("POST", "/sales"))]

    return asyncio.run(twice()), events


def found(
    place: str | None, root: Path, door: Door = NOWHERE, routes: Any = None
) -> tuple[Document | None, list[str]]:
    """The document, asked for twice, and what was said of it."""
    events: list[Event] = []
    openapi = OpenApi(place, root, door, events.append, routes)

    async def twice() -> Document | None:
        first = await openapi.document()
        assert await openapi.document() is first
        return first

    document = asyncio.run(twice())
    return document, [each.text for each in events if isinstance(each, Notice)]


def test_a_file_says_what_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps({"paths": {"/sales": {"post": {}}}}))
    said, events = missing("api.json", tmp_path)
    assert said == ["api.json has no POST /sale, did you mean POST /sales?", ""]
    assert events == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("../api.json", "outside the project"),
        ("ftp://shop.example/api.json", "no URL of http or https"),
        ("http://127.0.0.1:1/api.json", "Connection refused"),
        ("absent.json", "No such file"),
        ("api.yaml", "no `paths`"),
        ("/openapi.json", "Connection refused"),
    ],
)
def test_what_cannot_be_read_is_said_once(place: str, reason: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "api.json").write_text("{}")
    (root / "api.yaml").write_text("openapi: 3.1.0")
    said, events = missing(place, root)
    assert said == ["", ""]
    (notice,) = events
    assert isinstance(notice, Notice)
    assert reason in notice.text


def test_no_place_says_nothing_of_what_is_missing(tmp_path: Path) -> None:
    assert missing(None, tmp_path) == (["", ""], [])


def test_a_document_is_told_once_with_its_problems(tmp_path: Path) -> None:
    paths: dict[str, Any] = {f"/{number}": 5 for number in range(20)}
    (tmp_path / "api.json").write_text(json.dumps({"openapi": "3.0.3", "paths": paths}))
    document, told = found("api.json", tmp_path)
    assert document is not None
    assert told[:2] == [
        "api.json: OpenAPI 3.0.3, 0 operations",
        "api.json: #/paths/~10: no path item",
    ]
    assert len(told) == 14
    assert told[-1] == "api.json: and 8 more that cannot be used"


def test_the_service_is_asked_by_its_name(tmp_path: Path) -> None:
    with serving({"/api/docs.json?full=1": page()}) as service:
        document, told = found("/api/docs.json?full=1", tmp_path, service.door)
        assert service.asked == [("shop.test", "/api/docs.json?full=1")]
    assert document is not None
    assert told == ["/api/docs.json?full=1: OpenAPI 3.1.0, 1 operation"]


def test_a_url_is_told_without_its_password(tmp_path: Path) -> None:
    with serving({"/a.json": page()}) as service:
        _, told = found(f"http://me:secret@127.0.0.1:{service.server_port}/a.json", tmp_path)
    assert told == [f"http://127.0.0.1:{service.server_port}/a.json: OpenAPI 3.1.0, 1 operation"]


def test_the_usual_paths_are_tried_until_one_reads(tmp_path: Path) -> None:
    pages = {
        "/openapi.json": page(b"<html>the shop</html>"),
        "/openapi.yaml": page(b"paths: {/a: {get: {}}}"),
        "/swagger.json": page(b"{", 200),
        "/v3/api-docs": page(b'{"openapi": "3.0.1", "paths": {}}'),
        "/api/openapi.json": page(b'{"swagger": "2.0", "paths": {"/a": {"get": {}}}}'),
        "/api-docs": page(),
    }
    with serving(pages) as service:
        document, told = found(None, tmp_path, service.door)
        asked = [path for _, path in service.asked]
    assert told == ["/api/openapi.json: OpenAPI 2.0, 1 operation"]
    assert document is not None
    assert asked[-1] == "/api/openapi.json"


def shop(**root: Any) -> bytes:
    paths = {"/sales/{id}": {"get": {}}, "/sales": {"get": {}}, "/ping": {"get": {}}}
    return json.dumps({"openapi": "3.1.0", "paths": paths, **root}).encode()


PRODUCTION = {"servers": [{"url": "https://shop.example/prod"}, {"url": "https://b.example/v1"}]}


@pytest.mark.parametrize(
    ("body", "there", "first"),
    [
        (shop(**PRODUCTION), "/prod/sales", "/prod/sales/{id}"),
        (shop(**PRODUCTION), "/v1/ping", "/v1/sales/{id}"),
        (shop(**PRODUCTION), "/sales", "/sales/{id}"),
        (shop(swagger="2.0", openapi=None, basePath="/prod"), "/sales", "/sales/{id}"),
        (shop(**PRODUCTION), "/elsewhere", "/prod/sales/{id}"),
    ],
)
def test_paths_are_below_the_base_that_answers(
    body: bytes, there: str, first: str, tmp_path: Path
) -> None:
    with serving({"/api.json": page(body), there: page(b"", 401)}) as service:
        document, told = found("/api.json", tmp_path, service.door)
    assert document is not None
    assert document.declarations[0].operation.path == first
    elsewhere = [text for text in told if "its paths are below" in text]
    moved = not first.startswith("/prod")
    below = first.removesuffix("/sales/{id}") or "/"
    said = f"/api.json: its paths are below {below} here, not below /prod"
    assert elsewhere == ([said] if moved else [])


def answering(document: Document | None) -> Callable[[], Awaitable[Document]]:
    async def routes() -> Document:
        if document is None:
            raise Unreadable("it is written in Cobol")
        return document

    return routes


def test_routes_that_the_code_hides_are_no_part_of_its_document(tmp_path: Path) -> None:
    hidden = Declaration(Operation.parse("GET /debug/sales"), tags=(HIDDEN,))
    table = Document((Declaration(SALE), hidden), version="3.1.0", title="the routes of Express")
    document, _ = found(None, tmp_path, routes=answering(table))
    assert document is not None
    assert [each.operation for each in document.declarations] == [SALE]


def test_the_services_own_code_is_the_last_resort(tmp_path: Path) -> None:
    table = Document((Declaration(SALE),), version="3.1.0", title="the routes of Express")
    document, told = found(None, tmp_path, routes=answering(table))
    assert document == table
    assert told == ["its own code, the routes of Express: OpenAPI 3.1.0, 1 operation"]


@pytest.mark.parametrize(
    ("routes", "reason"),
    [
        (None, ""),
        (answering(None), "; its code cannot be asked for its routes: it is written in Cobol"),
        (answering(Document()), "; its code, when it is asked, has no routes"),
    ],
)
def test_where_there_is_nothing_it_is_said_why(routes: Any, reason: str, tmp_path: Path) -> None:
    document, told = found(None, tmp_path, routes=routes)
    assert document is None
    assert told == [f"the service has no OpenAPI document on any of the usual paths{reason}"]


def test_a_redirection_is_followed_on_its_host(tmp_path: Path) -> None:
    pages = {
        "/a": page(b"", 307, Location="/b/"),
        "/b/": page(b"", 301, Location="c.json"),
        "/b/c.json": page(),
    }
    with serving(pages) as service:
        assert found("/a", tmp_path, service.door)[0] is not None


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://shop.example/b", "another host"),
        ("//shop.example/b", "another host"),
        ("http://127.0.0.1:1/b", "another host"),
        ("file:///etc/passwd", "no URL of http"),
        ("/a", "leads on more than"),
        ("http://[", "no URL"),
    ],
)
def test_a_redirection_elsewhere_is_not(location: str, reason: str, tmp_path: Path) -> None:
    with serving({"/a": page(b"", 302, Location=location)}) as service:
        document, told = found("/a", tmp_path, service.door)
    assert document is None
    assert reason in told[0]


def fetched(url: str, limit: int = 1000, timeout: float = 5.0) -> bytes:
    return asyncio.run(fetching.fetch(url, timeout=timeout, limit=limit)).body


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page(b"x" * 2000), "more than 0 MiB"),
        (page(b"x", 500), "the answer is 500"),
        (page(b"x", **{"Content-Length": "5"}), "before the answer was whole"),
        (page(b"", **{"X-Long": "x" * 70_000}), "no HTTP, or too much"),
    ],
)
def test_what_is_fetched_is_bounded(answer: Any, reason: str) -> None:
    with serving({"/a": answer}) as service, pytest.raises(Unreadable, match=reason):
        fetched(f"http://127.0.0.1:{service.server_port}/a")


@contextmanager
def raw(answer: bytes, hold: float = 0.0) -> Iterator[str]:
    """A server that sends bytes, and keeps the connection open for a while."""
    ready, over = threading.Event(), threading.Event()
    port: list[int] = []

    async def serve() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await asyncio.sleep(hold)
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        while not over.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(5)
        yield f"http://127.0.0.1:{port[0]}/"
    finally:
        over.set()
        thread.join()


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    with raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello") as url:
        assert fetched(url) == b"hello"


@pytest.mark.parametrize(
    ("answer", "hold", "reason"),
    [
        (b"", 0.0, "before the answer was whole"),
        (b"SSH-2.0-OpenSSH\r\n", 0.0, "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", 5.0, "no answer in 0.3 s"),
    ],
)
def test_a_server_that_means_harm_is_left(answer: bytes, hold: float, reason: str) -> None:
    with raw(answer, hold) as url, pytest.raises(Unreadable, match=reason):
        fetched(url, timeout=0.3)
