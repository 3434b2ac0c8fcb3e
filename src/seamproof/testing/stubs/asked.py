"""A call of the service as a test reads it."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import parse_qsl

from seamproof.core.history import Request, Response
from seamproof.core.model import Json
from seamproof.wire.http.paths import split

_SHOWN = 100


class Headers(dict[str, str]):
    """Headers by their names in any case."""

    def __init__(self, headers: tuple[tuple[str, str], ...]) -> None:
        super().__init__((name.lower(), value) for name, value in headers)

    def __missing__(self, name: str) -> str:
        if name != name.lower():
            return self[name.lower()]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name.lower() if isinstance(name, str) else name)


class Asked:
    """What the service asked of another, and what it was answered."""

    def __init__(
        self,
        request: Request,
        parameters: Mapping[str, str] | None = None,
        response: Response | None = None,
    ) -> None:
        self.request = request
        """The same as everywhere in seamproof."""
        self.response = response
        """The answer; None where it got no whole one."""
        self.parameters = dict(parameters or {})
        """The parameters of the path, as the operation names them."""

    @property
    def method(self) -> str:
        """Its method."""
        return self.request.method

    @property
    def path(self) -> str:
        """Its path, without the query."""
        return split(self.request.target)[0]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's fields, of equal names the last."""
        return dict(parse_qsl(split(self.request.target)[1], keep_blank_values=True))

    @cached_property
    def headers(self) -> Headers:
        """Its headers, by their names in any case."""
        return Headers(self.request.headers)

    @property
    def body(self) -> bytes:
        """Its body."""
        return self.request.body

    @property
    def text(self) -> str:
        """Its body as text."""
        return self.request.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Json:
        """The JSON of its body; None where that is none."""
        try:
            return json_module.loads(self.request.body)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return dict(parse_qsl(self.text, keep_blank_values=True))

    @property
    def status(self) -> int | None:
        """What it was answered with; None where it got no whole answer."""
        return None if self.response is None else self.response.status

    def __repr__(self) -> str:
        body = " ".join(self.text.split())
        shown = f" {body[:_SHOWN]}{'…' if len(body) > _SHOWN else ''}" if body else ""
        came = "no answer" if self.status is None else str(self.status)
        return f"<{self.method} {self.request.target}{shown} -> {came}>"
