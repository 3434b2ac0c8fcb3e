"""What a failed test did, at every boundary: at most forty lines, the rest in a file.

POST /orders as alice -> 500 in 12 ms                       request 2 of 2
broken at: SQL, 23505 at #4
  sent      {"items": [...]}
  answered  {"detail": "..."}
  SQL #1    SELECT …    ['7']
  OUT #5    POST payments /charges -> 201
  changed   + orders  id 7  total 40.00
  log       Traceback …
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seamproof.core.errors import DatabaseError
from seamproof.core.history import Changes, Crossing, CrossingKind
from seamproof.reports import rows
from seamproof.reports.text import body, bounded, clip, fold, harmless
from seamproof.run import private
from seamproof.testing.statements import Statements

if TYPE_CHECKING:
    from seamproof.run.redaction import Redactor
    from seamproof.testing.exchanges import Sent
    from seamproof.testing.seam import Seam
    from seamproof.world import World

MOST = 40
"""Lines under a failed test."""
_WIDTH = 110
_LABEL = 10
_EARLIER = 5
_STATEMENTS = 12
_CALLS = 4
_CHANGES = 8
_LOG = 6
_LONG = 100_000
"""Lines of a kind that the file has."""
_LOG_BYTES = 64 << 10
_SLUG = re.compile(r"[^\w.-]+")


def told(seam: Seam, test: str) -> str:
    """The lines under a failed test; what they leave out is in the file that the last one names."""
    try:
        view = _View(seam, seam.engine.call(_changes(seam)))
    except DatabaseError as error:
        view = _View(seam, Changes(()), unseen=error.problem)
    shown = view.lines(short=True)
    whole = view.lines(short=False)
    if shown == whole or not whole:
        return "\n".join(shown)
    try:
        path = _keep(seam, test, whole)
        last = f"the rest: {path}"
    except OSError as error:
        last = f"the rest cannot be written: {error.strerror}"
    return "\n".join([*bounded(shown, MOST - 1, "lines"), last])


def _changes(seam: Seam) -> Callable[[World], Coroutine[Any, Any, Changes]]:
    async def changes(world: World) -> Changes:
        await seam.record.settle(world)
        return seam.engine.redactor.changes(await seam.engine.changes())

    return changes


class _View:
    """One failed test, drawn short or whole."""

    def __init__(self, seam: Seam, changes: Changes, *, unseen: str = "") -> None:
        self._sent = seam.record.sent
        self._redactor: Redactor = seam.engine.redactor
        self._log = _log_of(seam)
        self._changes = changes
        self._unseen = unseen
        """Why nobody can tell what changed."""
        self._fakes = [harmless(self._redactor.text(each)) for each in seam.stubs.told()]
        for sent in self._sent:
            with suppress(ValueError, RecursionError):
                self._redactor.learn_from(json.loads(sent.request.body))

    def lines(self, *, short: bool) -> list[str]:
        """Every line."""
        width = _WIDTH if short else _LONG
        chosen = self._sent[-1:] if short else self._sent
        lines: list[str] = []
        earlier = self._sent[:-1] if short else []
        for number, sent in enumerate(earlier[-_EARLIER:], len(earlier) - len(earlier[-_EARLIER:])):
            lines.append(clip(f"{number + 1}. {self._heading(sent)}", width))
        for sent in chosen:
            lines += self._request(sent, short=short)
        lines += self._changed(short=short)
        lines += _drawn("fakes", self._fakes, _CALLS if short else _LONG, width)
        return lines

    def _heading(self, sent: Sent) -> str:
        target = harmless(self._redactor.target(sent.request.target))
        who = f" as {sent.identity}" if sent.identity else ""
        came = str(sent.http.status_code) if sent.http is not None else f"no answer: {sent.error}"
        return f"{sent.request.method} {target}{who} -> {came} in {1000 * sent.seconds:.0f} ms"

    def _request(self, sent: Sent, *, short: bool) -> list[str]:
        width = _WIDTH if short else _LONG
        place = f"request {self._sent.index(sent) + 1} of {len(self._sent)}"
        lines = [clip(f"{self._heading(sent)}    {place}", width)]
        if broken := diagnosis(sent):
            lines.append(f"broken at: {broken}")
        lines += _drawn("sent", [self._content(sent.request.body)], 2, width)
        if (response := sent.response) is not None:
            lines += _drawn("answered", [self._content(response.body)], 2, width)
        crossings = [self._redactor.crossing(each) for each in sent.span.crossings]
        sql = Statements(crossings).all
        calls = [each for each in crossings if each.kind is CrossingKind.CALL]
        drawn = [_statement(number, each, width) for number, each in enumerate(sql, 1)]
        lines += _drawn("SQL", drawn, _STATEMENTS if short else _LONG, width)
        lines += _drawn("calls", map(_call, calls), _CALLS if short else _LONG, width)
        log = self._log(sent)
        lines += _drawn("log", log[-_LOG:] if short else log, _LONG, width)
        return lines

    def _content(self, content: bytes) -> str:
        return harmless(fold(body(self._redactor.body(content))))

    def _changed(self, *, short: bool) -> list[str]:
        width = _WIDTH if short else _LONG
        most = _CHANGES if short else _LONG
        texts = rows.lines(self._changes.rows, (), width - _LABEL - 2, most)
        return _drawn("changed", [harmless(fold(self._unseen)), *texts], most, width)


def _drawn(label: str, texts: Iterable[str], most: int, width: int) -> list[str]:
    kept = bounded((each for each in texts if each), most, "lines")
    return [
        clip(f"  {label if place == 0 else '':<{_LABEL}}{text}", width)
        for place, text in enumerate(kept)
    ]


def _statement(number: int, crossing: Crossing, width: int) -> str:
    values = ", ".join("NULL" if each is None else harmless(each) for each in crossing.parameters)
    mark = ""
    if crossing.sqlstate:
        mark = f"  <- {crossing.sqlstate}"
    elif crossing.kind is CrossingKind.COMMIT and crossing.tag == "ROLLBACK":
        mark = "  <- answered ROLLBACK"
    values = f"  [{values}]" if values else ""
    room = width - _LABEL - 8 - len(clip(values, 40)) - len(clip(mark, 60))
    text = clip(harmless(fold(crossing.statement)), max(room, 20))
    return f"#{number:<3} {text}{clip(values, width if width > _WIDTH else 40)}{mark}"


def _call(crossing: Crossing) -> str:
    status = crossing.response.status if crossing.response else "no answer"
    sent = body(crossing.request.body) if crossing.request else ""
    return f"{harmless(crossing.key.shape)} -> {status}  {harmless(fold(sent))}"


def diagnosis(sent: Sent) -> str:
    """Which boundary a request broke at, as far as it shows; nothing where none shows."""
    sql = Statements(sent.span.crossings).all
    calls = [each for each in sent.span.crossings if each.kind is CrossingKind.CALL]
    status = sent.http.status_code if sent.http is not None else None
    for number, each in enumerate(sql, 1):
        if each.sqlstate:
            return f"SQL, error {each.sqlstate} at #{number}: {harmless(each.message or '')}"
        if each.kind is CrossingKind.COMMIT and each.tag == "ROLLBACK":
            return f"the transaction: COMMIT at #{number} was answered ROLLBACK"
    for each in calls:
        if each.response is None or each.response.status >= 400:
            came = "no answer" if each.response is None else str(each.response.status)
            return f"another service: {harmless(each.key.shape)} -> {came}"
    by_status = {
        401: "authentication",
        403: "authorization",
        404: "routing, or a row that is not there",
        405: "routing",
        415: "the type of what was sent",
        422: "validation",
        400: "validation",
    }
    if status is None:
        return f"the service: {sent.error}"
    if status >= 500:
        return "the service itself" if sql else "the service, before any statement"
    return by_status.get(status, "")


def _log_of(seam: Seam) -> Callable[[Sent], list[str]]:
    replicas = seam.engine.world.replicas
    path = replicas[0].process.launch.log if replicas else None
    redact = seam.engine.redactor.text

    def lines(sent: Sent) -> list[str]:
        first, last = sent.span.log
        if path is None or last <= first:
            return []
        try:
            with path.open("rb") as file:
                file.seek(max(first, last - _LOG_BYTES))
                text = file.read(min(last - first, _LOG_BYTES)).decode(errors="replace")
        except OSError:
            return []
        return [harmless(redact(line)) for line in text.splitlines() if line.strip()]

    return lines


def _keep(seam: Seam, test: str, lines: Sequence[str]) -> Path:
    """Write all of it; only its owner may read it. Raises OSError."""
    config = seam.engine.config
    folder = config.path(f".seamproof/runs/{seam.engine.name}/tests")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{_SLUG.sub('-', test)[-150:]}.txt"
    private.write(path, "\n".join(lines) + "\n")
    return path
