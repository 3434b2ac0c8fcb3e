"""Who sent each recorded request: logins, tokens that they gave or renewed, cookies, keys.

A login is a request that succeeded with a password in it, and was answered with a token or a
cookie. It becomes the configuration of an identity, and is no step of any scenario.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from seamproof.core.model import Json
from seamproof.core.secrecy import password, sensitive
from seamproof.discovery.importers.identities import Basic, Header, Login, Roster, Way
from seamproof.discovery.importers.links import json_path, opaque
from seamproof.discovery.importers.recorded import Recorded, leaves
from seamproof.discovery.importers.secrecy import Secrets

KEY_HEADER = re.compile(r"(x-)?(api-?key|auth(-token)?|access-token|api-token|token)", re.I)
_SESSION = re.compile(r"sess|sid$|^sid|auth|token|jwt|remember|identity", re.I)
_FORGERY = re.compile(r"csrf|xsrf", re.I)
SIGNS_IN = re.compile(r"log-?in|sign-?in|logon|sessions?$|token", re.I)
_MOST_LEAVES = 200
USER_FIELDS = ("username", "email", "login", "user", "user_name", "name", "client_id", "phone")


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose a token or a cookie is."""

    key: Hashable
    way: Way
    evidence: str


class Sessions:
    """The identities of recorded requests."""

    def __init__(self, calls: Sequence[Recorded], secrets: Secrets, *, whole: bool) -> None:
        self._secrets = secrets
        self._roster = Roster()
        self._owners: dict[str, _Owner] = {}
        self._names: dict[int, str] = {}
        self._schemes = dict(split(each.header("authorization"))[::-1] for each in calls)
        self.stripped = not whole and not any(_credential(each) or each.cookies for each in calls)
        """Whether the recorder left every credential out."""
        found = {call.index: self._login(call) for call in calls}
        self.logins = {index for index, login in found.items() if login is not None}
        latest: _Owner | None = None
        for call in calls:
            if (login := found[call.index]) is not None:
                latest = login
                continue
            owner = latest if self.stripped else self._owner(call)
            if owner is not None:
                self._names[call.index] = self._roster.name(owner.key, owner.way, owner.evidence)
                self._renew(call, owner)
        self.principals = self._roster.principals

    def name(self, call: Recorded) -> str | None:
        """Who sent a request; None for nobody."""
        return self._names.get(call.index)

    def _login(self, call: Recorded) -> _Owner | None:
        fields = call.body.fields()
        typed = [name for name in fields if password(name)]
        if not (call.mutates and call.succeeded and typed):
            return None
        path, token = self._token(call)
        signs_in = SIGNS_IN.search("/".join(call.segments[-2:])) is not None
        cookies = {*_sessions(call.sets), *(_sessions(call.cookies) if signs_in else ())}
        if not token and not cookies:
            return None
        user = next((str(fields[each]) for each in USER_FIELDS if fields.get(each)), "")
        header = Header(scheme=self._schemes.get(token, "Bearer"))
        way = Login(f"{call.method} {call.path}", call.body.json, call.body.form, path, header)
        owner = _Owner(("login", call.path, user), way, f"signs in at {call.place}")
        self._secrets.learn(*(str(fields[name]) for name in typed))
        self._own(owner, (token, *cookies, *_handed_out(call)))
        return owner

    def _token(self, call: Recorded) -> tuple[str, str]:
        """Where a response has the token that is sent later, and the token; empty where nowhere."""
        found = [(json_path(at), str(each)) for at, each in leaves(call.result, _MOST_LEAVES)]
        later = [(path, each) for path, each in found if each and each in self._schemes]
        handed = set(_handed_out(call))
        for path, each in later or [pair for pair in found if pair[1] in handed]:
            if path is not None:
                return path, each
        return "", ""

    def _owner(self, call: Recorded) -> _Owner | None:
        credential = _credential(call)
        if credential is None:
            return self._by_cookie(call)
        name, value = credential
        scheme, secret = split(value) if name.lower() == "authorization" else ("", value)
        self._secrets.learn(secret)
        if secret in self._owners:
            return self._owners[secret]
        evidence = f"recognised by {name} at {call.place}"
        if scheme.lower() == "basic":
            user, _, typed = _decoded(secret).partition(":")
            self._secrets.learn(*((typed,) if typed else (user,)))
            return _Owner(("basic", user), Basic(user if typed else None), evidence)
        return _Owner(_principal(name, secret), Header(name, scheme), evidence)

    def _by_cookie(self, call: Recorded) -> _Owner | None:
        for value in call.cookies.values():
            if value in self._owners:
                return self._owners[value]
        values = _sessions(call.cookies)
        if not values:
            return None
        owner = _Owner(
            ("cookie", *values), Header("Cookie", ""), f"recognised by a cookie at {call.place}"
        )
        self._own(owner, values)
        return owner

    def _renew(self, call: Recorded, owner: _Owner) -> None:
        """What a response hands to somebody who is signed in is theirs too."""
        self._own(owner, _sessions(call.sets))
        if any("refresh" in each.lower() for each in call.segments):
            self._own(owner, _handed_out(call))

    def _own(self, owner: _Owner, values: Iterable[str]) -> None:
        for each in values:
            if each:
                self._secrets.learn(each)
                self._owners[each] = owner


def _credential(call: Recorded) -> tuple[str, str] | None:
    """The header that shows who sent a request: its name and value."""
    if value := call.header("authorization"):
        return "Authorization", value
    for name, value in call.headers:
        if value and KEY_HEADER.fullmatch(name) and not _FORGERY.search(name):
            return name, value
    return None


def split(value: str) -> tuple[str, str]:
    """Scheme and secret of an Authorization header; some services use no scheme."""
    scheme, space, secret = value.strip().partition(" ")
    return (scheme, secret.strip()) if space else ("", value.strip())


def _sessions(cookies: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        value
        for name, value in sorted(cookies.items())
        if value and _SESSION.search(name) and not _FORGERY.search(name)
    )


def _handed_out(call: Recorded) -> tuple[str, ...]:
    """Tokens in a response, by the names of their fields."""
    return tuple(
        each
        for at, each in leaves(call.result, _MOST_LEAVES)
        if isinstance(each, str)
        and (opaque(each) or "." in each)
        and any(isinstance(part, str) and (sensitive(part) or part == "key") for part in at)
    )


def _principal(name: str, secret: str) -> Hashable:
    """Tokens of one subject are one principal's (RFC 7519, section 4.1.2)."""
    parts = secret.split(".")
    if len(parts) == 3:
        try:
            claims: Json = json.loads(_decoded(parts[1]))
        except (ValueError, RecursionError):
            claims = None
        if isinstance(claims, dict) and isinstance(claims.get("sub"), str | int):
            return ("subject", str(claims.get("iss")), str(claims["sub"]))
    return (name.lower(), secret)


def _decoded(text: str) -> str:
    """Base64 of either alphabet as text; empty where it is none."""
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded).decode("utf-8", "replace")
    except ValueError:
        return ""
