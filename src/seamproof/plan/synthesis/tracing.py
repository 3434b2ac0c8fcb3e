"""What was sent, and where the wire showed it arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, unquote

from seamproof.analysis.refusals import traces
from seamproof.core.catalog import Catalog
from seamproof.core.history import CrossingKind
from seamproof.core.model import Json
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.suppliers import Path, leaves

_MOST = 24


@dataclass(frozen=True, slots=True)
class Arrival:
    """One value of a request, and the column that it was compared with or stored in."""

    place: str
    path: Path
    name: str
    table: str
    column: str


def arrivals(outcome: Outcome, template: str, catalog: Catalog) -> Iterator[Arrival]:
    """Where the values of a request arrived in the database."""
    reads = [each for each in outcome.crossings if each.kind is not CrossingKind.WRITE]
    writes = [each for each in outcome.crossings if each.kind is CrossingKind.WRITE]
    for place, path, name, text in islice(sent(outcome, template), _MOST):
        looked_up = traces(text, reads, catalog)
        # What is only stored refers to something where the column does; a key finds a row.
        stored = (_meant(*each, catalog) for each in traces(text, writes, catalog))
        for table, column in (*looked_up, *filter(None, stored)):
            if table:
                yield Arrival(place, path, name, table, column)
                break


def _meant(table: str, column: str, catalog: Catalog) -> tuple[str, str] | None:
    """The column whose values a column of a written row may have, None where it may have any."""
    described = catalog.tables.get(table)
    if described is None:
        return None
    for key in described.foreign_keys:
        if key.columns == (column,):
            return key.references, key.referenced[0]
    return (table, column) if described.primary_key == (column,) else None


def sent(outcome: Outcome, template: str) -> Iterator[tuple[str, Path, str, str]]:
    """The values of a request as they were sent: place, path, name, text."""
    if outcome.exchange is None:
        return
    request = outcome.exchange.request
    target, _, query = request.target.partition("?")
    given = [each for each in target.strip("/").split("/") if each]
    names = iter(naming.parameters(template))
    for segment, value in zip(naming.segments(template), given, strict=False):
        if "{}" in segment:
            name = next(names, "")
            if segment == "{}":
                yield "path", (name,), name, unquote(value)
    for name, value in parse_qsl(query):
        yield "query", (name,), name, value
    for path, name, _, value in leaves(_body(request.body), ""):
        yield "body", path, name, value if isinstance(value, str) else json.dumps(value)


def _body(body: bytes) -> Json:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
