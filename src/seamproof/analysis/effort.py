"""How much work a schema is, before a validator that cannot be stopped is given it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seamproof.core.model import Json

MOST = 200_000
"""Applications of a schema to a value that judging may take."""


def bearable(schema: Json, value: Json, definition: Callable[[str], Json]) -> bool:
    """Whether a value can be judged: schemas that name each other twice double the work at each
    step. `definition` gives what a reference leads to.
    """
    known: dict[tuple[int, int], int] = {}

    def work(schema: Json, part: Json) -> int:
        if not isinstance(schema, dict):
            return 1
        key = (id(schema), id(part))
        if key not in known:
            known[key] = 1  # of a circle
            inner = [(each, part) for each in _in_place(schema, definition)]
            inner += _inside(schema, part)
            known[key] = min(1 + sum(work(*each) for each in inner), 2 * MOST)
        return known[key]

    try:
        return work(schema, value) <= MOST
    except RecursionError:
        return False


def _in_place(schema: dict[str, Json], definition: Callable[[str], Json]) -> Iterator[Json]:
    """The schemas that are applied to the same value."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield definition(reference)
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from schema.get(keyword, ())
    for keyword in ("not", "if", "then", "else"):
        if keyword in schema:
            yield schema[keyword]
    yield from schema.get("dependentSchemas", {}).values()


def _inside(schema: dict[str, Json], value: Json) -> Iterator[tuple[Json, Json]]:
    """The schemas that are applied to parts of the value, each with its part."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = [*schema.get("patternProperties", {}).values()]
        others += [schema[each] for each in ("additionalProperties",) if each in schema]
        for name, each in value.items():
            for one in [properties[name]] if name in properties else others:
                yield one, each
    elif isinstance(value, list):
        applied = [*schema.get("prefixItems", ())]
        applied += [schema[each] for each in ("items", "contains") if each in schema]
        for each in value:
            for one in applied:
                yield one, each
