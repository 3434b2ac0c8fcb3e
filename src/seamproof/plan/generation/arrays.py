"""Arrays: how many items, and which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seamproof.core.model import Json
from seamproof.plan.generation import texts
from seamproof.plan.generation.flattening import Flat, references
from seamproof.plan.generation.keywords import Schema

if TYPE_CHECKING:
    from seamproof.plan.generation.making import Making

_MAX_ITEMS = 200


def make(making: Making, flat: Flat, name: str, examples: list[Json], pointer: str) -> list[Json]:
    """An array of a plain schema for a field of this name."""
    plain = flat.schema
    first = plain.get("prefixItems", [])
    items = plain.get("items", True)
    count = _count(making, plain, items, examples, flat.trail)
    hinted = examples[making.variant % len(examples)] if examples else []
    wanted = _contained(plain)
    made: list[Json] = []
    for index in range(count):
        inner = first[index] if index < len(first) else items
        if wanted is not None and index < plain.get("minContains", 1):
            inner = _both_of(inner, wanted)
        hints = (hinted[index],) if index < len(hinted) else ()
        made.append(_item(making, flat, name, inner, hints, made, f"{pointer}/{index}", index))
    return made


def _count(
    making: Making, plain: Schema, items: Json, examples: list[Json], trail: frozenset[str]
) -> int:
    low = plain.get("minItems", 0)
    if "contains" in plain:
        low = max(low, plain.get("minContains", 1))
    high = plain.get("maxItems", _MAX_ITEMS)
    if items is False:
        high = min(high, len(plain.get("prefixItems", [])))
    wanted = low
    recurs = bool(references(items) & trail)
    if (making.rich or making.variant % 2) and not recurs:
        wanted = max(low, 1, len(plain.get("prefixItems", [])) if making.rich else 0)
    if examples and any(examples):
        wanted = max(wanted, 1)
    return int(min(wanted, high, _MAX_ITEMS))


def _contained(plain: Schema) -> Json | None:
    return plain.get("contains") if plain.get("minContains", 1) > 0 else None


def _item(
    making: Making,
    flat: Flat,
    name: str,
    inner: Json,
    hints: tuple[Json, ...],
    before: list[Json],
    pointer: str,
    index: int,
) -> Json:
    tries = range(index, index + 8) if flat.schema.get("uniqueItems") else (0,)
    item: Json = None
    for ordinal in tries:
        item = making.value(
            inner,
            _singular(name),
            hints=hints if ordinal == tries[0] else (),
            trail=flat.trail,
            pointer=pointer,
            ordinal=ordinal if before else 0,
        )
        if item not in before or (isinstance(item, str) and texts.plain(item) != item):
            break
    return item


def _both_of(one: Json, other: Json) -> Json:
    return other if one is True else {"allOf": [one, other]}


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
