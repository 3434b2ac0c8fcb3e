"""Invalid requests as data: a valid one with one thing wrong, for `validation` to send.

    act -> spots (its fields, with their schemas) -> what is wrong in one of them -> the best of all

- `spots`    the fields of an act and of its declaration, and the act with another value in one
- `schema`   values that a schema forbids, one a keyword
- `columns`  values that the column of a field cannot hold: lengths, ranges, foreign keys, CHECKs
- `syntax`   bytes that are no JSON, texts that no database holds, bodies in another media type
- `routing`  paths and methods that there are not
- `order`    the most telling first, and no more than are worth their time

Nothing here does I/O; equal questions have equal answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.analysis.landing import Landing
from seamproof.core.catalog import Catalog
from seamproof.core.document import Declaration, Document
from seamproof.core.model import Scenario
from seamproof.core.probe import Probe
from seamproof.plan.generation.judging import Judge
from seamproof.plan.generation.schemas import Schemas
from seamproof.plan.probing import columns, order, routing, schema, syntax
from seamproof.plan.probing.spots import spots

__all__ = ["probes"]


def probes(
    scenario: Scenario,
    document: Document | None,
    catalog: Catalog,
    landing: Landing | None = None,
    *,
    deep: bool = False,
) -> tuple[Probe, ...]:
    """The invalid requests of a scenario's act, the most telling first.

    `landing` says which column each field was written to in a run that succeeded.
    """
    declared = None if document is None else document.declaration(scenario.operation)
    found = _all(scenario, document or Document(), declared, catalog, landing or {})
    return order.chosen(found, deep=deep)


def _all(
    scenario: Scenario,
    document: Document,
    declared: Declaration | None,
    catalog: Catalog,
    landing: Landing,
) -> Iterator[Probe]:
    act, schemas = scenario.act, Schemas(document.definitions)
    known = list(spots(act, declared, schemas))
    judge = Judge(schemas)
    yield from schema.probes(act, known, judge)
    yield from columns.probes(act, known, judge, catalog, landing)
    yield from syntax.probes(act, known, judge, declared)
    yield from routing.probes(act, document, declared)
