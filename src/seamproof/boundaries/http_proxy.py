"""Refuses what nobody fakes: a forward proxy (RFC 9110, section 7.6) that forwards nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from seamproof.boundaries.http import HttpBoundary, OnUnfaked, Unfaked
from seamproof.boundaries.http_stub import problem
from seamproof.core.canary import found
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Request, Response
from seamproof.core.registry import boundary
from seamproof.wire.http.paths import MOST_SHOWN, query_names, without_ids

_REFUSED = 502
_VARIABLES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_NOT_PROXIED: Final = "127.0.0.1,localhost,::1"


def proxy_variables(port: int) -> dict[str, str]:
    """The environment that has a process send its calls to a proxy at this port. Names of this
    machine are left out: what runs there is the service's own."""
    named = dict.fromkeys(_VARIABLES, f"http://127.0.0.1:{port}") | {"NO_PROXY": _NOT_PROXIED}
    return named | {name.lower(): value for name, value in named.items()}


@boundary("http-proxy", title="Refuses calls that nothing fakes", kind=BoundaryKind.HTTP_OUT)
class HttpProxyBoundary(HttpBoundary):
    """A proxy that refuses every call of one process with 502, records it, and passes none on."""

    def __init__(
        self, replica: int, *, on_unfaked: OnUnfaked = lambda unfaked: None, port: int = 0
    ) -> None:
        super().__init__(replica, _Refusing(on_unfaked), port)


@dataclass(frozen=True, slots=True)
class _Refusing:
    """Answers nothing but refusals."""

    on_unfaked: OnUnfaked

    def shape(self, request: Request) -> str:
        """`CONNECT api.example.com:443`, or `POST http://api.example.com /v1/charges/{}`."""
        if request.method == "CONNECT":
            return f"CONNECT {request.target[:MOST_SHOWN]}"
        origin, path, query = _parts(request)
        return f"{request.method} {origin} {without_ids(path)}{query_names(query)}"

    def statement(self, request: Request) -> str:
        if request.method == "CONNECT":
            return f"CONNECT {request.target}"
        origin, path, query = _parts(request)
        return f"{request.method} {origin}{path}{'?' if query else ''}{query}"

    def reply(self, request: Request) -> tuple[Response, float]:
        # What a check has had called, by an address of its own, is nobody's to fake.
        if not found(request.target):
            self.on_unfaked(Unfaked(self.shape(request)))
        return self.error(request, _REFUSED), 0.0

    def error(self, request: Request, status: int) -> Response:
        return problem(status, f"seamproof refuses {self.shape(request)}: no [stubs] fakes it")


def _parts(request: Request) -> tuple[str, str, str]:
    """Origin, path and query of a request in absolute form; of one in origin form, by its Host."""
    target = request.target
    if target.startswith("/"):
        host = next((value for name, value in request.headers if name.lower() == "host"), "")
        target = f"http://{host}{target}"
    try:
        url = urlsplit(target)
    except ValueError:
        return target[:MOST_SHOWN], "/", ""
    # Credentials in the URL are no part of where it leads.
    host = url.netloc.rpartition("@")[2]
    return f"{url.scheme}://{host}"[:MOST_SHOWN], url.path or "/", url.query
