"""What is asked of the service: operations, identities, steps and scenarios, in OpenAPI's terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list or dict. Checked where it enters, not here."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that promise to change nothing (RFC 9110, section 9.2.1)."""

IDEMPOTENT_METHODS = SAFE_METHODS | {"PUT", "DELETE"}
"""Methods whose repetition promises the effect of one (RFC 9110, section 9.2.2)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path template, as OpenAPI has it."""

    method: str
    path: str
    retry_safe: bool = False
    """The user's word that a repetition must have one effect although the method promises none."""

    @property
    def id(self) -> str:
        """The operation as people write it: `POST /orders/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def mutates(self) -> bool:
        """Whether the method promises no safety."""
        return self.method not in SAFE_METHODS

    @property
    def idempotent(self) -> bool:
        """Whether a repetition must have one effect, by the method or by the user's word."""
        return self.retry_safe or self.method in IDEMPOTENT_METHODS

    @classmethod
    def parse(cls, text: str, *, retry_safe: bool = False) -> Operation:
        """Read `POST /orders/{id}`. Raises ValueError where that is not what it says."""
        method, _, path = text.strip().partition(" ")
        path = path.strip()
        if not method.isalpha() or not path.startswith("/"):
            raise ValueError(f"{text!r} is not METHOD /path")
        return cls(method.upper(), path, retry_safe)


class AuthKind(StrEnum):
    """How an identity shows who it is."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    HEADER = "header"
    QUERY = "query"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Identity:
    """A principal: its name, role and tenant. How it signs in is configuration, not data here."""

    name: str
    role: str | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyPolicy:
    """What a service promises of idempotency keys. The defaults are the IETF draft's, whose codes
    are SHOULD (draft-ietf-httpapi-idempotency-key-header, section 2.7).
    """

    header: str | None = None
    """A header that carries the key, where its name does not say so."""
    required: bool = False
    """Whether a request without a key must be refused."""
    missing: int = 400
    """What is answered where a required key is missing."""
    mismatch: int = 422
    """What is answered to the key of a request with another payload."""
    replays_other_payloads: bool = False
    """Whether the stored answer is right even where the payload is another."""
    replays_errors: bool = False
    """Whether a stored error is right as the answer to a retry."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A value that a later step refers to as `{name}`, taken from a response.

    `source` is a JSON path from the body (`$.id`, `$.items[0].id`), or `header:Location`, or
    `cookie:session`.
    """

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """One request as data. Strings may hold references, `{name}`, to what earlier steps extracted.

    A string that is one reference alone takes the value's own JSON type. Some are always there:
    `{uuid}` and `{unique}`, a fresh UUID and eight fresh hexadecimal digits for each time that the
    step is sent, and `{row.users.0.id}`, a value of a row that was there before the arrangement,
    counted in the order of the primary key. `{login.alice.password}` is a field of the request that
    the identity signs in by. `{sinkhole}` is the URL of a port of ours that takes whatever it is
    asked, and `{sinkhole.port}` its number. `{filler.1000}` is a text of so many characters.
    `{{name}}` is the text `{name}`.
    """

    operation: Operation
    identity: str | None = None
    path_parameters: dict[str, Json] = field(default_factory=dict)
    query: dict[str, Json] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Json = None
    form: dict[str, Json] | None = None
    text: str | None = None
    multipart: dict[str, Json] | None = None
    """Fields of `multipart/form-data` (RFC 7578). A file is a mapping of `filename`, `type` and
    `content`, or `base64` in place of it."""
    extracts: tuple[Extract, ...] = ()
    expect: tuple[int, ...] = ()
    """The statuses that this step may answer; empty means any 2xx."""

    def expects(self, status: int | None) -> bool:
        """Whether an answer of this status is one that it may have."""
        return status is not None and (
            status in self.expect if self.expect else 200 <= status < 300
        )

    @property
    def wants_success(self) -> bool:
        """Whether a success is among what it may answer."""
        return not self.expect or any(200 <= status < 300 for status in self.expect)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Ordered steps: an arrangement, and the act that is judged."""

    name: str
    act: Step
    arrangement: tuple[Step, ...] = ()
    source: str = ""
    """The file and line that it was read from, for messages."""
    checks: tuple[str, ...] = ()
    """The checks that it is for; empty means all."""

    def serves(self, check: str) -> bool:
        """Whether it is for this check."""
        return not self.checks or check in self.checks

    @property
    def operation(self) -> Operation:
        """The operation of the act."""
        return self.act.operation
