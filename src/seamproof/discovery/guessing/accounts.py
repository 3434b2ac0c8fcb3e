"""Who uses the service: its sign-in and its registration, out of its routes or its document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from seamproof.core.document import Body, Declaration, Document
from seamproof.core.model import Json
from seamproof.discovery.guessing.frameworks import Framework
from seamproof.discovery.guessing.guess import Draft
from seamproof.discovery.guessing.project import Place
from seamproof.discovery.guessing.route import PASSWORD, Field, Route

_LOGIN = re.compile(
    r"(?:^|[/_-])(?:log-?in|sign-?in|auth(?:enticate)?|tokens?|jwt|sessions?|access-token)"
    r"(?:[/_-](?:create|obtain|access-token|login|password))?/?$",
    re.IGNORECASE,
)
_REGISTER = re.compile(
    r"(?:^|[/_-])(?:register|registration|sign-?up|users?|accounts?|members|customers|join)"
    r"(?:/(?:open|new|create))?/?$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"log-?in|sign-?in", re.IGNORECASE)
_SIGN_UP = re.compile(r"regist|sign-?up|join", re.IGNORECASE)
_EMAIL = re.compile(r"e?mail", re.IGNORECASE)
_USER = re.compile(r"user|login|name|account", re.IGNORECASE)
_PHONE = re.compile(r"phone|mobile", re.IGNORECASE)
_WHOLE = re.compile(r"int|float|Decimal|number", re.IGNORECASE)
_YES = re.compile(r"bool", re.IGNORECASE)
_NAMES = ("alice", "bob")


def of_document(document: Document, place: Place) -> list[Route]:
    """The operations of a document as routes."""
    return [
        Route(
            each.operation.method,
            each.operation.path,
            place,
            _answered(each, document),
            _required(body, document) if (body := _body(each)) is not None else (),
            body is not None and "form" in body.content_type,
        )
        for each in document.declarations
    ]


def _body(declaration: Declaration) -> Body | None:
    return declaration.bodies[0] if declaration.bodies else None


def _required(body: Body, document: Document) -> tuple[Field, ...]:
    schema = document.resolve(body.schema)
    properties = _mapping(schema, "properties")
    required = schema.get("required", []) if isinstance(schema, dict) else []
    return tuple(
        Field(name, str(_mapping(properties, name).get("type", "str")))
        for name in properties
        if name in required
    )


def _answered(declaration: Declaration, document: Document) -> str:
    """The names of what it answers, written as source has them."""
    for answer in declaration.answers:
        if answer.status.startswith("2"):
            for schema in answer.content.values():
                names = _mapping(document.resolve(schema), "properties")
                return " ".join(f'"{name}":' for name in names)
    return ""


def _mapping(value: Json, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def guess(routes: Sequence[Route], framework: Framework | None, draft: Draft) -> None:
    """Guess who signs in and how, and how the accounts are made."""
    login = _best(routes, _LOGIN, _NAMED)
    if login is None:
        draft.guess("login", "none found: add [identities] where the service has users", sure=False)
        return
    register = _best(
        (each for each in routes if each is not login), _REGISTER, _SIGN_UP, within=login.path
    )
    token = login.token_place
    seen = token is not None or login.keeps_session or login.form
    if not seen:
        token = f"$.{login.wrap}.token" if login.wrap else "$.token"
    shown = f"{login.id}, {_shown(login, token)}"
    draft.guess("login", shown, login.place, sure=bool(login.fields) and seen)
    if register is not None:
        login = _by_address(login, register)
        draft.guess("registration", register.id, register.place)
    elif framework is not None and framework.name == "Django":
        _superuser(draft)
    else:
        draft.guess("accounts", "no registration found: database.seed must make them", sure=False)
    names = _NAMES if register is not None or "seed" not in draft.database else _NAMES[:1]
    for name in names:
        section: dict[str, Any] = {"login": _request(login, name)}
        if token is not None:
            section["login"]["token"] = token
            if login.scheme != "Bearer":
                section["login"]["scheme"] = login.scheme
        if register is not None:
            section["register"] = _request(register, name)
        draft.identities[name] = section
        draft.variables.append(f"{name.upper()}_PASSWORD")


def _best(
    routes: Iterable[Route], pattern: re.Pattern[str], named: re.Pattern[str], within: str = ""
) -> Route | None:
    """The likeliest route: one with a password in its body, called so, and the shortest."""
    found = [
        each
        for each in routes
        if each.method == "POST" and "{" not in each.path and pattern.search(each.path)
    ]
    found = [each for each in found if each.takes_password or not each.fields]
    prefix = within.rstrip("/").rpartition("/")[0]
    return min(
        found,
        key=lambda each: (
            not each.takes_password,
            not named.search(each.path),
            not each.path.startswith(prefix),
            len(each.path),
        ),
        default=None,
    )


def _shown(login: Route, token: str | None) -> str:
    kind = "form" if login.form else "JSON"
    return f"{kind}, token from {token}" if token else f"{kind}, cookies kept"


def _request(route: Route, name: str) -> dict[str, Any]:
    """A request with an account's values, as the configuration has it."""
    values: dict[str, Any] = {each.name: _value(each, name) for each in _fields(route)}
    if route.wrap:
        values = {route.wrap: values}
    return {"operation": route.id, "form" if route.form else "body": values}


def _fields(route: Route) -> tuple[Field, ...]:
    """What the request has, or most likely has where that is not to be seen."""
    if route.fields:
        return route.fields
    return (Field("email" if route.wrap else "username"), Field("password"))


def _by_address(login: Route, register: Route) -> Route:
    """The sign-in, where its name is the address that the account is made with."""
    made = {each.name for each in _fields(register)}
    address = any(_EMAIL.search(each) for each in made)
    fields = tuple(
        Field(each.name, "Email")
        if address and each.name not in made and _USER.search(each.name)
        else each
        for each in _fields(login)
    )
    return replace(login, fields=fields)


def _value(field: Field, name: str) -> Json:
    if PASSWORD.search(field.name):
        return f"{{env.{name.upper()}_PASSWORD}}"
    if _EMAIL.search(field.name) or "Email" in field.kind:
        return f"{name}@example.com"
    if _PHONE.search(field.name):
        return f"+1555010{len(name):04d}"
    if _YES.search(field.kind):
        return True
    if _WHOLE.search(field.kind):
        return 1
    return name


def _superuser(draft: Draft) -> None:
    """Django makes an account by a command that takes all of it from the environment."""
    command = draft.service["command"]
    python = command.partition(" ")[0] if "manage.py" in command else "python"
    draft.database["seed"] = f"{python} manage.py createsuperuser --noinput"
    draft.env |= {
        "DJANGO_SUPERUSER_USERNAME": "alice",
        "DJANGO_SUPERUSER_EMAIL": "alice@example.com",
        "DJANGO_SUPERUSER_PASSWORD": "{env.ALICE_PASSWORD}",
    }
    draft.guess("accounts", "alice, by manage.py createsuperuser")
