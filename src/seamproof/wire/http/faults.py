"""Answers that are cut short, or are not what they say."""

from __future__ import annotations

from dataclasses import replace

from seamproof.core.history import Response

_NO_JSON = b'{"status": "succ'
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
