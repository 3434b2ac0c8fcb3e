"""Secrets out of everything that is kept: applied when a history is made, before any disk.

Two rules: a value that is known to be a secret (a configured password, a token that a login gave)
is replaced wherever it appears; a field, header or column whose name says that it holds one is
replaced whatever it holds. The replacement carries a keyed digest, so that equal stays equal and
different stays different within one run.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets as random_bytes
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from seamproof.core import canaries, references
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Exchange,
    Request,
    Response,
    Row,
    RowChange,
)
from seamproof.core.model import Json, Scenario
from seamproof.core.secrecy import REDACTED, redacted, sensitive

_PAIR = re.compile(r"([^=&]+)=([^&]+)")
_FORM = re.compile(r"[^=&\s]+=[^&\s]*(&[^=&\s]+=[^&\s]*)*")
_SHORTEST = 6
"""A shorter value is a word like any other: replacing it everywhere would garble the evidence."""
_REMEMBERED = 4096
"""Headers and statements whose replacement is kept: most come again with each request."""


class Redactor:
    """Knows the secrets of one run."""

    def __init__(self) -> None:
        self._key = random_bytes.token_bytes(16)
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._headers: dict[tuple[str, str], tuple[str, str]] = {}
        self._statements: dict[str, str] = {}
        self._looked_through = Changes()
        """The row changes that were looked through last."""
        self._cleaned = Changes()
        """What was made of them."""

    def learn(self, *values: str) -> None:
        """Take note of secrets, to be replaced wherever they appear. A text of ours is none."""
        fresh = {
            value for value in values if len(value) >= _SHORTEST and not canaries.ours(value)
        } - self._known
        if fresh:
            self._known |= fresh
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
            self._forget()

    def _forget(self) -> None:
        self._headers.clear()
        self._statements.clear()
        self._looked_through = self._cleaned = Changes()

    def learn_from_all(self, scenarios: Iterable[Scenario]) -> None:
        """Take note of what scenarios will send, before one is sent: what stands in a row that an
        earlier one writes must look the same whenever it is written."""
        for each in scenarios:
            for step in (*each.arrangement, each.act):
                self.learn_from(step.json)
                self.learn_from(step.form)

    def learn_from(self, body: Json) -> None:
        """Take note of the values of sensitive fields in a request's body. A reference is none."""
        if isinstance(body, dict):
            for name, value in body.items():
                if isinstance(value, str) and sensitive(name):
                    if not references.alone(value):
                        self.learn(value)
                else:
                    self.learn_from(value)
        elif isinstance(body, list):
            for value in body:
                self.learn_from(value)

    def mask(self, value: str) -> str:
        """What stands for a secret. A text of ours is none: it is there to be seen."""
        if redacted(value) or canaries.ours(value):
            return value
        digest = hmac.digest(self._key, _bytes(value), "sha256").hex()
        return f"{REDACTED}{digest[:8]}>"

    def text(self, value: str) -> str:
        """A text with every known secret in it replaced."""
        if self._pattern is None or len(value) < _SHORTEST:
            return value
        return self._pattern.sub(self._hide, value)

    def _hide(self, match: re.Match[str]) -> str:
        return self.mask(match.group())

    def body(self, value: bytes) -> bytes:
        """A body with sensitive JSON fields and known secrets replaced; untouched where clean."""
        if not value:
            return value
        try:
            decoded = value.decode()
        except UnicodeDecodeError:
            return value
        if sensitive(decoded) and decoded.lstrip()[:1] in {"{", "["}:
            try:
                parsed = json.loads(decoded)
            except (ValueError, RecursionError):
                return self.text(decoded).encode()
            masked = self._fields(parsed)
            if masked != parsed:
                decoded = json.dumps(masked, ensure_ascii=False)
        elif _FORM.fullmatch(decoded):
            decoded = self._pairs(decoded)
        return _bytes(self.text(decoded))

    def _fields(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {
                name: self.mask(each)
                if isinstance(each, str) and each and sensitive(name)
                else self._fields(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._fields(each) for each in value]
        return value

    def target(self, value: str) -> str:
        """A request target, or any text that ends in a query, with sensitive fields replaced."""
        path, mark, query = value.partition("?")
        return self.text(f"{path}{mark}{self._pairs(query)}")

    def _pairs(self, text: str) -> str:
        return _PAIR.sub(
            lambda pair: f"{pair[1]}={self.mask(pair[2])}" if sensitive(pair[1]) else pair[0],
            text,
        )

    def headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Headers with the sensitive ones replaced."""
        return tuple([self._headers.get(each) or self._header(each) for each in headers])

    def _header(self, header: tuple[str, str]) -> tuple[str, str]:
        name, value = header
        if len(self._headers) >= _REMEMBERED:
            self._headers.clear()
        replaced = name, self.mask(value) if sensitive(name) else self.text(value)
        self._headers[header] = replaced
        return replaced

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without its secrets."""
        response = exchange.response
        return Exchange(
            exchange.act,
            self._request(exchange.request),
            exchange.sent,
            exchange.received,
            response and self._response(response),
            exchange.silence,
        )

    def _request(self, request: Request) -> Request:
        return Request(
            request.method,
            self.target(request.target),
            self.headers(request.headers),
            self.body(request.body),
        )

    def _response(self, response: Response) -> Response:
        return Response(
            response.status,
            self.headers(response.headers),
            self.body(response.body),
            response.truncated,
        )

    def crossing(self, crossing: Crossing) -> Crossing:
        """A crossing without its secrets."""
        if crossing.kind is CrossingKind.CALL:
            request, response = crossing.request, crossing.response
            return replace(
                crossing,
                statement=self.target(crossing.statement),
                request=request and self._request(request),
                response=response and self._response(response),
            )
        statement, message = self._statement(crossing.statement), crossing.message
        parameters = tuple(
            None if each is None else self.text(each) for each in crossing.parameters
        )
        if message is not None:
            message = self.text(message)
        if (statement, parameters, message) == (
            crossing.statement,
            crossing.parameters,
            crossing.message,
        ):
            # As nearly all are: to copy one costs more than to look through it.
            return crossing
        return replace(crossing, statement=statement, parameters=parameters, message=message)

    def _statement(self, value: str) -> str:
        known = self._statements.get(value)
        if known is None:
            if len(self._statements) >= _REMEMBERED:
                self._statements.clear()
            known = self._statements[value] = self.text(value)
        return known

    def changes(self, changes: Changes) -> Changes:
        """Row changes without their secrets.

        Behind each phase of an experiment come those of the phases before, the same objects: they
        are looked through once.
        """
        known, cleaned = self._looked_through.rows, self._cleaned.rows
        if changes.rows[: len(known)] != known:
            known = cleaned = ()
        fresh = [self._change(each) for each in changes.rows[len(known) :]]
        self._looked_through, self._cleaned = changes, Changes((*cleaned, *fresh))
        return self._cleaned

    def _change(self, change: RowChange) -> RowChange:
        return RowChange(
            change.table,
            self._row(change.old),
            self._row(change.new),
            change.transaction,
            change.backend,
        )

    def _row(self, row: Row | None) -> Row | None:
        if row is None:
            return None
        return {
            name: value
            if value is None
            else self.mask(value)
            if value and _sensitive(name)
            else self.text(value)
            for name, value in row.items()
        }


@lru_cache(maxsize=4096)
def _sensitive(column: str) -> bool:
    return sensitive(column)


def _bytes(text: str) -> bytes:
    """A text in UTF-8. Half of a surrogate pair, which JSON may name and UTF-8 has no form for, is
    what JSON writes for it."""
    return text.encode(errors="backslashreplace")
