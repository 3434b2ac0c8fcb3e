"""Further identities, where fewer than two are configured: by the operation that makes accounts.

    baseline that inserts the row of a user -> its request with fresh values -> the peer's account
    the login of the identity that is there -> the peer's name and password  -> the peer's login

A peer is data like any other identity, so that every world can have it: a registration, and a
sign-in as the one that is configured has it. What ties the two together is the row: the name that
the configured identity signs in by stands in a column, and the value that the registration put
into that column is the name that the peer signs in by.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from seamproof.config.identities import IdentityConfig
from seamproof.core import references
from seamproof.core.catalog import Catalog, Stored
from seamproof.core.experiment import Act
from seamproof.core.history import History, Row
from seamproof.core.model import Json, Step
from seamproof.run.experiment import requests
from seamproof.run.experiment.requests import Bindings, UnknownReference

NAME = "peer"
"""What the peer is called in scenarios and findings."""
_PASSWORD = re.compile(r"passw|pwd|passphrase|^pin$|secret", re.IGNORECASE)
_BY_NAME = re.compile(r"user_?name|e?mail|login|handle|nick|phone|slug|account", re.IGNORECASE)
_DIGITS = 6
"""Hexadecimal digits that make a value another's."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A peer as it may be had, and where that comes from."""

    identity: IdentityConfig
    source: str
    """The operation that makes the account."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the configured identity signs in with: every value, by its place."""

    leaves: dict[Path, str]

    @property
    def names(self) -> list[str]:
        """What may be its name there: every value that is no password."""
        return [text for path, text in self.leaves.items() if not _is_password(path) and text]


def proposals(
    owner: str,
    identity: IdentityConfig,
    baselines: Iterable[History],
    catalog: Catalog,
    stored: Stored,
) -> tuple[list[Proposal], str]:
    """The peers that may be had beside an identity, the likeliest first, and why there is none.

    The identity has its placeholders filled. `baselines` are histories of one act each.
    """
    data = identity.model_dump(by_alias=True, exclude_unset=True)
    known = _known(data)
    if known is None:
        return [], f"{owner} does not sign in with a name and a password, as a peer would"
    found, reasons = [], []
    for history in baselines:
        act = history.experiment.phases[0].acts[0]
        if act.step.operation.method != "POST" or not history.section.exchange.ok:
            continue
        for table, row in _inserted(history):
            column = _column(known, table, stored)
            try:
                made = _Registration(act, history, row, stored, catalog, table, column)
                found.append((column is not None, made.proposal(known, data)))
            except _Unsuitable as unsuitable:
                if column is not None:
                    reasons.append(f"{act.step.operation.id} makes accounts, and {unsuitable}")
    found.sort(key=lambda pair: not pair[0])
    none = "no operation that was reached makes an account that a peer could sign in with"
    return [proposal for _, proposal in found], "" if found else "; ".join(reasons) or none


def may_register(step: Step) -> bool:
    """Whether a request looks as if it could make an account."""
    body = step.form if step.form is not None else step.json
    return step.operation.method == "POST" and any(_is_password(path) for path, _ in _leaves(body))


class _Unsuitable(Exception):
    """Why an operation's request cannot make a peer's account."""


@dataclass(frozen=True, slots=True)
class _Registration:
    """A request that inserted a row, and how to send it for somebody else."""

    act: Act
    history: History
    row: Row
    stored: Stored
    catalog: Catalog
    table: str
    column: str | None
    """The column that the configured identity's name stands in; None where no row has it."""

    def proposal(self, known: _Known, identity: dict[str, Any]) -> Proposal:
        """The peer. Raises _Unsuitable."""
        body = self._body()
        passwords = [path for path, _ in _leaves(body) if _is_password(path)]
        if not passwords:
            raise _Unsuitable("takes no password")
        password = str(_at(body, passwords[0]))
        names = self._names(body)
        if not names:
            raise _Unsuitable("its name comes from nowhere in the request")
        fresh = body
        for path, value in _leaves(body):
            if not _is_password(path) and self._is_unique(path, value):
                fresh = _with(fresh, path, _fresh(value))
        name = str(_at(fresh, names[0]))
        step = self.act.step
        register: dict[str, Any] = {"operation": self._operation(step)}
        register["form" if step.form is not None else "body"] = fresh
        if step.expect:
            register["expect"] = list(step.expect)
        if (by := self.act.identity or step.identity) is not None:
            register["as"] = by
        peer = {k: v for k, v in identity.items() if k not in {"role", "tenant", "register"}}
        peer = _signing_in(peer, known, name, password)
        return Proposal(
            IdentityConfig.model_validate({**peer, "register": register}), step.operation.id
        )

    def _operation(self, step: Step) -> str:
        try:
            target = requests.target(step, Bindings(stored=self.stored))
        except UnknownReference:
            raise _Unsuitable("what it is sent to depends on earlier steps") from None
        return f"{step.operation.method} {target}"

    def _body(self) -> Json:
        """The request's body with all references filled. Raises _Unsuitable."""
        step = self.act.step
        template = step.form if step.form is not None else step.json
        if not isinstance(template, dict):
            raise _Unsuitable("its body is neither JSON nor a form")
        bindings = Bindings(salt=NAME, stored=self.stored)
        try:
            for each in references.inside(template):
                bindings.lookup(each, NAME)
        except UnknownReference:
            raise _Unsuitable("its body depends on earlier steps") from None
        body = requests.resolve(template, bindings, NAME)
        if references.literally(body) != body:
            # A configuration has placeholders in braces, and is filled before it is sent.
            raise _Unsuitable("its body has names in braces, as `{name}`")
        return body

    def _names(self, body: Json) -> list[Path]:
        """Where the request has what becomes the name that an account signs in by."""
        places = [path for path, _ in _leaves(body) if not _is_password(path)]
        if self.column is not None:
            wanted = (self.row.get(self.column) or "").casefold()
            sent = self._sent()
            return [path for path in places if wanted and sent.get(path, "").casefold() == wanted]
        return [path for path in places if _BY_NAME.search(str(path[-1]))]

    def _is_unique(self, path: Path, value: str) -> bool:
        """Whether no two accounts may have this value in common."""
        sent = self._sent().get(path, value)
        described = self.catalog.tables.get(self.table)
        uniques = {each[0] for each in described.uniques if len(each) == 1} if described else set()
        if self.column is not None:
            uniques.add(self.column)
        if any(sent and self.row.get(column) == sent for column in uniques):
            return True
        return "@" in value or bool(_BY_NAME.search(str(path[-1])))

    def _sent(self) -> dict[Path, str]:
        """The values as they were sent, by their places."""
        request = self.history.section.exchange.request
        try:
            text = request.body.decode()
            parsed = (
                dict(parse_qsl(text, keep_blank_values=True))
                if self.act.step.form is not None
                else json.loads(text)
            )
        except (ValueError, RecursionError):
            return {}
        return dict(_leaves(parsed))


def _known(data: Mapping[str, Any]) -> _Known | None:
    """The values that an identity signs in with; None where they are no name and password."""
    if (login := data.get("login")) is not None:
        leaves = dict(_leaves(login.get("form") or login.get("body")))
    else:
        way = data.get("basic") or data.get("oauth2") or {}
        names = ("username", "password")
        leaves = {(key,): str(way[key]) for key in names if way.get(key)}
    known = _Known(leaves)
    return known if known.names and any(map(_is_password, leaves)) else None


def _signing_in(data: dict[str, Any], known: _Known, name: str, password: str) -> dict[str, Any]:
    """The same way to sign in, with another's name and password."""
    names = _likeliest(known)
    replaced = {
        path: password if _is_password(path) else name
        for path in known.leaves
        if _is_password(path) or path in names
    }
    way = next(key for key in ("login", "basic", "oauth2") if key in data)
    section = dict(data[way])
    for path, value in replaced.items():
        if way != "login":
            section = _with(section, path, value)
            continue
        key = "form" if section.get("form") is not None else "body"
        section[key] = _with(section[key], path, value)
    return {**data, way: section}


def _likeliest(known: _Known) -> set[Path]:
    """Where a sign-in has the name: in the fields that are called like one, else in all."""
    others = [path for path in known.leaves if not _is_password(path)]
    return {path for path in others if _BY_NAME.search(str(path[-1]))} or set(others)


def _column(known: _Known, table: str, stored: Stored) -> str | None:
    """The column of a table that has the configured identity's name in a row."""
    names = {each.casefold() for each in known.names}
    for row in stored.get(table, ()):
        for column, value in row.items():
            if isinstance(value, str) and value.casefold() in names:
                return column
    return None


def _inserted(history: History) -> Iterator[tuple[str, Row]]:
    for change in history.section.changes.rows:
        if change.old is None and change.new is not None:
            yield change.table, change.new


def _is_password(path: Path) -> bool:
    return bool(path) and bool(_PASSWORD.search(str(path[-1])))


def _fresh(value: str) -> str:
    """Another value like this one: as long where it is long, and the same each time."""
    digits = hashlib.sha256(f"{NAME}/{value}".encode()).hexdigest()[:_DIGITS]
    local, at, domain = value.partition("@")
    if at:
        return f"{local[:24]}{digits}@{domain}"
    if value.isdecimal():
        return value[:-_DIGITS] + str(int(digits, 16)).zfill(8)[-min(len(value), _DIGITS) :]
    return f"{value[: max(len(value) - _DIGITS, 4)]}{digits}"


def _leaves(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every string of a body, by its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, (*path, str(name)))
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, each in enumerate(value):
            yield from _leaves(each, (*path, index))


def _at(value: Json, path: Path) -> Json:
    for part in path:
        value = value[part]
    return value


def _with(value: Json, path: Path, leaf: str) -> Any:
    """The same data with another leaf."""
    if not path:
        return leaf
    first, rest = path[0], path[1:]
    copied: Any = dict(value) if isinstance(value, Mapping) else list(value)
    copied[first] = _with(value[first], rest, leaf)
    return copied
