"""What one try came to: whether it is a baseline, and if not, how it was refused."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from seamproof.analysis.trouble import RATE_LIMITED
from seamproof.core.history import (
    Crossing,
    DisturbanceKind,
    Exchange,
    History,
    RowChange,
    Silence,
)
from seamproof.core.model import Json

MAX_BODY = 256 * 1024
"""Bytes of a response that are looked into."""
_SHOWN = 240
_CONTRADICTION = re.compile(
    r"\b(invalid|incorrect|wrong|not found|not valid|denied|expired|failed|failure|forbidden"
    r"|unauthori[sz]ed|does not exist|no such)\b",
    re.IGNORECASE,
)
_SAID_IN = frozenset({"message", "msg", "detail", "error", "errors", "reason", "status", "result"})
_VERDICTS = frozenset({"success", "ok", "valid", "succeeded"})
_NOISE = re.compile(r"<redacted:\w+>|[0-9a-f]{8,}|\d+|\s+", re.IGNORECASE)
_NESTED = 50
"""Answers within an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try, judged."""

    history: History
    exchange: Exchange | None
    """None where the arrangement failed."""
    refusal: str
    """Why it is no baseline; empty where it is one."""
    body: Json = None
    """The response's body, None where it is no JSON."""
    effect: tuple[RowChange, ...] = ()
    """The rows that it changed, without those that every request changes."""
    crossings: tuple[Crossing, ...] = field(default=(), repr=False)
    died: str = ""
    """How the service ended, where it did."""

    @property
    def reached(self) -> bool:
        """Whether it counts as a baseline."""
        return not self.refusal

    @property
    def status(self) -> int | None:
        """What was answered."""
        return self.exchange.status if self.exchange else None

    @property
    def arranged(self) -> bool:
        """Whether the act was sent at all."""
        return self.exchange is not None

    @property
    def absent(self) -> bool:
        """Whether the service had ended before the act was sent."""
        if self.exchange is not None:
            return self.exchange.silence is Silence.REFUSED
        last = self.history.arranged[-1:]
        return any(each.silence in {Silence.REFUSED, Silence.CLOSED} for each in last)

    @property
    def hopeless(self) -> bool:
        """Whether to ask again would only cost time, or tell nothing."""
        return self.status == RATE_LIMITED or (
            self.exchange is not None and self.exchange.silence is Silence.TIMEOUT
        )

    @property
    def signature(self) -> str:
        """What equal refusals share: their words, without values."""
        return _NOISE.sub("#", self.refusal)


Writing: TypeAlias = tuple[str, str]
"""A table, and what is done to its rows: insert, update or delete."""


def writing(change: RowChange) -> Writing:
    """What a change does to which table."""
    if change.old is None:
        return change.table, "insert"
    return change.table, "delete" if change.new is None else "update"


def judge(history: History, ambient: Collection[Writing] = ()) -> Outcome:
    """Judge the only act of a history. What is in `ambient` is written by requests of any kind."""
    fatal = history.disturbed(DisturbanceKind.ARRANGEMENT_FAILED)
    dead = history.disturbed(DisturbanceKind.SERVICE_DIED)
    died = dead.detail or "its process ended" if dead else ""
    if fatal is not None or not history.sections:
        detail = fatal.detail if fatal else "the experiment was broken off"
        return Outcome(history, None, f"the arrangement failed: {detail}", died=died)
    section = history.section
    exchange = section.exchange
    body = parsed(exchange)
    effect = tuple(
        each
        for each in section.changes.rows
        if each.old != each.new and writing(each) not in ambient
    )
    return Outcome(
        history,
        exchange,
        _refusal(exchange, body, died),
        body,
        effect,
        section.crossings,
        died,
    )


def parsed(exchange: Exchange) -> Json:
    """The response's body as JSON, None where it is something else or beyond bounds."""
    if exchange.response is None or not 0 < len(exchange.response.body) <= MAX_BODY:
        return None
    try:
        return json.loads(exchange.response.body)
    except (ValueError, RecursionError):
        return None


def _refusal(exchange: Exchange, body: Json, died: str) -> str:
    if died:
        return f"the service ended: {died}"
    if exchange.response is None:
        return f"no response ({exchange.silence})"
    if not exchange.ok:
        return f"{exchange.status}: {_words(exchange)}".rstrip(": ")
    contradiction = _contradiction(body)
    return f"{exchange.status}, but it says: {contradiction}" if contradiction else ""


def _words(exchange: Exchange) -> str:
    assert exchange.response is not None
    text = exchange.response.body[: 4 * _SHOWN].decode("utf-8", "replace")
    return " ".join(text.split())[:_SHOWN]


def _contradiction(body: Json) -> str:
    """What a body says that a success would not; empty where it says no such thing."""
    if not isinstance(body, dict):
        return ""
    for name, value in body.items():
        if name.lower() in _VERDICTS and value is False:
            return f"{name} is false"
        if name.lower() == "error" and value and not isinstance(value, bool):
            return f"{name}: {json.dumps(value)[:_SHOWN]}"
        if name.lower() in _SAID_IN and isinstance(value, str) and _CONTRADICTION.search(value):
            return f"{name}: {value[:_SHOWN]}"
    refused = [each for each in _statuses(body) if 400 <= each <= 599]
    return f"status {refused[0]} within" if refused else ""


def _statuses(body: dict[str, Json]) -> Iterator[int]:
    """The statuses of answers within an answer, as a batch of requests has them."""
    for value in body.values():
        if isinstance(value, list):
            for each in value[:_NESTED]:
                status = each.get("status") if isinstance(each, dict) else None
                if isinstance(status, int) and not isinstance(status, bool):
                    yield status
