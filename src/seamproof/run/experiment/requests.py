"""Steps as bytes: references resolved, credentials added, parameters encoded."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from seamproof.core import references
from seamproof.core.catalog import Stored
from seamproof.core.history import Request
from seamproof.core.model import Json, Step
from seamproof.run.experiment import multipart

_PARAMETER = re.compile(r"\{([A-Za-z_][\w.-]*)\}")
_QUOTED = re.compile(r'"\{([A-Za-z_][\w.-]*)\}"')
"""A reference that is a JSON string alone."""
_LINE_BREAK = re.compile(r"[\r\n]")
_UUID = "uuid"
_UNIQUE = "unique"
_SINKHOLE = "sinkhole"
_SINKHOLE_PORT = "sinkhole.port"
_FILLER = re.compile(r"filler\.(\d{1,8})")
_ROW = "row."
_GIVEN = (_ROW, "login.")
"""What references to stored rows and to sign-ins begin with."""
_NAMESPACE = uuid.UUID("6f1b2a52-62e4-4f0e-9a55-0b7a6c1d0e5f")


class UnknownReference(LookupError):
    """A reference to something that no earlier step extracted."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What shows who an identity is, sent with each of its requests."""

    headers: tuple[tuple[str, str], ...] = ()
    cookies: dict[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    """Parameters; what a step says itself wins."""
    fields: tuple[tuple[str, str], ...] = ()
    """Fields that go with each form; what a step says itself wins."""


@dataclass(frozen=True, slots=True)
class Bindings:
    """What references mean in one scenario.

    `{uuid}` is made of the seed and the step, so that equal experiments send equal bytes and a
    retry repeats them, while two steps never share one.
    """

    values: dict[str, Json] = field(default_factory=dict)
    salt: str = ""
    stored: Stored = field(default_factory=dict)
    """The rows that were there before the arrangement."""
    logins: Mapping[str, Json] = field(default_factory=dict)
    """What is typed to sign in, by `login.NAME.FIELD`."""
    sinkhole: str = ""
    """The URL of a port of ours that takes what it is asked."""

    def with_value(self, name: str, value: Json) -> Bindings:
        """The same with one more."""
        return replace(self, values={**self.values, name: value})

    def lookup(self, name: str, place: str) -> Json:
        """The value of a reference at a place in a step. Raises UnknownReference."""
        if name in self.values:
            return self.values[name]
        if name in {_UUID, _UNIQUE}:
            fresh = uuid.uuid5(_NAMESPACE, f"{self.salt}/{place}")
            return str(fresh) if name == _UUID else fresh.hex[:8]
        if name == _SINKHOLE:
            return self.sinkhole
        if name == _SINKHOLE_PORT:
            return self.sinkhole.rpartition(":")[2]
        if filler := _FILLER.fullmatch(name):
            return "x" * int(filler[1])
        if name in self.logins:
            return self.logins[name]
        if name.startswith(_ROW):
            return self._stored(name)
        raise UnknownReference(name)

    def _stored(self, name: str) -> Json:
        """What `row.TABLE.NUMBER.COLUMN` means; a table's name may have a dot of its own."""
        rest, _, column = name.removeprefix(_ROW).rpartition(".")
        table, _, number = rest.rpartition(".")
        rows = self.stored.get(table, ())
        if not number.isdecimal() or int(number) >= len(rows) or column not in rows[int(number)]:
            raise UnknownReference(name)
        return rows[int(number)][column]


def ungiven(step: Step, bindings: Bindings) -> str:
    """The first reference of a step to a stored row or a sign-in that is not there; else nothing.

    Sent as it stands it would be a value that nobody meant.
    """
    bodies = (step.json, step.form, step.text, step.multipart)
    for value in (step.path_parameters, step.query, step.headers, *bodies):
        for name in references.inside(value) if references.possible(value) else ():
            if name.startswith(_GIVEN):
                try:
                    bindings.lookup(name, "")
                except UnknownReference:
                    return name
    return ""


def resolve(value: Json, bindings: Bindings, place: str = "") -> Json:
    """Replace references. A string that is one alone takes the value's own JSON type.

    A brace pair that holds no known name is kept as it is: bodies may hold braces. `{{name}}` is
    the text `{name}`.
    """
    if isinstance(value, str):
        return _resolve_text(value, bindings, place)
    if isinstance(value, dict):
        return {
            str(_resolve_text(name, bindings, f"{place}.{name}")): resolve(
                each, bindings, f"{place}.{name}"
            )
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [resolve(each, bindings, f"{place}[{i}]") for i, each in enumerate(value)]
    return value


def _resolve_text(text: str, bindings: Bindings, place: str) -> Json:
    if "{" not in text:
        return text
    name = references.alone(text)
    if name is not None:
        try:
            return bindings.lookup(name, place)
        except UnknownReference:
            return text

    def one(name: str) -> str | None:
        try:
            return _as_text(bindings.lookup(name, place))
        except UnknownReference:
            return None

    return references.filled(text, one)


def _as_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def filled_body(body: bytes, bindings: Bindings, place: str) -> bytes:
    """A body that is sent as it is written, but for its references: `"{order}"` becomes the value
    as JSON, and `{order}` its text. Bytes that are no UTF-8 stay as they are.
    """
    text = body.decode("utf-8", "surrogateescape")

    def quoted(match: re.Match[str]) -> str:
        try:
            return json.dumps(bindings.lookup(match[1], place))
        except UnknownReference:
            return match[0]

    def one(name: str) -> str | None:
        try:
            return _as_text(bindings.lookup(name, place))
        except UnknownReference:
            return None

    return references.filled(_QUOTED.sub(quoted, text), one).encode("utf-8", "surrogateescape")


def target(
    step: Step, bindings: Bindings, place: str = "", added: Mapping[str, str] | None = None
) -> str:
    """The request target: path parameters percent-encoded (RFC 3986), then the query, with what is
    `added` to the step's own.

    Raises UnknownReference for a path parameter that nothing gives a value.
    """

    def parameter(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in step.path_parameters:
            value = resolve(step.path_parameters[name], bindings, f"{place}/path.{name}")
        else:
            value = bindings.lookup(name, f"{place}/path.{name}")
        return quote(_as_text(value), safe="")

    path = _PARAMETER.sub(parameter, step.operation.path)
    query = {**(added or {}), **resolve(step.query, bindings, f"{place}/query")}
    return f"{path}?{_form(query)}" if query else path


def _form(values: Mapping[str, Json]) -> str:
    pairs = [
        (name, _as_text(each))
        for name, value in values.items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]
    return urlencode(pairs)


def build(
    step: Step,
    bindings: Bindings,
    credentials: Credentials,
    *,
    place: str,
    extra_headers: Mapping[str, str] | None = None,
) -> Request:
    """The request that a step becomes. Raises UnknownReference."""
    headers: dict[str, str] = {"Accept": "application/json"}
    body = b""
    if step.json is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(resolve(step.json, bindings, f"{place}/json")).encode()
    elif step.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        form = resolve(step.form, bindings, f"{place}/form")
        body = _form({**dict(credentials.fields), **form}).encode()
    elif step.text is not None:
        headers["Content-Type"] = "text/plain; charset=utf-8"
        body = _as_text(resolve(step.text, bindings, f"{place}/text")).encode()
    elif step.multipart is not None:
        fields = resolve(step.multipart, bindings, f"{place}/multipart")
        headers["Content-Type"], body = multipart.encode({**dict(credentials.fields), **fields})
    headers |= dict(credentials.headers)
    if credentials.cookies:
        headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in credentials.cookies.items())
    for name, value in step.headers.items():
        _set(headers, name, _as_text(resolve(value, bindings, f"{place}/headers.{name}")))
    for name, value in (extra_headers or {}).items():
        _set(headers, name, value)
    return Request(
        step.operation.method,
        target(step, bindings, place, dict(credentials.query)),
        tuple(headers.items()),
        body,
    )


def _set(headers: dict[str, str], name: str, value: str) -> None:
    for present in [each for each in headers if each.lower() == name.lower()]:
        del headers[present]
    headers[name] = value


def encode(request: Request, host: str) -> bytes:
    """The request as HTTP/1.1 bytes (RFC 9112), to be answered on a connection of its own."""
    lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {host}"]
    # A value taken from a hostile response must not begin a header of its own (RFC 9110, 5.5).
    lines += [f"{name}: {_LINE_BREAK.sub(' ', value)}" for name, value in request.headers]
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(request.body)}")
    lines += ["Accept-Encoding: identity", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + request.body
