"""Operations that end a session or use a one-time token, by what they are called. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seamproof.core.document import Document
from seamproof.core.model import Operation, Scenario, Step

_LOGOUT = re.compile(r"(^|[/_-])(log|sign)[_-]?out($|[/_-])|(^|[/_-])end[_-]session($|/)", re.I)
_SESSION = re.compile(r"/(sessions?|tokens?)(/(me|current|self))?/?$", re.I)
_ONE_TIME = re.compile(r"reset|confirm|verif|activat", re.I)
"""Not invitations and coupons: one may be meant for many."""
_TOKEN = re.compile(r"(^|_)(token|code|otp|nonce|secret|ticket)$", re.I)
_CALLED = re.compile(r"(^|_)(code|ticket)$", re.I)
"""What things are called by as well: the code of `/orders/{code}/confirm` is the order's."""


def ends_session(operation: Operation) -> bool:
    """Whether an operation is called like one that logs out."""
    if "{" in operation.path:
        return False
    if operation.method == "DELETE" and _SESSION.search(operation.path):
        return True
    return operation.mutates and bool(_LOGOUT.search(operation.path))


def logout(identity: str | None, document: Document | None) -> Step | None:
    """A request by which an identity logs out, as the document declares one that wants no more."""
    for each in document.declarations if document else ():
        wants = any(body.required for body in each.bodies) or any(
            parameter.required for parameter in each.parameters
        )
        if ends_session(each.operation) and not wants:
            return Step(each.operation, identity)
    return None


def reads_of(reads: tuple[Scenario, ...], identity: str | None) -> Iterator[Scenario]:
    """Reads that somebody is let in to."""
    return (each for each in reads if each.act.identity == identity)


def one_time_token(step: Step) -> str:
    """The parameter of a request that looks like a token which is used once; else nothing.

    With PUT, PATCH and DELETE on a path that ends in it, a token is a thing that is kept.
    """
    path = step.operation.path
    if not step.operation.mutates or not _ONE_TIME.search(path):
        return ""
    if step.operation.method != "POST" and path.rstrip("/").endswith("}"):
        return ""
    names = (*_fields(step), *_path_names(path))
    return next((name for name in names if _TOKEN.search(name)), "")


def says_more(step: Step) -> bool:
    """Whether a request says what is to be done beside its token, as a password that is to be."""
    return not all(_TOKEN.search(name) for name in _fields(step))


def _fields(step: Step) -> tuple[str, ...]:
    body = step.json if isinstance(step.json, dict) else step.form or {}
    return (*body, *step.query)


def _path_names(path: str) -> Iterator[str]:
    """The parameters of a path, without those that name what is confirmed."""
    for found in re.finditer(r"\{([^{}]+)\}", path):
        if not _CALLED.search(found[1]) or _ONE_TIME.search(path[: found.start()]):
            yield found[1]
