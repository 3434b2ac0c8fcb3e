"""The entrance: all that a refusal complains about, from its body, from SQL and from its status."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from seamproof.analysis.refusals import (
    ajv,
    by_field,
    cornice,
    entries,
    jsonapi,
    pydantic,
    sql,
    wording,
    zod,
)
from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.saying import PLACES, say
from seamproof.analysis.refusals.sent import Sent
from seamproof.core.catalog import Catalog
from seamproof.core.history import Crossing, Exchange, Response
from seamproof.core.model import Json

K = ComplaintKind

_MOST_BYTES = 256_000
_MOST = 60
_MOST_TEXTS = 30
_DEPTH = 6
_NOT_FOUND = 404
_CONFLICT = 409
_BY_STATUS = {
    401: K.UNAUTHENTICATED,
    403: K.FORBIDDEN,
    404: K.NOT_FOUND,
    409: K.CONFLICT,
    410: K.NOT_FOUND,
    415: K.MEDIA_TYPE,
}
_OF_VALUES = frozenset({K.TYPE, K.CHOICE, K.FORMAT, K.PATTERN, K.OTHER}) | frozenset(
    {K.TOO_SHORT, K.TOO_LONG, K.TOO_SMALL, K.TOO_LARGE}
)
_WORDS = frozenset(
    "message msg detail details error errors error_description error_message errormessage"  # noqa: SIM905
    " reason description title hint info developermessage usermessage non_field_errors".split()
)
"""Names under which there are words for a person."""
_TAG = re.compile(r"<(?:script|style)[^>]{0,200}>[^<]*|<[^>]{0,500}>")
_IN_QUERY = re.compile(r"\bquery\b|\brequest parameter\b", re.IGNORECASE)
_IN_HEADER = re.compile(r"\bheader\b", re.IGNORECASE)
_PARTS = ("body", "query", "querystring", "params", "headers")
_UNSUPPORTED = re.compile(r"\bunsupported\b|\bnot supported\b", re.IGNORECASE)
_MEDIA = re.compile(r"\b[a-z]+/[a-z0-9.+-]+\b")
_FAILED = frozenset({"error", "fail", "failed", "failure", "ko", "invalid"})


def complaints(
    exchange: Exchange, crossings: Sequence[Crossing], catalog: Catalog
) -> tuple[Complaint, ...]:
    """What the answer to a request, and the database, complain about; nothing for a success.

    Those of the body come first, as they are told to the client; then those of SQL; then what the
    status alone says. A field's place and path are those of the request where it has the field.
    """
    response = exchange.response
    if response is not None and response.ok:
        return ()
    sent = Sent.of(exchange)
    found = sql.read(crossings, catalog, sent)
    if response is not None:
        told = [_placed(each, sent) for each in _of_body(response)]
        found = told + found
        found += _of_status(response, found)
        if response.status == _NOT_FOUND:
            found = _what_is_not_there(found)
        if response.status == _CONFLICT:
            # "The cart is empty" is about what is stored: no field of that name is missing.
            found = [each for each in found if each.kind is not K.MISSING or sent.has(each.path)]
    return _without_doubles(found)


def denial(exchange: Exchange) -> str:
    """Why a success is none by its own words, as `{"success": false}`; empty where it is one."""
    response = exchange.response
    body = _json(response) if response is not None and response.ok else None
    if not isinstance(body, Mapping):
        return ""
    status = body.get("status")
    refused = any(body.get(each) is False for each in ("success", "ok", "valid", "succeeded"))
    refused = refused or (isinstance(status, str) and status.lower() in _FAILED)
    errors = body.get("error", body.get("errors"))
    small = len(body) <= 5
    if refused or (small and errors and isinstance(errors, str | list | dict)):
        return next(_texts(body, 0), "") or "it says that it failed"
    words = [each for each in (body.get("message"), body.get("detail")) if isinstance(each, str)]
    if len(body) <= 2 and words:
        kind = wording.read(words[0]).kind
        return words[0][:200] if kind is not K.OTHER else ""
    return ""


def _json(response: Response) -> Json:
    if len(response.body) > _MOST_BYTES:
        return None
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def _unwrapped(body: Json) -> Json:
    """The JSON that a message holds as its text: so zod's errors print themselves."""
    if isinstance(body, Mapping):
        for name in ("message", "error", "detail"):
            text = body.get(name)
            if isinstance(text, str) and text.lstrip()[:1] in ("[", "{"):
                try:
                    return json.loads(text)
                except (ValueError, RecursionError):
                    return body
    return body


def _of_body(response: Response) -> list[Complaint]:
    body = _unwrapped(_json(response))
    if body is None:
        text = response.body[:_MOST_BYTES].decode("utf-8", "replace")
        if "<" in text[:200]:
            text = html.unescape(_TAG.sub(" ", text[:20_000]))
        text = " ".join(text[:4_000].split())
        return [say(text)] if text else []
    listed = entries.found(body)
    found = (
        pydantic.read(body)
        or cornice.read(listed)
        or ajv.read(listed)
        or zod.read(listed)
        or jsonapi.read(listed)
        or entries.read(listed)
        or by_field.read(body)
    )
    if all(each.kind is K.OTHER for each in found):
        found = [*found, *(say(each) for each in _texts(body, 0))]
    return ([each for each in found if _tells(each)] or found)[:_MOST]


def _tells(complaint: Complaint) -> bool:
    """Whether it says more than that something is wrong: "invalid" of nothing does not."""
    vague = complaint.kind is K.OTHER or (complaint.kind is K.FORMAT and complaint.wanted is None)
    return bool(complaint.path) or not vague


def _texts(value: Json, depth: int, name: str = "") -> Iterator[str]:
    """The words for a person in a body: what is named so, and bare texts."""
    yield from islice(_walk(value, depth, name), _MOST_TEXTS)


def _walk(value: Json, depth: int, name: str) -> Iterator[str]:
    if isinstance(value, str):
        if value and (not name or name.lower() in _WORDS):
            yield value[: wording.MOST_TEXT]
    elif depth > _DEPTH:
        return
    elif isinstance(value, list):
        for each in value[:_MOST_TEXTS]:
            yield from _walk(each, depth + 1, name)
    elif isinstance(value, Mapping):
        for key, each in list(value.items())[:_MOST_TEXTS]:
            yield from _walk(each, depth + 1, str(key))


def _placed(complaint: Complaint, sent: Sent) -> Complaint:
    """The complaint at the field of the request that it means."""
    place, path = complaint.place, complaint.path
    if place is None and len(path) > 1 and path[0] in _PARTS and not sent.has(path):
        place, path = PLACES[str(path[0])], path[1:]
    if place == "body" or (place is None and path):
        path = _narrowed(path, sent)
    if place is None and path:
        found = sent.has(path) or (_meant(complaint, sent) if len(path) == 1 else None)
        if found:
            place, path = found
        elif isinstance(path[0], int):
            path = ()
        elif complaint.kind is not K.NO_SUCH:
            place = "body" if sent.has_body else "query"
            place = "query" if _IN_QUERY.search(complaint.text) else place
            place = "header" if _IN_HEADER.search(complaint.text) else place
    wanted = complaint.wanted
    if complaint.kind is K.TYPE and wanted in ("array", "object") and not path and sent.has_body:
        place = "body"
    if complaint.kind is K.MEDIA_TYPE and not _UNSUPPORTED.search(complaint.text):
        wanted = wanted or _MEDIA.findall(complaint.text) or None
    complaint = replace(complaint, place=place, path=path, wanted=wanted)
    return _at_other_end(complaint, sent.at(path))


def _meant(complaint: Complaint, sent: Sent) -> tuple[Where, Steps] | None:
    """The field of a name, or with the value that a text begins with: "5 is not a string"."""
    name = str(complaint.path[0])
    begins = complaint.text.lstrip("'\"").startswith(name)
    valued = begins and complaint.kind in _OF_VALUES
    return sent.named(name) or (sent.valued(name) if valued else None)


def _narrowed(path: Steps, sent: Sent) -> Steps:
    """Without the name of a type behind a value that is neither list nor object, which is a
    union's, and without an index into an object."""
    kept: Steps = ()
    for part in path:
        around = sent.at(kept) if kept else None
        if isinstance(around, str | int | float):
            break
        if not (isinstance(around, dict) and isinstance(part, int)):
            kept = (*kept, part)
    return kept


def _at_other_end(complaint: Complaint, value: Json) -> Complaint:
    """Of a range in words the end that the value is beyond."""
    high = wording.read(complaint.text).high
    if high is None:
        return complaint
    if complaint.kind is K.TOO_SHORT and isinstance(value, str | list) and len(value) > high:
        return replace(complaint, kind=K.TOO_LONG, wanted=high)
    if complaint.kind is K.TOO_SMALL and isinstance(value, int | float) and value > high:
        return replace(complaint, kind=K.TOO_LARGE, wanted=high)
    return complaint


def _of_status(response: Response, found: Sequence[Complaint]) -> list[Complaint]:
    kind = _BY_STATUS.get(response.status)
    if kind is None or any(each.kind is kind for each in found):
        return []
    if kind is K.NOT_FOUND:
        words = next((each.text for each in found), "")
        return [Complaint(kind, "path", (), None, words)]
    wanted = _accepted(response) if kind is K.MEDIA_TYPE else None
    return [Complaint(kind, None, (), wanted, next((each.text for each in found), ""))]


def _what_is_not_there(found: list[Complaint]) -> list[Complaint]:
    """A field that leads nowhere is why the whole is not found; without one it is the whole."""
    led = [each for each in found if each.kind is K.NO_SUCH and each.place]
    unwanted = K.NOT_FOUND if led else K.NO_SUCH
    return [each for each in found if each.kind is not unwanted]


def _accepted(response: Response) -> list[str] | None:
    """The media types of Accept-Patch (RFC 5789), Accept-Post or Accept (RFC 9110, 12.5.1)."""
    named = ("accept-post", "accept-patch", "accept")
    for name, value in response.headers:
        if name.lower() in named:
            return [each.partition(";")[0].strip() for each in value.split(",")][:20]
    return None


def _without_doubles(found: Sequence[Complaint]) -> tuple[Complaint, ...]:
    kept: dict[tuple[Json, ...], Complaint] = {}
    for each in found:
        key = (each.kind, each.place, each.path)
        other = kept.get(key)
        if other is None:
            kept[key] = each
        else:
            kept[key] = replace(
                other,
                wanted=each.wanted if other.wanted is None else other.wanted,
                table=other.table or each.table,
                column=other.column or each.column,
            )
    return tuple(kept.values())[:_MOST]
