"""Postman's authorization, inherited from folders, as identities; logins as their configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from seamproof.core.model import Operation
from seamproof.core.secrecy import password, sensitive
from seamproof.discovery.importers.bodies import Body
from seamproof.discovery.importers.identities import Basic, Header, Login, Principal, Roster
from seamproof.discovery.importers.secrecy import Secrets
from seamproof.discovery.importers.sessions import KEY_HEADER, SIGNS_IN, USER_FIELDS, split
from seamproof.discovery.importers.source import Node
from seamproof.discovery.importers.variables import Missing, Variables, settled

_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


class Authorizations:
    """Who sends the requests of a collection."""

    def __init__(
        self,
        variables: Variables,
        secrets: Secrets,
        note: Callable[[str], None],
    ) -> None:
        self._variables = variables
        self._secrets = secrets
        self._note = note
        self._roster = Roster()
        self._logins: dict[str, str] = {}
        """Identities by the variables that their logins set."""
        self._by_cookie: str | None = None

    @property
    def principals(self) -> tuple[Principal, ...]:
        """All of them."""
        return self._roster.principals

    def signs_in(
        self, place: str, operation: Operation, content: Body, extracts: Mapping[str, str]
    ) -> bool:
        """Whether a request is a login: it sends a password, and its answer has a token, or its
        path says so. If so, it is known from now on whose its token is."""
        fields = content.fields()
        if not operation.mutates or not any(password(name) for name in fields):
            return False
        tokens = {
            name: source
            for name, source in extracts.items()
            if sensitive(name) or sensitive(source.rpartition(".")[2])
        }
        if not tokens and not SIGNS_IN.search(operation.path):
            return False
        user = next((str(fields[each]) for each in USER_FIELDS if fields.get(each)), "")
        path = next(iter(tokens.values()), "")
        way = Login(operation.id, content.json, content.form, path)
        self._secrets.learn(*(str(each) for name, each in fields.items() if password(name)))
        name = self._roster.name((operation.id, user), way, f"signs in at {place}")
        self._logins |= dict.fromkeys(tokens, name)
        if not tokens:
            self._by_cookie = name
        return True

    def of(
        self, auth: Node, headers: Mapping[str, str], place: str
    ) -> tuple[str | None, dict[str, str]]:
        """Who sends a request, and its other headers filled. Raises Missing."""
        identity = None
        kept = {}
        for name, value in headers.items():
            if name.lower() == "authorization":
                identity = self._header(name, value, place)
            elif name.lower() == "cookie":
                key = ("cookie", value)
                identity = self._roster.name(key, Header("Cookie", ""), f"has a cookie at {place}")
            elif KEY_HEADER.fullmatch(name):
                identity = identity or self._header(name, value, place)
            else:
                kept[name] = settled(self._variables.filled(value))
        if identity is None:
            identity = self._declared(auth, place)
        if identity is None and auth.value is None:
            identity = self._by_cookie
        return identity, kept

    def _declared(self, auth: Node, place: str) -> str | None:
        kind = auth.text("type") if auth.value is not None else "noauth"
        values = {
            each.text("key"): "" if each.get("value").value is None else _text(each.get("value"))
            for each in (auth.get(kind).items() if auth.value is not None else ())
        }
        if kind == "noauth":
            return None
        if kind == "bearer":
            return self._header("Authorization", f"Bearer {values.get('token', '')}", place)
        if kind == "basic":
            return self._basic(values.get("username", ""), values.get("password", ""), place)
        if kind == "apikey" and values.get("in", "header") == "header":
            return self._header(values.get("key", "X-API-Key"), values.get("value", ""), place)
        if kind == "oauth2" and values.get("addTokenTo", "header") == "header":
            scheme = values.get("headerPrefix", "Bearer").strip()
            token = values.get("accessToken", "")
            return self._header("Authorization", f"{scheme} {token}".strip(), place)
        where = " in the query" if kind in {"apikey", "oauth2"} else ""
        self._note(f"{place}: authorization by {kind}{where} cannot be configured; nobody sends it")
        return None

    def _header(self, name: str, value: str, place: str) -> str:
        scheme, secret = split(value) if name.lower() == "authorization" else ("", value)
        variable = _VARIABLE.fullmatch(secret)
        if variable and variable[1] in self._logins:
            return self._logins[variable[1]]
        if not variable:
            self._secrets.learn(secret)
        evidence = f"recognised by {name} at {place}"
        return self._roster.name((name.lower(), secret), Header(name, scheme), evidence)

    def _basic(self, username: str, typed: str, place: str) -> str:
        if "{{" not in typed:
            self._secrets.learn(typed)
        try:
            user: str | None = settled(self._variables.filled(username))
        except Missing:
            user = None
        way = Basic(user if typed else None)
        return self._roster.name(("basic", username, typed), way, f"has a password at {place}")


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node.value, str | int | float) else ""
