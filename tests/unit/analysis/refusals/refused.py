"""Refused requests, for the tests of what a refusal says."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from seamproof.analysis.refusals import complaints
from seamproof.core.catalog import Catalog
from seamproof.core.experiment import Act, CrossingKey
from seamproof.core.history import Crossing, CrossingKind, Exchange, Request, Response
from seamproof.core.model import Json, Operation, Step


def refused(
    status: int,
    body: Json,
    sent: Json = None,
    *,
    method: str = "POST",
    template: str = "/things",
    target: str = "",
    headers: tuple[tuple[str, str], ...] = (),
) -> Exchange:
    """An exchange whose answer has this body, JSON unless it is text or bytes."""
    encoded = body.encode() if isinstance(body, str) else body
    if not isinstance(encoded, bytes):
        encoded = json.dumps(body).encode()
    target = target or template
    step = Step(Operation(method, template or urlsplit(target).path), json=sent)
    request = Request(method, target, (), json.dumps(sent).encode() if sent is not None else b"")
    return Exchange(Act(step), request, 0.0, 1.0, Response(status, headers, encoded))


def crossing(
    sql: str,
    *parameters: str | None,
    kind: CrossingKind = CrossingKind.READ,
    sqlstate: str | None = None,
    message: str | None = None,
) -> Crossing:
    """A statement as it crossed."""
    return Crossing(
        key=CrossingKey(sql),
        kind=kind,
        statement=sql,
        replica=0,
        connection=1,
        started=0.0,
        ended=0.1,
        parameters=parameters,
        sqlstate=sqlstate,
        message=message,
    )


SENT = {
    "email": "x",
    "product_id": 9,
    "items": [{"quantity": "a"}],
    "name": "n",
    "role": "z",
}


def said(status: int, body: Json, sent: Json = SENT, **more: str) -> list[tuple[Json, ...]]:
    found = complaints(refused(status, body, sent, **more), (), Catalog())  # type: ignore[arg-type]
    return [(each.kind, each.place, each.path, each.wanted) for each in found]
