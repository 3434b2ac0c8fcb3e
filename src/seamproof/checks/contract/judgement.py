"""One answer against its declaration (OpenAPI 3.1.0, Responses Object).

    status      its own, `2XX`, or `default`
    media type  of those that are declared, ranges included; none is declared: nothing is said
    headers     those that are always there
    body        what the schema allows, where it is JSON

A 5xx is no promise of anybody's: other checks look at those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from seamproof.analysis.conformance import Conformance, Mismatch
from seamproof.checks.contract.classes import (
    MISSING_HEADER,
    SCHEMA_VIOLATION,
    UNDECLARED_MEDIA_TYPE,
    UNDECLARED_REFUSAL,
    UNDECLARED_STATUS,
)
from seamproof.core.document import Answer, Declaration
from seamproof.core.history import Exchange, Response
from seamproof.core.model import Json
from seamproof.core.verdict import FindingClass, Tier

_MOST = 4_000_000
"""Bytes of a body that is judged."""
_ADVISORY = "format"
"""A keyword that validators may leave out (Validation, section 7.2.1)."""
_SHOWN = 3
"""Mismatches that a finding names."""
_WITHOUT_BODY = frozenset({204, 205, 304})
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing in an answer that the document does not have."""

    finding_class: FindingClass
    tier: Tier
    exchange: Exchange
    pointer: str
    """Which part of the document it breaks; equal for what is one defect."""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Equal for what is one defect."""
        return self.finding_class.name, self.pointer


def declared_answer(declaration: Declaration, status: int) -> Answer | None:
    """The Response Object of a status: its own, that of its class, or the default."""
    wanted = (str(status), f"{status // 100}XX", "default")
    known = {each.status.upper() if each.status != "default" else each.status: each
             for each in declaration.answers}  # fmt: skip
    return next((known[each] for each in wanted if each in known), None)


def sights(
    exchange: Exchange, declaration: Declaration, conformance: Conformance
) -> Iterator[Sight]:
    """What of an answer the document does not have."""
    response = exchange.response
    if response is None or response.status >= 500 or response.status < 200:
        return
    if not declaration.answers:
        return
    answer = declared_answer(declaration, response.status)
    if answer is None:
        yield _undeclared(exchange, response, declaration)
        return
    yield from _headers(exchange, response, answer)
    yield from _body(exchange, response, answer, conformance)


def _undeclared(exchange: Exchange, response: Response, declaration: Declaration) -> Sight:
    facts = {"declared": ", ".join(each.status for each in declaration.answers)}
    status = str(response.status)
    if response.ok:
        return Sight(UNDECLARED_STATUS, Tier.PROVEN, exchange, status, facts)
    return Sight(UNDECLARED_REFUSAL, Tier.NOTE, exchange, status, facts)


def _headers(exchange: Exchange, response: Response, answer: Answer) -> Iterator[Sight]:
    sent = {name.lower() for name, _ in response.headers}
    for name in answer.required_headers:
        if name.lower() not in sent:
            yield Sight(
                MISSING_HEADER, Tier.PROVEN, exchange, f"{answer.status}/{name}", {"header": name}
            )


def _body(
    exchange: Exchange, response: Response, answer: Answer, conformance: Conformance
) -> Iterator[Sight]:
    if exchange.request.method == "HEAD" or not answer.content or response.truncated:
        return
    if response.status in _WITHOUT_BODY:
        return
    headers = {name.lower(): value for name, value in response.headers}
    media = media_type(headers.get("content-type", ""))
    declared = ", ".join(answer.content)
    matching = [name for name in answer.content if matches(name, media)]
    if not matching:
        said = media or "nothing"
        facts = {"media": said, "declared": declared, "message": ""}
        pointer = f"{answer.status}/content/{said}"
        yield Sight(UNDECLARED_MEDIA_TYPE, _of_body(response), exchange, pointer, facts)
        return
    if not is_json(media) or len(response.body) > _MOST:
        return
    value = _parsed(response.body)
    if value is _NOTHING:
        facts = {"media": media, "declared": declared, "message": "Its body is no JSON."}
        pointer = f"{answer.status}/content/no JSON"
        yield Sight(UNDECLARED_MEDIA_TYPE, Tier.PROVEN, exchange, pointer, facts)
        return
    yield from _mismatching(
        exchange,
        response,
        conformance.mismatches(answer.content[matching[0]], value),
        answer,
        media,
    )


def _mismatching(
    exchange: Exchange,
    response: Response,
    found: Sequence[Mismatch],
    answer: Answer,
    media: str,
) -> Iterator[Sight]:
    """One sight for each definition that the answer is not as: that has one cause."""
    groups: dict[tuple[str, bool], list[Mismatch]] = {}
    for each in found:
        definition = each.definition or f"{answer.status}/{media}"
        groups.setdefault((definition, each.keyword == _ADVISORY), []).append(each)
    for (definition, advisory), group in groups.items():
        below = [each.schema.removeprefix(definition).removeprefix("/") for each in group]
        facts = {
            "at": group[0].at,
            "message": "; ".join(dict.fromkeys(f"{e.message} ({e.at})" for e in group[:_SHOWN])),
            "schema": definition,
        }
        yield Sight(
            SCHEMA_VIOLATION,
            Tier.NOTE if advisory else _of_body(response),
            exchange,
            f"{definition}: {', '.join(sorted(set(below)))}",
            facts,
        )


def _of_body(response: Response) -> Tier:
    """A refusal in another form is what most clients can live with."""
    return Tier.PROVEN if response.ok else Tier.SUSPECTED


def media_type(header: str) -> str:
    """A media type without its parameters, in lower case (RFC 9110, section 8.3.1)."""
    return header.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether it is JSON, or of its suffix (RFC 6839)."""
    return media == "application/json" or media.endswith("+json")


def matches(declared: str, media: str) -> bool:
    """Whether a media type is of a declared type or range."""
    declared = media_type(declared)
    if declared in ("*/*", media):
        return True
    kind, _, rest = declared.partition("/")
    return rest == "*" and media.startswith(f"{kind}/")


def _parsed(body: bytes) -> Json:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _NOTHING
