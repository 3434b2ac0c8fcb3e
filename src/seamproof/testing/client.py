"""`api`: requests as somebody, in as few words as they take.

    api.as_("alice").post("/orders", json={...}).expect(201)["total"]
    await api.aio.get("/orders").expect(...)      # the same, for a test that is a coroutine

Below is an httpx2 client, `api.http`, with everything that it can do. Nothing is retried, and
redirects are answers like any other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx2

from seamproof.core.history import Crossing, CrossingKind
from seamproof.run.experiment.requests import Credentials
from seamproof.testing.reply import Reply
from seamproof.testing.statements import Statements
from seamproof.testing.transport import ACT, IDENTITY, AsyncRecording, Recording

if TYPE_CHECKING:
    from seamproof.testing.exchanges import Record

TIMEOUT = 30.0
"""Seconds that an answer may take."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom requests are sent as."""

    name: str | None = None
    credentials: Credentials = Credentials()


@dataclass(frozen=True, slots=True)
class Means:
    """How requests reach the service."""

    base_url: str
    transport: httpx2.BaseTransport
    open_async: Callable[[], httpx2.AsyncBaseTransport]
    record: Record | None = None
    """Of the test; None outside of a world."""
    sign_in: Callable[[Any], Somebody] | None = None
    """How a name, a row or whatever else a test has for somebody signs in."""

    def shared(self) -> httpx2.BaseTransport:
        """A transport that a client may close: the connections stay."""
        return _Shared(self.transport) if self.record is None else self._recording()

    def _recording(self) -> httpx2.BaseTransport:
        assert self.record is not None
        return Recording(self.transport, self.record)

    def shared_async(self) -> httpx2.AsyncBaseTransport:
        """The same for an asynchronous client."""
        inner = self.open_async()
        return inner if self.record is None else AsyncRecording(inner, self.record)


class _Shared(httpx2.BaseTransport):
    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._inner.handle_request(request)


class _Sending:
    """What the two clients share."""

    def __init__(self, means: Means, somebody: Somebody, act: bool = False) -> None:
        self._means = means
        self._somebody = somebody
        self._act = act

    def _settings(self) -> dict[str, Any]:
        credentials = self._somebody.credentials
        return {
            "base_url": self._means.base_url,
            "headers": {"accept": "application/json", **dict(credentials.headers)},
            "cookies": dict(credentials.cookies),
            "params": list(credentials.query),
            "timeout": TIMEOUT,
            "follow_redirects": False,
            "trust_env": False,
        }

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        extensions = {IDENTITY: self._somebody.name, ACT: self._act}
        return {**options, "extensions": {**extensions, **(options.get("extensions") or {})}}

    @staticmethod
    def _reply(response: httpx2.Response) -> Reply:
        return Reply(response, response.request.extensions.get("seamproof.sent"))


class Api(_Sending):
    """Sends requests, and gives replies. Keyword arguments are httpx2's: `json`, `data`, `files`,
    `params`, `headers`, `cookies`, `content`.
    """

    @classmethod
    def at(cls, url: str, **headers: str) -> Api:
        """For a service that runs anywhere, without a world: `Api.at("http://127.0.0.1:8000")`."""
        means = Means(url, httpx2.HTTPTransport(trust_env=False), open_async)
        return cls(means, Somebody(None, Credentials(tuple(headers.items()))))

    @cached_property
    def http(self) -> httpx2.Client:
        """httpx2's own client. What it sends is recorded as well."""
        return httpx2.Client(transport=self._means.shared(), **self._settings())

    @cached_property
    def aio(self) -> AsyncApi:
        """The same client for a test that is a coroutine."""
        return AsyncApi(self._means, self._somebody, self._act)

    def as_(self, who: Any) -> Api:
        """A client that sends requests as somebody: a configured identity by its name, a row that
        can sign in (`testing.sign_in`), or headers.
        """
        return Api(self._means, _somebody(self._means, who), self._act)

    @property
    def act(self) -> Api:
        """The same client, whose requests are what amplification judges: `api.act.post(…)`."""
        return Api(self._means, self._somebody, True)

    def request(self, method: str, path: str, **options: Any) -> Reply:
        """Send a request with any method."""
        return self._reply(self.http.request(method, path, **self._options(options)))

    def get(self, path: str, **options: Any) -> Reply:
        """Send a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Reply:
        """Send a POST."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Reply:
        """Send a PUT."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Reply:
        """Send a PATCH."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        """Send a DELETE, which may have a body."""
        return self.request("DELETE", path, **options)

    def head(self, path: str, **options: Any) -> Reply:
        """Send a HEAD."""
        return self.request("HEAD", path, **options)

    def options(self, path: str, **options: Any) -> Reply:
        """Send an OPTIONS."""
        return self.request("OPTIONS", path, **options)

    @contextmanager
    def stream(self, method: str, path: str, **options: Any) -> Iterator[httpx2.Response]:
        """Send a request, and read its answer in pieces."""
        with self.http.stream(method, path, **self._options(options)) as response:
            yield response

    @property
    def statements(self) -> Statements:
        """The SQL of the last request, whoever sent it: `assert api.statements <= 5`."""
        return Statements(self._crossings())

    @property
    def calls(self) -> tuple[Crossing, ...]:
        """What the service called elsewhere for the last request, whoever sent it."""
        return tuple(each for each in self._crossings() if each.kind is CrossingKind.CALL)

    def _crossings(self) -> tuple[Crossing, ...]:
        record = self._means.record
        if record is None:
            raise RuntimeError("what a service does is seen in a world only, not at an address")
        last = record.last()
        return last.span.crossings if last is not None else ()


class AsyncApi(_Sending):
    """The same as `Api` for coroutines: each request is awaited, each reply is the same."""

    @cached_property
    def http(self) -> httpx2.AsyncClient:
        """httpx2's own asynchronous client. What it sends is recorded as well."""
        return httpx2.AsyncClient(transport=self._means.shared_async(), **self._settings())

    def as_(self, who: Any) -> AsyncApi:
        """A client that sends requests as somebody."""
        return AsyncApi(self._means, _somebody(self._means, who), self._act)

    @property
    def act(self) -> AsyncApi:
        """The same client, whose requests are what amplification judges."""
        return AsyncApi(self._means, self._somebody, True)

    async def request(self, method: str, path: str, **options: Any) -> Reply:
        """Send a request with any method."""
        return self._reply(await self.http.request(method, path, **self._options(options)))

    async def get(self, path: str, **options: Any) -> Reply:
        """Send a GET."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Reply:
        """Send a POST."""
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Reply:
        """Send a PUT."""
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> Reply:
        """Send a PATCH."""
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> Reply:
        """Send a DELETE, which may have a body."""
        return await self.request("DELETE", path, **options)

    async def head(self, path: str, **options: Any) -> Reply:
        """Send a HEAD."""
        return await self.request("HEAD", path, **options)

    async def options(self, path: str, **options: Any) -> Reply:
        """Send an OPTIONS."""
        return await self.request("OPTIONS", path, **options)

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, **options: Any
    ) -> AsyncIterator[httpx2.Response]:
        """Send a request, and read its answer in pieces."""
        async with self.http.stream(method, path, **self._options(options)) as response:
            yield response


def _somebody(means: Means, who: Any) -> Somebody:
    if isinstance(who, Somebody):
        return who
    if who is None:
        return Somebody()
    if means.sign_in is not None:
        return means.sign_in(who)
    if isinstance(who, Mapping):
        return Somebody(None, Credentials(tuple(who.items())))
    raise TypeError(f"{who!r} is nobody that can sign in without a world: give headers")


def open_async() -> httpx2.AsyncBaseTransport:
    """A transport for the requests of one test."""
    # A kept connection would belong to the loop of one test, and be closed by nobody.
    limits = httpx2.Limits(max_keepalive_connections=0)
    return httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
