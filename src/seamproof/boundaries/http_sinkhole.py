"""Takes whatever a service can be made to call: an address that nobody has a reason to know."""

from __future__ import annotations

from typing import Final

from seamproof.boundaries.http import HttpBoundary
from seamproof.boundaries.http_stub import problem
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Request, Response
from seamproof.core.registry import boundary
from seamproof.wire.http.paths import query_names, split, without_ids

NAME: Final = "sinkhole"
_ANSWER: Final = Response(200, (("Content-Type", "text/plain; charset=utf-8"),), b"ok\n")


@boundary("http-sinkhole", title="Takes calls to addresses of ours", kind=BoundaryKind.HTTP_OUT)
class HttpSinkholeBoundary(HttpBoundary):
    """A port that answers every call with 200 and records it. `{sinkhole}` in a step is its URL,
    below which each request may have a path of its own."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(0, _Taking(), port)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class _Taking:
    """Answers everything alike."""

    def shape(self, request: Request) -> str:
        """`GET sinkhole /{}`."""
        path, query = split(request.target)
        return f"{request.method} {NAME} {without_ids(path)}{query_names(query)}"

    def statement(self, request: Request) -> str:
        return f"{request.method} http://{NAME}{request.target}"

    def reply(self, request: Request) -> tuple[Response, float]:
        return _ANSWER, 0.0

    def error(self, request: Request, status: int) -> Response:
        return problem(status, f"{NAME} cannot do this")
