"""An answer, and what is expected of it: `api.get("/orders/1").expect(200)["total"]`."""

from __future__ import annotations

import json as json_module
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seamproof.core.model import Json
from seamproof.run.experiment.extraction import at_path
from seamproof.testing.expectations import differences, failed
from seamproof.testing.expectations.matching import Pattern

if TYPE_CHECKING:
    import httpx2

    from seamproof.testing.exchanges import Sent

_SHOWN = 400
_PROBLEM = "application/problem+json"
_UNSET: Any = object()


class Reply:
    """What came back. `reply["id"]` and `reply[0]` look into its JSON; `http` is httpx2's own."""

    def __init__(self, http: httpx2.Response, sent: Sent | None = None) -> None:
        self.http = http
        """The response as httpx2 has it."""
        self.sent = sent
        """What the boundaries saw of it; None outside of a world."""
        self._json: Json = _UNSET

    @property
    def status(self) -> int:
        """The status code."""
        return self.http.status_code

    @property
    def headers(self) -> httpx2.Headers:
        """The headers; names in any case."""
        return self.http.headers

    @property
    def cookies(self) -> httpx2.Cookies:
        """The cookies that it sets."""
        return self.http.cookies

    @property
    def text(self) -> str:
        """The body as text."""
        return self.http.text

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self.http.content

    @property
    def json(self) -> Json:
        """The body's JSON. Raises AssertionError where it is none."""
        if self._json is _UNSET:
            try:
                self._json = json_module.loads(self.http.content)
            except (ValueError, RecursionError):
                raise AssertionError(f"{self}: the body is no JSON: {self._body}") from None
        return self._json

    def at(self, path: str) -> Json:
        """The value at a JSON path of names and indexes, `$.items[0].id`. Raises LookupError."""
        return at_path(self.json, path)

    def __getitem__(self, name: str | int) -> Json:
        return self.json[name]

    def __contains__(self, name: object) -> bool:
        return name in self.json

    def __iter__(self) -> Iterator[Json]:
        return iter(self.json)

    def __len__(self) -> int:
        return len(self.json)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return bool(self.json == (other.json if isinstance(other, Reply) else other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        request = self.http.request
        return f"<{request.method} {request.url.raw_path.decode()} answered {self.status}>"

    def __str__(self) -> str:
        return repr(self).strip("<>")

    @property
    def _body(self) -> str:
        text = " ".join(self.http.text.split())
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

    # Expectations

    def expect(
        self,
        status: int | Collection[int] | None = None,
        *,
        json: Json = _UNSET,
        schema: Mapping[str, Any] | str | Path | None = None,
        headers: Mapping[str, str | Pattern | None] | None = None,
        text: str | Pattern | None = None,
    ) -> Reply:
        """Expect all of this, and return itself. Raises AssertionError with everything that is not.

        Without a status, any 2xx is expected. Of headers only those named matter; None says that
        there is none.
        """
        __tracebackhide__ = True
        problems = list(self._status(status))
        if json is not _UNSET:
            problems += differences(json, self.json)
        if schema is not None:
            from seamproof.testing.expectations import schemas

            problems += schemas.differences(schema, self.json)
        for name, value in (headers or {}).items():
            problems += self._header(name, value)
        if text is not None:
            problems += differences(text, self.text, "text")
        self._report(problems)
        return self

    def expect_problem(
        self, status: int, *, field: str | None = None, type: str | None = None
    ) -> Reply:
        """Expect an error with this status, which names a field in any of the usual shapes.

        With a `type` it must be a problem of it, as RFC 9457 has them.
        """
        __tracebackhide__ = True
        from seamproof.testing.expectations import problems

        found = list(self._status(status))
        if field is not None:
            named = problems.fields(self.json)
            if field not in named:
                known = ", ".join(sorted(named)) or "no field"
                found.append(f"the error names {known}, and not {field}")
        if type is not None:
            kind = self.headers.get("content-type", "").partition(";")[0].strip()
            if kind != _PROBLEM:
                found.append(f"content-type: expected {_PROBLEM}, got {kind or 'none'}")
            elif self.json.get("type", "about:blank") != type:
                found.append(f"$.type: expected {type!r}, got {self.json.get('type')!r}")
        self._report(found)
        return self

    def _status(self, expected: int | Collection[int] | None) -> Iterator[str]:
        if expected is None:
            if not 200 <= self.status < 300:
                yield f"status: expected 2xx, got {self.status}"
        elif isinstance(expected, int):
            if self.status != expected:
                yield f"status: expected {expected}, got {self.status}"
        elif self.status not in expected:
            allowed = " or ".join(map(str, expected))
            yield f"status: expected {allowed}, got {self.status}"

    def _header(self, name: str, expected: str | Pattern | None) -> Iterator[str]:
        value = self.headers.get(name)
        if expected is None:
            if value is not None:
                yield f"header {name}: {value!r} was not expected"
        elif value is None:
            yield f"header {name}: expected {expected!r}, and it is not there"
        else:
            yield from differences(expected, value, f"header {name}")

    def _report(self, problems: list[str]) -> None:
        if problems:
            __tracebackhide__ = True
            failed("\n".join([str(self), *(f"  {each}" for each in problems), f"  {self._body}"]))
