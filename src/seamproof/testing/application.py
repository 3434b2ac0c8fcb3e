"""An application in the tests' own process, behind transports of httpx2.

An ASGI application lives in an event loop of its own, whichever loops the tests have: its pools and
tasks belong there. Its lifespan lasts as long as the tests do. A WSGI application is called in the
thread of whoever asks.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import sys
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import httpx2

from seamproof.core.errors import ConfigurationError, ServiceError

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

BASE_URL = "http://testserver"
_LIFESPAN_LIMIT = 30.0
_log = logging.getLogger("seamproof.application")


class Application(Protocol):
    """An application that can be asked."""

    transport: httpx2.BaseTransport
    asynchronous: httpx2.AsyncBaseTransport

    def close(self) -> None:
        """End what it has begun."""
        ...


def load(place: str, root: Path) -> Application:
    """The application at `module:name` or `module:factory()`. Raises ConfigurationError."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    module, _, name = place.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.removesuffix("()").split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"testing.app is {place!r}, which cannot be imported: {error}"
        ) from error
    if name.endswith("()"):
        found = found()
    return _Asgi(found) if _is_asgi(found) else _Wsgi(found)


def _is_asgi(application: Any) -> bool:
    called = application if inspect.isfunction(application) else type(application).__call__
    return inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(called)


class _Wsgi:
    def __init__(self, application: Any) -> None:
        self.transport: httpx2.BaseTransport = httpx2.WSGITransport(app=_answering(application))
        self.asynchronous: httpx2.AsyncBaseTransport = _InThread(self.transport)

    def close(self) -> None:
        self.transport.close()


def _answering(application: Any) -> Any:
    """The application, whose failures are logged and answered as a server does (PEP 3333)."""

    def answering(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            return application(environ, start_response)
        except Exception:
            _log.exception("the application failed")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"the application failed"]

    return answering


class _InThread(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        response = await asyncio.to_thread(self._inner.handle_request, request)
        assert isinstance(response.stream, httpx2.SyncByteStream)
        return _whole(response, b"".join(response.stream))


class _Asgi:
    def __init__(self, application: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="seamproof-application", daemon=True
        )
        self._thread.start()
        self._inner = httpx2.ASGITransport(_told(application), raise_app_exceptions=False)
        self._lifespan = _Lifespan(application)
        try:
            self._run(self._lifespan.begin())
        except BaseException:
            self._stop()
            raise
        self.transport: httpx2.BaseTransport = _FromThread(self)
        self.asynchronous: httpx2.AsyncBaseTransport = _FromLoop(self)

    def submit(self, request: httpx2.Request) -> Coroutine[Any, Any, httpx2.Response]:
        return self._answer(request)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        return _whole(response, b"".join([part async for part in response.stream]))

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        if not self._loop.is_closed():
            try:
                self._run(self._lifespan.end())
            finally:
                self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIFESPAN_LIMIT)
        if not self._thread.is_alive():
            self._loop.close()


class _FromThread(httpx2.BaseTransport):
    def __init__(self, application: _Asgi) -> None:
        self._application = application

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        work = self._application.submit(request)
        return asyncio.run_coroutine_threadsafe(work, self._application.loop).result()


class _FromLoop(httpx2.AsyncBaseTransport):
    def __init__(self, application: _Asgi) -> None:
        self._application = application

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        work = self._application.submit(request)
        future = asyncio.run_coroutine_threadsafe(work, self._application.loop)
        return await asyncio.wrap_future(future)


def _whole(response: httpx2.Response, content: bytes) -> httpx2.Response:
    """The same with its bytes here: a stream would belong to another loop or thread."""
    return httpx2.Response(
        response.status_code, headers=response.headers.raw, stream=httpx2.ByteStream(content)
    )


def _told(application: Any) -> Any:
    """The application, whose failures are logged as a server logs them."""

    async def told(scope: Any, receive: Any, send: Any) -> None:
        try:
            await application(scope, receive, send)
        except Exception:
            _log.exception("the application failed")
            raise

    return told


class _Lifespan:
    """The startup and shutdown of an ASGI application (ASGI, Lifespan Protocol)."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._to: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._from: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start it up. Raises ServiceError where it says that this failed."""
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.create_task(self._application(scope, self._to.get, self._from.put))
        await self._to.put({"type": "lifespan.startup"})
        answer = await self._answer()
        if answer.get("type") == "lifespan.startup.failed":
            raise ServiceError(
                f"the application's startup failed: {answer.get('message', '')}",
                hint="see testing.app",
            )

    async def _answer(self) -> dict[str, Any]:
        """What it says; nothing where it has no lifespan, which it shows by ending."""
        assert self._task is not None
        said = asyncio.ensure_future(self._from.get())
        await asyncio.wait(
            (said, self._task), timeout=_LIFESPAN_LIMIT, return_when=asyncio.FIRST_COMPLETED
        )
        if said.done():
            return said.result()
        said.cancel()
        return {}

    async def end(self) -> None:
        """Shut it down."""
        if self._task is not None and not self._task.done():
            await self._to.put({"type": "lifespan.shutdown"})
            await self._answer()
            self._task.cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
