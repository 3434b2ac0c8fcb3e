"""Secrets out of everything that is kept: applied when a history is made, before any disk.

Two rules: a value that is known to be a secret (a configured password, a token that a login gave)
is replaced wherever it appears; a field, header or column whose name says that it holds one is
replaced whatever it holds. The replacement carries a keyed digest, so that equal stays equal and
different stays different within one run.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets as random_bytes
from dataclasses import replace

from seamproof.core.history import Changes, Crossing, Exchange, Request, Response, Row, RowChange
from seamproof.core.model import Json

_SENSITIVE_NAME = re.compile(
    r"passw(or)?d|passphrase|secret|token|api[-_]?key|authorization|cookie|credential|private[-_]?key",
    re.IGNORECASE,
)
_SHORTEST = 6
"""A shorter value is a word like any other: replacing it everywhere would garble the evidence."""
_REDACTED = "<redacted:"


class Redactor:
    """Knows the secrets of one run."""

    def __init__(self) -> None:
        self._key = random_bytes.token_bytes(16)
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, *values: str) -> None:
        """Take note of secrets, to be replaced wherever they appear."""
        fresh = {value for value in values if len(value) >= _SHORTEST} - self._known
        if fresh:
            self._known |= fresh
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def learn_from(self, body: Json) -> None:
        """Take note of the values of sensitive fields in a request's body."""
        if isinstance(body, dict):
            for name, value in body.items():
                if isinstance(value, str) and _SENSITIVE_NAME.search(name):
                    self.learn(value)
                else:
                    self.learn_from(value)
        elif isinstance(body, list):
            for value in body:
                self.learn_from(value)

    def mask(self, value: str) -> str:
        """What stands for a secret."""
        if value.startswith(_REDACTED):
            return value
        digest = hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()
        return f"{_REDACTED}{digest[:8]}>"

    def text(self, value: str) -> str:
        """A text with every known secret in it replaced."""
        if self._pattern is None:
            return value
        return self._pattern.sub(lambda match: self.mask(match.group()), value)

    def body(self, value: bytes) -> bytes:
        """A body with sensitive JSON fields and known secrets replaced; untouched where clean."""
        if not value:
            return value
        try:
            decoded = value.decode()
        except UnicodeDecodeError:
            return value
        if _SENSITIVE_NAME.search(decoded) and decoded.lstrip()[:1] in {"{", "["}:
            try:
                parsed = json.loads(decoded)
            except (ValueError, RecursionError):
                return self.text(decoded).encode()
            masked = self._fields(parsed)
            if masked != parsed:
                decoded = json.dumps(masked, ensure_ascii=False)
        return self.text(decoded).encode()

    def _fields(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {
                name: self.mask(each)
                if isinstance(each, str) and each and _SENSITIVE_NAME.search(name)
                else self._fields(each)
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._fields(each) for each in value]
        return value

    def headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Headers with the sensitive ones replaced."""
        return tuple(
            (name, self.mask(value) if _SENSITIVE_NAME.search(name) else self.text(value))
            for name, value in headers
        )

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without its secrets."""
        request, response = exchange.request, exchange.response
        return replace(
            exchange,
            request=Request(
                request.method,
                self.text(request.target),
                self.headers(request.headers),
                self.body(request.body),
            ),
            response=response
            and Response(
                response.status,
                self.headers(response.headers),
                self.body(response.body),
                response.truncated,
            ),
        )

    def crossing(self, crossing: Crossing) -> Crossing:
        """A crossing without its secrets."""
        if self._pattern is None:
            return crossing
        return replace(
            crossing,
            statement=self.text(crossing.statement),
            parameters=tuple(
                None if each is None else self.text(each) for each in crossing.parameters
            ),
            message=None if crossing.message is None else self.text(crossing.message),
        )

    def changes(self, changes: Changes) -> Changes:
        """Row changes without their secrets."""
        return Changes(
            tuple(
                RowChange(
                    each.table,
                    self._row(each.old),
                    self._row(each.new),
                    each.transaction,
                    each.backend,
                )
                for each in changes.rows
            )
        )

    def _row(self, row: Row | None) -> Row | None:
        if row is None:
            return None
        return {
            name: value
            if value is None
            else self.mask(value)
            if value and _SENSITIVE_NAME.search(name)
            else self.text(value)
            for name, value in row.items()
        }
