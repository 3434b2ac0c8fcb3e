"""Which of the known values fits a parameter or a field, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seamproof.core.document import Document
from seamproof.core.model import Json
from seamproof.core.secrecy import redacted
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.suppliers import Supplier

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SAME_THING = 40
_SAME_COLUMN = 60
_SAME_ATTRIBUTE = 20
_ALIEN = 35
_MOST = 12

_LINKED = 150
"""The document's own word says that it is right."""

SURE = 50
"""A match by name that is taken without a refusal that asks for it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a request that may want a value which is there already."""

    name: str
    thing: str
    """What the place says it is of: the collection before a parameter, or empty."""
    types: frozenset[str] = frozenset()
    """JSON types that the schema allows; empty where it says nothing."""
    format: str = ""
    table: str = ""
    column: str = ""
    """Where the wire showed that the value is looked up."""
    mutates: bool = False
    destroys: bool = False
    operation: str = ""
    """Whose parameter it is; empty for a field of a body."""


@dataclass(frozen=True, slots=True)
class Match:
    """A value for a slot and how likely it is right."""

    supplier: Supplier
    score: int


def matches(slot: Slot, knowledge: Knowledge, identity: str | None) -> list[Match]:
    """Values for a slot, the likeliest first. Stable: equal scores keep the order of learning."""
    found = [
        *_by_link(slot, knowledge),
        *_by_column(slot, knowledge, identity),
        *_by_name(slot, knowledge, identity),
    ]
    best: dict[str, Match] = {}
    for each in found:
        if not _fits(slot, each.supplier.sample):
            continue
        key = repr((each.supplier.steps, each.supplier.source, each.supplier.value))
        if key not in best or best[key].score < each.score:
            best[key] = each
    return sorted(best.values(), key=lambda each: -each.score)[:_MOST]


def _by_link(slot: Slot, knowledge: Knowledge) -> Iterator[Match]:
    for supplier in knowledge.linked(slot.operation, slot.name):
        yield Match(supplier, _LINKED - len(supplier.steps))


def _by_column(slot: Slot, knowledge: Knowledge, identity: str | None) -> Iterator[Match]:
    if not slot.table:
        return
    for supplier in knowledge.of_column(slot.table, slot.column):
        # One table may keep things of many kinds.
        alien = bool(slot.thing) and slot.thing != supplier.thing
        score = _SAME_COLUMN + _merit(slot, supplier, identity) - (_ALIEN if alien else 0)
        yield Match(supplier, score)
    for supplier, near in knowledge.rows(slot.table, slot.column, identity):
        yield Match(supplier, _SAME_COLUMN + _row_merit(slot, near))


def _by_name(slot: Slot, knowledge: Knowledge, identity: str | None) -> Iterator[Match]:
    qualifier, attribute = naming.split(slot.name)
    for thing, weight in _things(qualifier, slot.thing, knowledge):
        for supplier in knowledge.of_thing(thing):
            fit = _attribute(attribute, supplier, knowledge)
            if fit is not None:
                yield Match(supplier, weight + fit + _merit(slot, supplier, identity))
        table = knowledge.table_of(thing)
        if table:
            yield from _rows(slot, table, attribute, weight, knowledge, identity)
    for table, column in knowledge.columns_called(slot.name):
        for supplier, near in knowledge.rows(table, column, identity):
            yield Match(supplier, _SAME_THING // 2 + _row_merit(slot, near))


def _things(qualifier: str, thing: str, knowledge: Knowledge) -> Iterator[tuple[str, int]]:
    """The things that a slot may mean, with the weight of each."""
    if qualifier:
        yield qualifier, _SAME_THING
    if thing and thing != qualifier:
        yield thing, _SAME_THING - (8 if qualifier else 0)
    for each in (qualifier, thing):
        for known in knowledge.akin(each):
            if known not in {qualifier, thing}:
                yield known, _SAME_THING // 2


def _attribute(wanted: str, supplier: Supplier, knowledge: Knowledge) -> int | None:
    """How well an attribute of a thing serves where another is asked for; None where it cannot."""
    has = supplier.attribute
    key = knowledge.catalog.key_of(supplier.table)
    bonus = 6 if key == (supplier.column,) and supplier.column else 0
    if wanted == has and wanted:
        return _SAME_ATTRIBUTE + bonus
    if not wanted:
        if has in naming.IDENTIFYING:
            return 16 - naming.IDENTIFYING.index(has) + bonus
        return 14 if not has else None
    if not has:
        return 12 if wanted in naming.IDENTIFYING else None
    if wanted in naming.SECRETS and has in naming.SECRETS:
        return 14 + bonus
    identifies = has in naming.IDENTIFYING or has in naming.SECRETS
    return bonus - 6 if identifies and (supplier.created or wanted in naming.IDENTIFYING) else None


def _merit(slot: Slot, supplier: Supplier, identity: str | None) -> int:
    """What speaks for an answer's value: that it was made for this, by the same, and soon."""
    merit = -3 * len(supplier.steps)
    if supplier.steps and not supplier.source:
        merit -= 6
    if supplier.created and naming.subject("/".join(supplier.path)) == supplier.thing:
        merit += 4
    if supplier.created:
        merit += 14 if slot.destroys else 8 if slot.mutates else 5
    if supplier.identity == identity:
        merit += 4
    return merit


def _rows(
    slot: Slot,
    table: str,
    attribute: str,
    weight: int,
    knowledge: Knowledge,
    identity: str | None,
) -> Iterator[Match]:
    key = knowledge.catalog.key_of(table)
    described = knowledge.catalog.tables[table]
    for column in described.columns:
        of, has = naming.split(column.name)
        if (column.name,) == key:
            fit = 18 if attribute in {"", has, "id"} else 2
        elif attribute and attribute == has and of in {"", naming.concept(table)}:
            fit = _SAME_ATTRIBUTE
        else:
            continue
        for supplier, near in knowledge.rows(table, column.name, identity):
            yield Match(supplier, weight + fit + _row_merit(slot, near))


def _row_merit(slot: Slot, near: int) -> int:
    return (-24, 4, 20, 22)[near] - (24 if slot.destroys else 0)


def _fits(slot: Slot, sample: Json) -> bool:
    """Whether a value has the type and the format that a slot allows."""
    if sample is None or (isinstance(sample, str) and redacted(sample)):
        return True
    if slot.types:
        if isinstance(sample, str) and "string" not in slot.types:
            return False
        if isinstance(sample, int | float) and not slot.types & {"integer", "number"}:
            return False
    return not (slot.format == "uuid" and isinstance(sample, str) and not _UUID.fullmatch(sample))


def types_of(schema: Json, document: Document, depth: int = 0) -> frozenset[str]:
    """The JSON types that a schema allows, as far as it says."""
    schema = document.resolve(schema)
    if not isinstance(schema, dict) or depth > 4:
        return frozenset()
    said = schema.get("type")
    if isinstance(said, str):
        return frozenset({said})
    if isinstance(said, list):
        return frozenset(each for each in said if isinstance(each, str))
    found: set[str] = set()
    for keyword in ("anyOf", "oneOf", "allOf"):
        branches = schema.get(keyword)
        for each in branches if isinstance(branches, list) else []:
            found |= types_of(each, document, depth + 1)
    return frozenset(found)
