"""Answers that are cut short, are not what they say, or say what nobody expects."""

from __future__ import annotations

import json
from dataclasses import replace

from seamproof.core.history import Response
from seamproof.core.model import Json

_NO_JSON = b'{"status": "succ'
_DEPTH = 40
_DESCRIBING = frozenset({"content-type", "content-encoding"})


def truncated(sent: bytes, body: bytes) -> bytes:
    """An answer as bytes, up to the middle of its body; of its head where it has no body."""
    if not body or not sent.endswith(body):
        return sent[: len(sent) // 2]
    return sent[: len(sent) - len(body) + len(body) // 2]


def malformed(response: Response) -> Response:
    """The same answer claiming success and JSON, with a body that is none."""
    kept = [each for each in response.headers if each[0].lower() not in _DESCRIBING]
    stated = [each for each in response.headers if each[0].lower() == "content-type"]
    said = [each for each in stated if "json" in each[1].lower()]
    headers = (*kept, *(said or [("Content-Type", "application/json")]))
    # 204 has no body, and one that refuses claims no success.
    status = response.status if response.ok and response.status != 204 else 200
    return replace(response, status=status, headers=headers, body=_NO_JSON)


def redirected(place: str) -> Response:
    """An answer that sends the client to another place (RFC 9110, section 15.4.3)."""
    return Response(302, (("Location", place),))


def tainted(response: Response, place: str, text: str) -> Response:
    """The same answer with another text at a place of its JSON body, as `$.items[].id`; at each
    where the place is empty. An answer that is no JSON stays as it is."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return response
    return replace(response, body=json.dumps(_tainted(body, place, text, "$", 0)).encode())


def _tainted(value: Json, place: str, text: str, path: str, depth: int) -> Json:
    if isinstance(value, str):
        return text if place in ("", path) else value
    if depth >= _DEPTH:
        return value
    if isinstance(value, dict):
        return {
            name: _tainted(each, place, text, f"{path}.{name}", depth + 1)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_tainted(each, place, text, f"{path}[]", depth + 1) for each in value]
    return value
