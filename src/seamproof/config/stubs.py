"""Fakes of external services: what they answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from seamproof.config.sections import OperationId, Section
from seamproof.core.model import Operation
from seamproof.wire.http.paths import PathTemplate
from seamproof.wire.http.templates import FRESH, PARTS, names

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_COMPUTED = frozenset({"content-length", "transfer-encoding"})


class AnswerConfig(Section):
    """Headers and a body. Placeholders in them: `{request.json.amount}`, `{request.form.amount}`,
    `{request.path.id}`, `{request.query.limit}`, `{request.headers.idempotency-key}`; `{uuid}` and
    `{number}`, fresh with each call and the same in equal experiments; `{now}`. A string that is
    one placeholder alone takes the value's JSON type."""

    headers: dict[str, str] = Field(default_factory=dict)
    """The headers."""
    json_: Any = Field(None, alias="json")
    """The body, as JSON."""
    text: str | None = None
    """The body, as text."""

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if self.json_ is not None and self.text is not None:
            raise ValueError("has both json and text: an answer has one body")
        for name in self.headers:
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"has the header {name!r}, which is no header's name")
            if name.lower() in _COMPUTED:
                raise ValueError(f"has the header {name}, which is computed from the body")
        return self

    def placeholders(self) -> Iterator[str]:
        """The names of its placeholders."""
        yield from names([self.headers, self.json_, self.text])


class ReplyConfig(AnswerConfig):
    """What a stub answers to an operation: one reply, or a list of which the last repeats; each
    experiment starts at the first. In headers and bodies, `{request.json.amount}` (also `form`,
    `path`, `query`, `headers`) is a value of the call, `{uuid}` and `{number}` are fresh with each
    call and the same in equal experiments, `{now}` is the time. A string that is one placeholder
    alone takes the value's JSON type."""

    status: int = Field(200, ge=200, le=599)
    """The status."""
    delay: float = Field(0.0, ge=0, le=60)
    """Seconds before it is sent."""


class ErrorConfig(AnswerConfig):
    """How an operation refuses with this status: headers and body, with the same placeholders but
    for `{uuid}` and `{number}`. Used where an error is injected; without it the body is a problem
    (RFC 9457)."""


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _plain(text: str) -> str:
    if "?" in text or "#" in text:
        raise ValueError(f"is {text!r}, and a reply is chosen by method and path, not by the query")
    return text


Replies = Annotated[tuple[ReplyConfig, ...], BeforeValidator(_listed), Field(min_length=1)]
StubOperation = Annotated[OperationId, AfterValidator(_plain)]
ErrorStatus = Annotated[int, Field(ge=400, le=599)]


class StubConfig(Section):
    """A fake of an external HTTP service. `{stubs.NAME.url}` is where it is."""

    replies: dict[StubOperation, Replies] = Field(default_factory=dict)
    """What it answers, by operation (`POST /charges/{id}/refunds`): one reply, or a list. A call
    that no reply is there for is answered 501, and reported."""
    errors: dict[StubOperation, dict[ErrorStatus, ErrorConfig]] = Field(default_factory=dict)
    """How it refuses, by operation and status:
    `"POST /charges" = { 402 = { json = { error = "card_declined" } } }`."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for operation in self.errors:
            if operation not in self.replies:
                nearest = get_close_matches(operation, self.replies, n=1)
                meant = f"; did you mean {nearest[0]}?" if nearest else ""
                raise ValueError(f"has errors of {operation}, and no reply of it{meant}")
        for operation, answer in self._answers():
            known = PathTemplate(Operation.parse(operation).path).names
            for name in answer.placeholders():
                if problem := _unknown(name, known, refuses=isinstance(answer, ErrorConfig)):
                    raise ValueError(f"has {{{name}}} in {operation}: {problem}")
        return self

    def _answers(self) -> Iterator[tuple[str, AnswerConfig]]:
        for operation, replies in self.replies.items():
            yield from ((operation, each) for each in replies)
        for operation, by_status in self.errors.items():
            yield from ((operation, each) for each in by_status.values())


def _unknown(name: str, parameters: tuple[str, ...], *, refuses: bool) -> str:
    """Why a placeholder means nothing; empty where it does."""
    if name in FRESH:
        return "a refusal makes nothing that has an id" if refuses and name != "now" else ""
    _, _, rest = name.partition(".")
    part, _, field = rest.partition(".")
    if part not in PARTS or (not field and part != "json"):
        offered = ", ".join(f"{{request.{each}.NAME}}" for each in PARTS)
        return f"of the request there are {offered}"
    if part == "path" and field not in parameters:
        offered = ", ".join(parameters) or "none"
        return f"the parameters of this path are: {offered}"
    return ""
