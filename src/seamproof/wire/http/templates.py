"""Values of the request, and fresh ids, in what is answered.

    {request.json.amount}    {request.json.items.0.price}    a field of the JSON body
    {request.form.amount}                                    a field of a form body
    {request.path.id}        {request.query.limit}           a parameter
    {request.headers.idempotency-key}                        a header, in any case
    {uuid}  {number}  {now}                                  fresh with each call; the time in UTC

A string that is one placeholder alone takes the value's own JSON type. What the request does not
have is null, and nothing inside other text. `{{uuid}}` is the text `{uuid}`; braces round anything
else are text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import parse_qsl

from seamproof.core.history import Request
from seamproof.core.model import Json
from seamproof.wire.http.paths import split

FRESH: Final = ("uuid", "number", "now")
"""Placeholders that are made with each call."""
PARTS: Final = ("json", "form", "path", "query", "headers")
"""What of a request a placeholder may name."""

_NAME = r"uuid|number|now|request(?:\.[\w-]+)*"
_PLACEHOLDER = re.compile(rf"\{{\{{(?P<escaped>{_NAME})\}}\}}|\{{(?P<name>{_NAME})\}}")

Lookup = Callable[[str], Json]


def names(value: Json) -> Iterator[str]:
    """The placeholders in JSON-like data."""
    if isinstance(value, str):
        for match in _PLACEHOLDER.finditer(value):
            if match["name"]:
                yield match["name"]
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from names(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from names(each)


def fill(value: Json, lookup: Lookup) -> Json:
    """JSON-like data with its placeholders filled; the names of fields are left as they are."""
    if isinstance(value, str):
        return _filled(value, lookup)
    if isinstance(value, Mapping):
        return {name: fill(each, lookup) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [fill(each, lookup) for each in value]
    return value


def fill_text(text: str, lookup: Lookup) -> str:
    """A text with its placeholders filled."""

    def one(match: re.Match[str]) -> str:
        return f"{{{match['escaped']}}}" if match["escaped"] else _as_text(lookup(match["name"]))

    return _PLACEHOLDER.sub(one, text)


def _filled(text: str, lookup: Lookup) -> Json:
    whole = _PLACEHOLDER.fullmatch(text)
    if whole is not None and whole["name"]:
        return lookup(whole["name"])
    return fill_text(text, lookup)


def _as_text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass
class Scope:
    """What placeholders mean for one call."""

    request: Request
    parameters: Mapping[str, str] = field(default_factory=dict)
    fresh: Mapping[str, Json] = field(default_factory=dict)

    def __call__(self, name: str) -> Json:
        """The value of a placeholder; None for what the request does not have."""
        if name in self.fresh:
            return self.fresh[name]
        _, _, rest = name.partition(".")
        part, _, path = rest.partition(".")
        if part == "json":
            return _at(self._json, path.split(".") if path else [])
        if part == "path":
            return self.parameters.get(path)
        if part == "headers":
            return self._headers.get(path.lower())
        fields = self._query if part == "query" else self._form
        return fields.get(path)

    @cached_property
    def _json(self) -> Json:
        try:
            return json.loads(self.request.body)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def _form(self) -> dict[str, str]:
        return dict(parse_qsl(self.request.body.decode("utf-8", "replace")))

    @cached_property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(split(self.request.target)[1], keep_blank_values=True))

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.request.headers}


def _at(value: Json, path: list[str]) -> Json:
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
