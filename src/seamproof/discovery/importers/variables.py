"""Postman's variables: the narrowest scope wins, and what a script set wins over all.

While a text is filled, a reference stands in it between two marks, so that nothing else in it is
mistaken for one; `settled` makes it `{g3}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from seamproof.core.references import joined
from seamproof.core.secrecy import sensitive
from seamproof.discovery.importers.secrecy import Secrets
from seamproof.discovery.importers.sent import UUID
from seamproof.discovery.importers.source import Node

_NAME = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{_OPEN}([A-Za-z_][A-Za-z0-9_]*){_CLOSE}")
_DEEPEST = 20
_LONGEST = 500_000
_FRESH = f"{_OPEN}{UUID}{_CLOSE}"
_DYNAMIC = {
    "guid": _FRESH,
    "randomUUID": _FRESH,
    "randomEmail": f"{_FRESH}@example.com",
    "randomExampleEmail": f"{_FRESH}@example.com",
    "randomPassword": "Made-Up-Secret",
    "timestamp": "1767225600",
    "isoTimestamp": "2026-01-01T00:00:00.000Z",
    "randomInt": "42",
    "randomBoolean": "true",
    "randomPrice": "42.00",
    "randomUrl": "https://example.com",
    "randomDomainName": "example.com",
}


class Missing(LookupError):
    """A variable has no value; the text says why."""


class TooMuch(ValueError):
    """Variables hold each other, or too much."""


def reference(key: str) -> str:
    """The marked reference for a key."""
    return f"{_OPEN}{key}{_CLOSE}"


def settled(text: str) -> str:
    """A filled text as a scenario has it."""
    texts_and_keys = _MARKED.split(text)
    return joined(texts_and_keys[::2], texts_and_keys[1::2])


class Variables:
    """The variables of a collection as its requests are sent, one after the other."""

    def __init__(self, environment: Node | None, secrets: Secrets) -> None:
        self._secrets = secrets
        self._environment = self._read(environment.get("values") if environment else None)
        self._scopes: list[dict[str, str]] = []
        self._set: dict[str, str] = {}
        self._gone: dict[str, str] = {}

    def enter(self, variables: Node) -> None:
        """Enter a collection or a folder."""
        self._scopes.append(self._read(variables))

    def leave(self) -> None:
        """Leave it again."""
        self._scopes.pop()

    def assign(self, name: str, value: str) -> None:
        """A script set a variable to a text, or to a marked reference."""
        self._set[name] = value
        self._gone.pop(name, None)

    def lose(self, name: str, why: str) -> None:
        """A script would set a variable, but its request is not imported."""
        self._set.pop(name, None)
        self._gone[name] = why

    def filled(self, text: str, *, as_json: bool = False) -> str:
        """A text with its variables filled, escaped as JSON where `as_json`.

        A reference that stands for a whole JSON value becomes a text of its own. Raises Missing,
        and TooMuch.
        """
        text = text.replace(_OPEN, "").replace(_CLOSE, "")
        return self._json(text) if as_json else self._filled(text, _DEEPEST)

    def _filled(self, text: str, depth: int) -> str:
        parts, end, size = [], 0, 0
        for match in _NAME.finditer(text):
            value = self._value(match[1], depth)
            size += len(value)
            if size > _LONGEST:
                raise TooMuch(f"{{{{{match[1]}}}}} makes more than {_LONGEST} characters")
            parts += [text[end : match.start()], value]
            end = match.end()
        return "".join([*parts, text[end:]])

    def _json(self, text: str) -> str:
        parts, end, quoted = [], 0, False
        for match in _NAME.finditer(text):
            between = text[end : match.start()]
            quoted = _ends_quoted(between, quoted)
            value = self._value(match[1], _DEEPEST)
            if quoted:
                value = json.dumps(value)[1:-1]
            elif _MARKED.search(value):
                value = json.dumps(value)
            parts += [between, value]
            end = match.end()
        return "".join([*parts, text[end:]])

    def _value(self, name: str, depth: int) -> str:
        if name.startswith("$"):
            if name[1:] in _DYNAMIC:
                return _DYNAMIC[name[1:]]
            if name.startswith("$random"):
                return _FRESH
            raise Missing(f"{{{{{name}}}}} is no dynamic variable")
        if name in self._gone:
            raise Missing(f"{{{{{name}}}}} is set by {self._gone[name]}")
        value = self._raw(name)
        if not value:
            raise Missing(f"{{{{{name}}}}} has no value")
        if "{{" not in value:
            return value
        if depth == 0:
            raise TooMuch(f"{{{{{name}}}}} holds itself")
        return self._filled(value, depth - 1)

    def _raw(self, name: str) -> str:
        for scope in (self._set, *reversed(self._scopes[1:]), self._environment, *self._scopes[:1]):
            if name in scope:
                return scope[name]
        return ""

    def _read(self, variables: Node | None) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in variables.items() if variables else ():
            members: Mapping[str, object] = each.members()
            if members.get("disabled") is True or members.get("enabled") is False:
                continue
            name, value = each.text("key") or each.text("id"), _text(each)
            found[name] = value.replace(_OPEN, "").replace(_CLOSE, "")
            if (each.text("type") == "secret" or sensitive(name)) and "{{" not in value:
                self._secrets.learn(value)
        return found


def _text(variable: Node) -> str:
    value = variable.members().get("value")
    return json.dumps(value) if isinstance(value, dict | list) else variable.text("value")


def _ends_quoted(text: str, quoted: bool) -> bool:
    """Whether a text of JSON ends inside of a string, having begun inside or outside of one."""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
    return quoted
