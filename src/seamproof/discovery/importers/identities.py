"""Who sent requests, and how to configure them: user1, user2 in the order of their coming."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from dataclasses import dataclass

from seamproof.config.quoting import quoted
from seamproof.core.model import Json
from seamproof.core.secrecy import sensitive

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLACEHOLDER = re.compile(r"\{(\{*[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password with each request (RFC 7617); no user where the user is the secret."""

    username: str | None

    def toml(self, prefix: str) -> str:
        """The way in, as a line of the identity's table."""
        user = f"{{env.{prefix}_USERNAME}}" if self.username is None else _literal(self.username)
        return f"basic = {_table({'username': user, 'password': f'{{env.{prefix}_PASSWORD}}'})}"


@dataclass(frozen=True, slots=True)
class Header:
    """A header with each request; `scheme` is the word before the secret in it."""

    name: str = "Authorization"
    scheme: str = "Bearer"

    def toml(self, prefix: str) -> str:
        """The way in, as a line of the identity's table."""
        secret = f"{{env.{prefix}_TOKEN}}"
        if self.name.lower() == "authorization" and self.scheme.lower() == "bearer":
            return f"bearer = {quoted(secret)}"
        value = f"{self.scheme} {secret}" if self.scheme else secret
        return f"header = {_table({'name': self.name, 'value': value})}"


@dataclass(frozen=True, slots=True)
class Login:
    """A request that signs in."""

    operation: str
    body: Json = None
    form: Json = None
    token: str = ""
    """Where its answer has the token; empty where cookies are kept."""
    header: Header = Header()

    def toml(self, prefix: str) -> str:
        """The way in, as a line of the identity's table."""
        table: dict[str, Json] = {"operation": self.operation}
        if self.body is not None:
            table["body"] = _without_secrets(self.body, prefix)
        if self.form is not None:
            table["form"] = _without_secrets(self.form, prefix)
        if self.token:
            table["token"] = self.token
            if self.header.name.lower() != "authorization":
                table["header"] = self.header.name
            if self.header.scheme.lower() != "bearer":
                table["scheme"] = self.header.scheme
        return f"login = {_table(table)}"


Way = Basic | Header | Login


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sent requests."""

    name: str
    way: Way
    evidence: str
    """How they were recognised, for a person."""

    @property
    def table(self) -> str:
        """The configuration in TOML, with `{env.NAME}` for what is secret."""
        return f"[identities.{self.name}]\n{self.way.toml(self.name.upper())}"


class Roster:
    """The identities of one file."""

    def __init__(self) -> None:
        self._principals: dict[Hashable, Principal] = {}

    def name(self, key: Hashable, way: Way, evidence: str) -> str:
        """The name of whoever this key stands for, a new one for a new key."""
        name = f"user{len(self._principals) + 1}"
        return self._principals.setdefault(key, Principal(name, way, evidence)).name

    @property
    def principals(self) -> tuple[Principal, ...]:
        """All of them, in the order of their coming."""
        return tuple(self._principals.values())


def _without_secrets(value: Json, prefix: str, name: str = "") -> Json:
    """A body of a login for the configuration: each secret a variable of its own."""
    if isinstance(value, dict):
        return {
            key: _without_secrets(each, prefix, key if sensitive(key) else name or key)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(each, prefix, name) for each in value]
    if sensitive(name) and value is not None and not isinstance(value, bool):
        return f"{{env.{prefix}_{re.sub(r'[^A-Z0-9]+', '_', name.upper()).strip('_') or 'SECRET'}}}"
    return _literal(value) if isinstance(value, str) else value


def _literal(text: str) -> str:
    """A text in which the configuration finds no placeholder."""
    return _PLACEHOLDER.sub(r"{ \1", text)


def _table(members: dict[str, Json]) -> str:
    pairs = [
        f"{key if _BARE.fullmatch(key) else quoted(key)} = {_toml(value)}"
        for key, value in members.items()
        if value is not None
    ]
    return f"{{ {', '.join(pairs)} }}"


def _toml(value: Json) -> str:
    if isinstance(value, dict):
        return _table(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value if each is not None)}]"
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value)
